"""SQL of sending again: what is asked for, and how the matcher puts it into the windows, in its old numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.subscriptions.rules import FOR_NOTICES, WINDOW
from shared.ledger.append import CHANNEL
from shared.statement import Statement

# Tells the senders of other processes that a window has got something to send.
RING = "delivery.queued"

_ASK = Statement(
    """
    UPDATE qingdan.subscription_cursor
    SET replay_from = least(coalesce(replay_from, :first), :first),
        replay_until = greatest(coalesce(replay_until, :last), :last)
    WHERE subscription_id = :subscription
    """
)
# Whoever is sent a number again need not be sent it from among the parked ones as well.
_WANT = Statement(
    """
    WITH unparked AS (
        DELETE FROM qingdan.parked_delivery
        WHERE subscription_id = :subscription AND sequence = ANY (CAST(:sequences AS bigint[]))
    )
    INSERT INTO qingdan.delivery_wanted (subscription_id, sequence, asked_at)
    SELECT :subscription, n.sequence, :now FROM unnest(CAST(:sequences AS bigint[])) AS n(sequence)
    ON CONFLICT (subscription_id, sequence) DO NOTHING
    """
)
_NUMBERS = """
    SELECT r.first_sequence + u.place - 1 AS sequence, f.item_id, f.recorded_at
    FROM qingdan.delivery_range AS r
    CROSS JOIN LATERAL unnest(r.feed_sequences) WITH ORDINALITY AS u(feed_sequence, place)
    JOIN qingdan.feed_entry AS f ON f.sequence = u.feed_sequence
    WHERE r.subscription_id = :subscription
"""
_OF_ITEMS = Statement(
    f"""
    SELECT n.sequence FROM ({_NUMBERS}) AS n
    WHERE n.item_id = ANY (CAST(:items AS uuid[])) ORDER BY n.sequence LIMIT :limit
    """
)
_OF_TIME = Statement(
    f"""
    SELECT min(n.sequence) AS first, max(n.sequence) AS last FROM ({_NUMBERS}) AS n
    WHERE n.recorded_at >= :since AND n.recorded_at < :until
    """
)
# A number is put aside or outstanding, never both: it may have been put aside after it was asked for.
_UNPARKED = """
    DELETE FROM qingdan.parked_delivery AS p USING again AS g
    WHERE p.subscription_id = g.subscription_id AND p.sequence = g.sequence
"""
# What is outstanding anyway is not doubled, and is told apart from what was sent before it was asked for: an answer to
# that, which is not saved yet, does not settle it (sending/repository.py). Nor does it wait for what its failures have
# made it wait for, hours perhaps: whoever asks believes that it can be taken now.
_AGAIN = """
        ON CONFLICT (subscription_id, sequence) DO UPDATE
        SET queued_at = greatest(excluded.queued_at, delivery.queued_at + interval '1 microsecond'),
            attempts = 0, retry_at = NULL, error = NULL
        RETURNING subscription_id, sequence, xmax = 0 AS added
