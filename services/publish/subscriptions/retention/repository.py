"""SQL of the upkeep: what is past retention goes, small rows of numbers become few, figures are counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Rows a statement deletes at most: nobody waits long for its locks.
CHUNK = 10_000

_ONLY_ONE = Statement("SELECT pg_try_advisory_xact_lock(hashtextextended('publish/subscription-upkeep', 0))")
_ATTEMPTS = Statement(
    f"""
    WITH gone AS (
        DELETE FROM qingdan.delivery_attempt WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM qingdan.delivery_attempt
            WHERE attempted_at < :failed OR (attempted_at < :delivered AND outcome = 'delivered') LIMIT {CHUNK}))
        RETURNING 1
    ) SELECT count(*) FROM gone
    """
)
# A row of numbers goes as a whole, when the newest of them is past retention: what is left has no gap. What was put
# aside or asked for among them cannot be sent any more.
_RANGES = Statement(
    f"""
    WITH gone AS (
        DELETE FROM qingdan.delivery_range WHERE (subscription_id, first_sequence) IN (
            SELECT subscription_id, first_sequence FROM qingdan.delivery_range
            WHERE numbered_at < :before ORDER BY numbered_at LIMIT {CHUNK})
        RETURNING subscription_id, first_sequence + cardinality(feed_sequences) AS behind
    ), ends AS MATERIALIZED (
        SELECT subscription_id, max(behind) AS behind FROM gone GROUP BY subscription_id
    ), unparked AS (
        DELETE FROM qingdan.parked_delivery AS p
        USING ends AS e WHERE p.subscription_id = e.subscription_id AND p.sequence < e.behind
    ), unwanted AS (
        DELETE FROM qingdan.delivery_wanted AS w
        USING ends AS e WHERE w.subscription_id = e.subscription_id AND w.sequence < e.behind
    ), noticed AS (
        DELETE FROM qingdan.subscription_notice AS n
        USING ends AS g
        WHERE n.subscription_id = g.subscription_id AND n.sequence < g.behind AND NOT EXISTS (
            SELECT FROM qingdan.delivery AS d
            WHERE d.subscription_id = n.subscription_id AND d.sequence = n.sequence)
    ) SELECT count(*) FROM gone
    """
)
# Numbers come in rows of one round each, often of one number. Of each subscription the settled ones of a thousand
# numbers become one row: 8 bytes a number instead of 100. The newest of them counts for retention. Only rows without a
# gap between them are joined: a clock that was set back may have left one there unsettled.
_MERGE = Statement(
    """
    WITH settled AS MATERIALIZED (
        SELECT subscription_id, first_sequence / 1000 AS part
        FROM qingdan.delivery_range WHERE numbered_at < :before AND cardinality(feed_sequences) < 250
        GROUP BY subscription_id, first_sequence / 1000 HAVING count(*) > 1 LIMIT 1000
    ), taken AS (
        DELETE FROM qingdan.delivery_range AS r USING settled AS s
        WHERE r.subscription_id = s.subscription_id AND r.first_sequence / 1000 = s.part AND r.numbered_at < :before
        RETURNING r.subscription_id, s.part, r.first_sequence, r.feed_sequences, r.numbered_at
    ), placed AS MATERIALIZED (
        SELECT t.*, t.first_sequence - coalesce(sum(cardinality(t.feed_sequences)) OVER (
                   PARTITION BY t.subscription_id, t.part ORDER BY t.first_sequence
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS stretch
        FROM taken AS t
    ), joined AS (
        SELECT p.subscription_id, min(p.first_sequence) AS first_sequence, max(p.numbered_at) AS numbered_at,
               array_agg(u.feed_sequence ORDER BY p.first_sequence, u.place) AS feed_sequences,
               count(DISTINCT p.first_sequence) AS rows
        FROM placed AS p, unnest(p.feed_sequences) WITH ORDINALITY AS u(feed_sequence, place)
        GROUP BY p.subscription_id, p.part, p.stretch
    ), written AS (
        INSERT INTO qingdan.delivery_range (subscription_id, first_sequence, feed_sequences, numbered_at)
        SELECT subscription_id, first_sequence, feed_sequences, numbered_at FROM joined
        ON CONFLICT (subscription_id, first_sequence)
        DO UPDATE SET feed_sequences = excluded.feed_sequences, numbered_at = excluded.numbered_at
    ) SELECT coalesce(sum(rows), 0) FROM joined
    """
)
_SECRETS = Statement("DELETE FROM qingdan.subscription_secret WHERE valid_until < :before")
_FIGURES = Statement(
    """
    SELECT s.state, count(*) AS subscriptions, coalesce(sum(c.queued - d.done), 0)::bigint AS undelivered,
           coalesce(extract(epoch FROM :now - min(o.queued_at)), 0)::float AS oldest
    FROM qingdan.subscription AS s
    JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
    JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
    LEFT JOIN LATERAL (
        SELECT e.queued_at FROM qingdan.delivery AS e
        WHERE e.subscription_id = s.id AND c.queued > d.done ORDER BY e.sequence LIMIT 1
    ) AS o ON true
    WHERE s.state <> 'deleted' GROUP BY s.state
    """
)


async def become_only_one(connection: AsyncConnection) -> bool:
    """Whether nobody else is at it; held until the transaction ends."""
    return bool(await _ONLY_ONE.value(connection))


async def drop_attempts(connection: AsyncConnection, *, delivered: datetime, failed: datetime) -> int:
    """Delete attempts from before these instants; how many, at most CHUNK."""
    return int(await _ATTEMPTS.value(connection, {"delivered": delivered, "failed": failed}))


async def drop_ranges(connection: AsyncConnection, before: datetime) -> int:
    """Delete numbers given before an instant, with their notices; how many rows, at most CHUNK."""
    return int(await _RANGES.value(connection, {"before": before}))


async def merge_ranges(connection: AsyncConnection, before: datetime) -> int:
    """Join rows of numbers given before an instant; how many rows went in."""
    return int(await _MERGE.value(connection, {"before": before}))


async def drop_secrets(connection: AsyncConnection, before: datetime) -> None:
    """Delete secrets that ended before an instant."""
    await _SECRETS.rows(connection, {"before": before})


async def figures(connection: AsyncConnection, now: datetime) -> list[Row]:
    """By state: how many subscriptions, how much is undelivered, and the age of the oldest in seconds."""
    return await _FIGURES.rows(connection, {"now": now})
