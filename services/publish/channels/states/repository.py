"""SQL of what channels are due to show and show; each row is the business of one look at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# A new window begins where the last one was kept; whoever is late stays late however often the list changes, and the
# lag runs from the oldest revision that was never shown. A unit's channel follows the lists that show, or have shown,
# something of the unit: what was withdrawn has to leave it although nothing says any more whose it was.
_DUE = Statement(
    """
    INSERT INTO qingdan.channel_copy AS k
        (channel_id, list_id, due_revision, due_hash, since, until, state, look_at)
    SELECT c.id, l.list_id, l.revision, l.hash, s.since, s.since + make_interval(secs => c.window_seconds), 'due', :now
    FROM qingdan.channel AS c
    JOIN qingdan.published_list AS l
        ON l.region_code = c.region_code AND (cardinality(c.list_kinds) = 0 OR l.kind = ANY (c.list_kinds))
    CROSS JOIN LATERAL (SELECT greatest(l.published_at, CAST(:begun AS timestamptz)) AS since) AS s
    WHERE c.state = 'active' AND (CAST(:channel AS uuid) IS NULL OR c.id = CAST(:channel AS uuid))
      AND (CAST(:lists AS uuid[]) IS NULL OR l.list_id = ANY (CAST(:lists AS uuid[])))
      AND (c.shows = 'list'
           OR EXISTS (SELECT FROM qingdan.published_item AS p
                      WHERE p.list_id = l.list_id AND p.organ_id = c.organ_id)
           OR EXISTS (SELECT FROM qingdan.channel_copy AS o WHERE o.channel_id = c.id AND o.list_id = l.list_id))
    ORDER BY c.id, l.list_id
    ON CONFLICT (channel_id, list_id) DO UPDATE
    SET base_revision = CASE WHEN k.switched_at IS NULL THEN k.base_revision ELSE k.due_revision END,
        until = CASE WHEN k.switched_at IS NULL THEN k.until ELSE excluded.until END,
        since = CASE WHEN k.switched_at IS NULL THEN k.since ELSE excluded.since END,
        due_revision = excluded.due_revision, due_hash = excluded.due_hash,
        state = CASE WHEN k.state = 'late' THEN 'late' ELSE 'due' END, digest = NULL, size = NULL, switched_at = NULL,
        look_at = excluded.look_at, failures = 0
    WHERE k.due_revision < excluded.due_revision
    """
)
# Other content is wanted: everything is made, sent and looked at again.
_AGAIN = Statement(
    """
    UPDATE qingdan.channel_copy AS k
    SET digest = NULL, size = NULL, put_revision = NULL, posted_revision = NULL, switched_at = NULL, state = 'due',
        since = :now, until = CAST(:now AS timestamptz) + make_interval(secs => c.window_seconds), look_at = :now,
        failures = 0
    FROM qingdan.channel AS c WHERE c.id = k.channel_id AND c.id = :channel
    """
)
_FORGET = Statement(
    """
    DELETE FROM qingdan.channel_copy AS k USING qingdan.channel AS c, qingdan.published_list AS l
    WHERE c.id = :channel AND k.channel_id = c.id AND l.list_id = k.list_id
      AND cardinality(c.list_kinds) > 0 AND l.kind <> ALL (c.list_kinds)
    """
)
_WAITING = Statement(
    """
    SELECT DISTINCT k.channel_id FROM qingdan.channel_copy AS k JOIN qingdan.channel AS c ON c.id = k.channel_id
    WHERE c.state = 'active' AND k.look_at <= :now
    """
)
_CHANNEL = """c.id, c.code, c.name, c.kind, c.region_code, c.delivery, c.format, c.compares, c.put_url, c.read_url,
    c.credential, c.link, c.progress_url, c.shows, c.organ_id"""
# The lease is the time of the next look, moved away while this one is under way.
_TAKE = Statement(
    f"""
    WITH chosen AS (
        SELECT k.list_id FROM qingdan.channel_copy AS k
        WHERE k.channel_id = :channel AND k.look_at <= :now
        ORDER BY k.look_at, k.list_id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE qingdan.channel_copy AS k SET look_at = :leased_until
    FROM chosen AS n, qingdan.channel AS c
    WHERE k.channel_id = :channel AND k.list_id = n.list_id AND c.id = k.channel_id AND c.state = 'active'
    RETURNING k.*, {_CHANNEL}
    """
)
_LOCK = Statement(
    """
    SELECT k.*, c.state AS channel_state FROM qingdan.channel_copy AS k JOIN qingdan.channel AS c ON c.id = k.channel_id
    WHERE k.channel_id = :channel AND k.list_id = :list FOR UPDATE OF k
    """
)
_MADE = Statement(
    """
    UPDATE qingdan.channel_copy SET digest = :digest, size = :size
    WHERE channel_id = :channel AND list_id = :list AND due_revision = :revision AND since = :since
    RETURNING list_id
    """
)
_PUT = Statement(
    """
    UPDATE qingdan.channel_copy SET put_revision = :revision
    WHERE channel_id = :channel AND list_id = :list AND due_revision = :revision AND since = :since
    """
)
_SEEN = Statement(
    """
    UPDATE qingdan.channel_copy
    SET state = :state, shown_revision = CAST(:shown_revision AS int), shown_hash = CAST(:shown_hash AS bytea),
        shown_digest = CAST(:shown_digest AS bytea), switched_at = CAST(:switched_at AS timestamptz),
        checked_at = CAST(:checked_at AS timestamptz), look_at = CAST(:look_at AS timestamptz), failures = :failures,
        last_error = CAST(:error AS text)
    WHERE channel_id = :channel AND list_id = :list
    """
)
_POSTED = Statement(
    """
    UPDATE qingdan.channel_copy SET posted_revision = :revision WHERE channel_id = :channel AND list_id = :list
    """
)
_BY_STATE = Statement(
    """
    SELECT c.code, k.state, count(*) AS copies,
           max(extract(epoch FROM CAST(:now AS timestamptz) - k.since)) FILTER (WHERE k.switched_at IS NULL) AS lag
    FROM qingdan.channel_copy AS k JOIN qingdan.channel AS c ON c.id = k.channel_id
    WHERE c.state = 'active' GROUP BY c.code, k.state
    """
)
_SAVED = ("state", "shown_revision", "shown_hash", "shown_digest", "switched_at", "checked_at", "look_at", "failures",
          "error")  # fmt: skip


async def make_due(
    connection: AsyncConnection, *, now: datetime, lists: Sequence[UUID] | None = None, channel: UUID | None = None,
    begun: datetime | None = None,
) -> None:  # fmt: skip
    """Let active channels (one, or all) be due to show the present revisions of lists (some, or all).

    `begun` : windows begin then at the earliest: a channel that is new is not late for what was published before.
    """
    given = {"now": now, "lists": list(lists) if lists is not None else None, "channel": channel, "begun": begun}
    await _DUE.rows(connection, given)


async def show_again(connection: AsyncConnection, channel: UUID, now: datetime) -> None:
    """Let a channel be due to show everything once more."""
    await _AGAIN.rows(connection, {"channel": channel, "now": now})


async def forget_others(connection: AsyncConnection, channel: UUID) -> None:
    """Drop what a channel no longer shows, since its kinds of list were changed."""
    await _FORGET.rows(connection, {"channel": channel})


async def waiting(connection: AsyncConnection, now: datetime) -> list[UUID]:
    """Active channels with something to look at."""
    return await _WAITING.values(connection, {"now": now})


async def take(connection: AsyncConnection, channel: UUID, now: datetime, leased_until: datetime) -> Row | None:
    """The next thing to look at of a channel, with the channel; nobody else gets it until the lease ends."""
    return await _TAKE.row(connection, {"channel": channel, "now": now, "leased_until": leased_until})


async def lock(connection: AsyncConnection, channel: UUID, list_id: UUID) -> Row | None:
    """What a channel is due to show of a list, locked; with the channel's state."""
    return await _LOCK.row(connection, {"channel": channel, "list": list_id})


async def made(connection: AsyncConnection, taken: Row, revision: int, digest: bytes, size: int) -> bool:
    """Note the copy of a revision; False when the channel or what it is due to show has changed since it was taken."""
    given = _place(taken, revision) | {"digest": digest, "size": size}
    return bool(await _MADE.rows(connection, given))


async def put(connection: AsyncConnection, taken: Row, revision: int) -> None:
    """The channel has taken the copy of a revision."""
    await _PUT.rows(connection, _place(taken, revision))


def _place(taken: Row, revision: int) -> dict[str, Any]:
    return {"channel": taken.channel_id, "list": taken.list_id, "revision": revision, "since": taken.since}


async def posted(connection: AsyncConnection, channel: UUID, list_id: UUID, revision: int) -> None:
    """People have posted the copy of a revision."""
    await _POSTED.rows(connection, {"channel": channel, "list": list_id, "revision": revision})


async def save(connection: AsyncConnection, channel: UUID, list_id: UUID, values: Mapping[str, Any]) -> None:
    """Keep what a look has found."""
    await _SEEN.rows(connection, {name: values[name] for name in _SAVED} | {"channel": channel, "list": list_id})


async def by_state(connection: AsyncConnection, now: datetime) -> list[Row]:
    """Copies of active channels by channel and state, and the greatest lag (seconds) of those that are behind."""
    return await _BY_STATE.rows(connection, {"now": now})