"""
# What was asked for again goes into the window first, in its old numbers. As with what is new a quarter of the window
# must be free, or enough for all that is left: each time the sender begins anew and sends twice what it had under way.
_REPLAY = Statement(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT s.id, c.replay_from AS first, least(c.replay_until,
                   c.replay_from + {WINDOW - FOR_NOTICES} - (c.queued - d.done) - 1) AS last
        FROM qingdan.subscription AS s
        JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
        JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
        WHERE s.state = 'active' AND c.replay_from IS NOT NULL
          AND {WINDOW - FOR_NOTICES} - (c.queued - d.done)
              >= least(c.replay_until - c.replay_from + 1, {WINDOW // 4})
    ), again AS (
        INSERT INTO qingdan.delivery (subscription_id, sequence, feed_sequence, item_key, queued_at)
        SELECT a.id, m.sequence, m.feed_sequence, coalesce(f.item_id, f.list_id, a.id), :now
        FROM asked AS a
        CROSS JOIN LATERAL (
            SELECT r.first_sequence + u.place - 1 AS sequence, u.feed_sequence
            FROM qingdan.delivery_range AS r, unnest(r.feed_sequences) WITH ORDINALITY AS u(feed_sequence, place)
            WHERE r.subscription_id = a.id AND r.first_sequence <= a.last
              AND r.first_sequence + cardinality(r.feed_sequences) > a.first
        ) AS m
        LEFT JOIN qingdan.feed_entry AS f ON f.sequence = m.feed_sequence
        WHERE m.sequence BETWEEN a.first AND a.last
        {_AGAIN}
    ), unparked AS ({_UNPARKED}), counted AS (
        SELECT a.id, a.last, (SELECT count(*) FROM again WHERE again.subscription_id = a.id AND again.added) AS added
        FROM asked AS a WHERE a.last >= a.first
    ), moved AS (
        UPDATE qingdan.subscription_cursor AS c
        SET queued = c.queued + n.added, generation = c.generation + 1,
            replay_from = CASE WHEN n.last < c.replay_until THEN n.last + 1 END,
            replay_until = CASE WHEN n.last < c.replay_until THEN c.replay_until END
        FROM counted AS n WHERE n.id = c.subscription_id
        RETURNING n.added
    )
    SELECT coalesce(sum(added), 0) AS queued, pg_notify(:channel, '{RING}') FROM moved
    """
)
# As many of the wanted numbers as the window has room for.
_TAKE_IN = Statement(
    f"""
    WITH roomy AS MATERIALIZED (
        SELECT s.id, greatest({WINDOW - FOR_NOTICES} - (c.queued - d.done), 0) AS room
        FROM qingdan.subscription AS s
        JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
        JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
        WHERE s.state = 'active' AND s.endpoint IS NOT NULL
          AND EXISTS (SELECT FROM qingdan.delivery_wanted AS w WHERE w.subscription_id = s.id)
          AND {WINDOW - FOR_NOTICES} - (c.queued - d.done) >= (
              SELECT count(*) FROM (SELECT FROM qingdan.delivery_wanted AS w
                                    WHERE w.subscription_id = s.id LIMIT {WINDOW // 4}) AS w)
    ), taken AS (
        DELETE FROM qingdan.delivery_wanted AS w
        USING (
            SELECT r.id, n.sequence FROM roomy AS r CROSS JOIN LATERAL (
                SELECT e.sequence FROM qingdan.delivery_wanted AS e
                WHERE e.subscription_id = r.id ORDER BY e.sequence LIMIT r.room) AS n
        ) AS t
        WHERE w.subscription_id = t.id AND w.sequence = t.sequence
        RETURNING w.subscription_id, w.sequence
    ), again AS (
        INSERT INTO qingdan.delivery (subscription_id, sequence, feed_sequence, item_key, queued_at)
        SELECT t.subscription_id, t.sequence, m.feed_sequence, coalesce(f.item_id, f.list_id, t.subscription_id), :now
        FROM taken AS t
        CROSS JOIN LATERAL (
            SELECT r.feed_sequences[t.sequence - r.first_sequence + 1] AS feed_sequence
            FROM qingdan.delivery_range AS r
            WHERE r.subscription_id = t.subscription_id AND r.first_sequence <= t.sequence
            ORDER BY r.first_sequence DESC LIMIT 1
        ) AS m
        LEFT JOIN qingdan.feed_entry AS f ON f.sequence = m.feed_sequence
        WHERE m.feed_sequence IS NOT NULL
        {_AGAIN}
    ), unparked AS ({_UNPARKED}), counted AS (
        SELECT subscription_id, count(*) FILTER (WHERE added) AS added FROM again GROUP BY subscription_id
    ), moved AS (
        UPDATE qingdan.subscription_cursor AS c SET queued = c.queued + n.added, generation = c.generation + 1
        FROM counted AS n WHERE n.subscription_id = c.subscription_id
        RETURNING n.added
    )
    SELECT coalesce(sum(added), 0) AS queued, pg_notify(:channel, '{RING}') FROM moved
    """
)


async def ask_again(connection: AsyncConnection, subscription_id: UUID, first: int, last: int) -> None:
    """Let the matcher put these numbers into the window again, before anything new."""
    await _ASK.rows(connection, {"subscription": subscription_id, "first": first, "last": last})


async def want(connection: AsyncConnection, subscription_id: UUID, sequences: Sequence[int], now: datetime) -> None:
    """Let the matcher put just these numbers into the window again, as it has room."""
    await _WANT.rows(connection, {"subscription": subscription_id, "sequences": list(sequences), "now": now})


async def numbers_of_items(
    connection: AsyncConnection, subscription_id: UUID, items: Sequence[UUID], limit: int
) -> list[int]:  # fmt: skip
    """The numbers that stand for changes of some items, in order."""
    given = {"subscription": subscription_id, "items": list(items), "limit": limit}
    return [int(number) for number in await _OF_ITEMS.values(connection, given)]


async def numbers_of_time(
    connection: AsyncConnection, subscription_id: UUID, since: datetime, until: datetime
) -> tuple[int, int] | None:  # fmt: skip
    """The first and the last number of what was published between two instants; None without any."""
    given = {"subscription": subscription_id, "since": since, "until": until}
    (row,) = await _OF_TIME.rows(connection, given)
    return None if row.first is None else (int(row.first), int(row.last))


async def replay(connection: AsyncConnection, now: datetime) -> int:
    """Put what was asked for again into the windows; how many deliveries."""
    (row,) = await _REPLAY.rows(connection, {"now": now, "channel": CHANNEL})
    return int(row.queued)


async def take_in(connection: AsyncConnection, now: datetime) -> int:
    """Put wanted numbers into the windows as they have room; how many deliveries."""
    (row,) = await _TAKE_IN.rows(connection, {"now": now, "channel": CHANNEL})
    return int(row.queued)
