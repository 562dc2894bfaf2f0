"""SQL of the outbox: taken with a lease, ended or put back; and the digests of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Taken before it is sent: whoever is killed on the way gives it up when the lease ends, and it goes out again under
# the same identifier. Who wants no e-mail any more, or has left, gets none. What was never answered comes last in its
# batch: it may end the connection once more.
_TAKE = Statement(
    """
    WITH chosen AS MATERIALIZED (
        SELECT d.id, d.next_at FROM qingdan.message_delivery AS d
        WHERE d.state = 'waiting' AND d.channel = :channel AND d.next_at <= :now
        ORDER BY d.next_at, d.id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE qingdan.message_delivery AS d SET attempts = d.attempts + 1, next_at = :until
        FROM chosen AS c WHERE d.id = c.id
        RETURNING d.id, d.account_id, d.about, d.content, d.made_at, d.attempts, c.next_at AS waited_until
    )
    SELECT t.id, t.account_id, t.about, t.content, t.made_at, t.attempts, a.login,
           p.email AS address,
           coalesce(a.active, false)
               AND coalesce(CASE WHEN :channel = 'email' THEN p.email_mode <> 'off' ELSE p.messenger END, false)
               AS wanted
    FROM taken AS t
    LEFT JOIN qingdan.catalog_account_v1 AS a ON a.id = t.account_id
    LEFT JOIN qingdan.message_preference AS p ON p.account_id = t.account_id
    ORDER BY t.attempts, t.waited_until, t.made_at, t.id
    """
)

# Only by whoever took it last: a sender that was given up has nothing to say any more.
_END = Statement(
    """
    UPDATE qingdan.message_delivery AS d
    SET state = g.state, error = g.error, next_at = g.next_at,
        ended_at = CASE WHEN g.state <> 'waiting' THEN CAST(:now AS timestamptz) END,
        attempts = CASE WHEN g.counted THEN d.attempts ELSE d.attempts - 1 END
    FROM jsonb_to_recordset(CAST(:ended AS jsonb)) AS g(
        id uuid, attempts int, state text, error text, next_at timestamptz, counted boolean)
    WHERE d.id = g.id AND d.attempts = g.attempts AND d.state = 'waiting'
    """
)

_POSTPONE = Statement(
    """
    UPDATE qingdan.message_delivery SET next_at = :until
    WHERE state = 'waiting' AND channel = :channel AND next_at < :until
    """
)

_EXPIRE = Statement(
    """
    UPDATE qingdan.message_delivery SET state = 'failed', error = 'expired', ended_at = :now, next_at = NULL
    WHERE state = 'waiting' AND channel = :channel AND made_at < :before AND next_at <= :now
    """
)

# One digest an account and day, of what is unread and was in none; marked in the same statement.
_DIGEST = Statement(
    """
    WITH due AS MATERIALIZED (
        SELECT p.account_id, p.digest_since FROM qingdan.message_preference AS p
        JOIN qingdan.catalog_account_v1 AS a ON a.id = p.account_id AND a.active
        WHERE p.email_mode = 'digest' AND p.digest_hour <= :hour
          AND (p.digested_on IS NULL OR p.digested_on < CAST(:today AS date))
        ORDER BY p.account_id LIMIT :limit FOR UPDATE OF p SKIP LOCKED
    ), marked AS (
        UPDATE qingdan.message_preference AS p SET digested_on = CAST(:today AS date)
        FROM due AS d WHERE p.account_id = d.account_id
    ), told AS (
        UPDATE qingdan.message AS m SET digested_on = CAST(:today AS date)
        FROM due AS d
        WHERE m.account_id = d.account_id AND m.read_at IS NULL AND m.digested_on IS NULL
          AND m.made_at >= d.digest_since
        RETURNING m.account_id, m.act, m.kind, m.tasks, m.due_at
    ), lines AS (
        SELECT t.account_id, t.act, t.kind, sum(t.tasks) AS tasks, min(t.due_at) AS due_at
        FROM told AS t GROUP BY t.account_id, t.act, t.kind
    ), written AS (
        INSERT INTO qingdan.message_delivery (id, account_id, channel, about, content, made_at, next_at)
        SELECT gen_random_uuid(), l.account_id, 'email', 'digest/' || CAST(:today AS date),
               jsonb_build_object('lines', jsonb_agg(jsonb_build_object(
                   'act', l.act, 'kind', l.kind, 'tasks', l.tasks, 'due_at', l.due_at)
                   ORDER BY l.act, l.kind)), CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM lines AS l GROUP BY l.account_id
        ON CONFLICT (account_id, channel, about) DO NOTHING
    )
    SELECT count(*) FROM due
    """
)

_OLDEST = Statement(
    """
    SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(d.made_at)), 0) AS seconds
    FROM qingdan.message_delivery AS d WHERE d.state = 'waiting' AND d.channel = :channel
    """
)

_CLEAR_DELIVERIES = Statement("DELETE FROM qingdan.message_delivery WHERE ended_at < :before")
_CLEAR_MESSAGES = Statement("DELETE FROM qingdan.message WHERE made_at < :before")


async def take(connection: AsyncConnection, channel: str, *, now: datetime, until: datetime, limit: int) -> list[Row]:
    """Deliveries that may be tried, leased until then, with login, address, and whether they are still wanted."""
    return await _TAKE.rows(connection, {"channel": channel, "now": now, "until": until, "limit": limit})


async def end(connection: AsyncConnection, ended: Sequence[dict[str, Any]], now: datetime) -> None:
    """Note what became of deliveries: (id, attempts, state, error, next_at, counted)."""
    await _END.rows(connection, {"ended": orjson.dumps(list(ended), default=str).decode(), "now": now})


async def postpone(connection: AsyncConnection, channel: str, until: datetime) -> None:
    """Nothing of a channel is tried before then."""
    await _POSTPONE.rows(connection, {"channel": channel, "until": until})


async def expire(connection: AsyncConnection, channel: str, *, before: datetime, now: datetime) -> None:
    """Give up what is too old to be news."""
    await _EXPIRE.rows(connection, {"channel": channel, "before": before, "now": now})


async def write_digests(connection: AsyncConnection, *, hour: int, today: date, now: datetime, limit: int) -> int:
    """Write the digests of accounts whose hour has come; returns how many accounts were looked at."""
    given = {"hour": hour, "today": today, "now": now, "limit": limit}
    return int(await _DIGEST.value(connection, given))


async def oldest(connection: AsyncConnection, channel: str, now: datetime) -> float:
    """For how many seconds the oldest delivery of a channel has waited; 0 without any."""
    return float(await _OLDEST.value(connection, {"channel": channel, "now": now}))


async def clear(connection: AsyncConnection, *, deliveries_before: datetime, messages_before: datetime) -> None:
    """Forget what was sent, and messages nobody will look for."""
    await _CLEAR_DELIVERIES.rows(connection, {"before": deliveries_before})
    await _CLEAR_MESSAGES.rows(connection, {"before": messages_before})
