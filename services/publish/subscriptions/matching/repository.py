"""SQL of the matcher: which subscriptions can take more, what of the feed is theirs, which numbers it gets.

All statements run under the matcher's lock, which changes of subscriptions take as well: whoever holds it sees
everything committed before and is the only one to write `subscription_cursor`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.subscriptions import registry
from services.publish.subscriptions.replaying.repository import RING
from services.publish.subscriptions.rules import FOR_NOTICES, WINDOW
from shared.ledger.append import CHANNEL
from shared.statement import Row, Statement

# Entries of the feed a round looks at for one subscription, and for all together: others need not wait long.
SPAN = 500
MOST = 5_000
NATION = "000000000000"

_LOCK = Statement("SELECT pg_advisory_xact_lock(hashtextextended('publish/matcher', 0))")

# Who has something to be matched: a quarter of the window must be free, or enough for all that waits, so that a slow
# endpoint is not served event by event.
_OPEN = f"""
    SELECT s.id, s.endpoint IS NOT NULL AS pushed, s.kinds, s.regions, s.types, s.items, s.elements, s.changes,
           c.position, c.next_sequence, least(f.last - c.position, {SPAN}) AS ahead,
           CASE WHEN s.endpoint IS NULL THEN {SPAN} ELSE {WINDOW - FOR_NOTICES} - (c.queued - d.done) END AS room
    FROM qingdan.subscription AS s
    JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
    JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
    CROSS JOIN (SELECT coalesce(max(sequence), 0) AS last FROM qingdan.feed_entry) AS f
    WHERE s.state = 'active' AND c.replay_from IS NULL AND c.position < f.last
"""
_ROOMY = f"room >= least(ahead, {WINDOW // 4})"

_SURVEY = Statement(
    f"""
    SELECT count(*) FILTER (WHERE {_ROOMY}) AS open, count(*) FILTER (WHERE NOT ({_ROOMY})) AS full,
           EXISTS (SELECT FROM qingdan.subscription AS s
                   JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
                   JOIN qingdan.log_head AS h ON h.epoch <> c.epoch WHERE s.state <> 'deleted') AS restored,
           EXISTS (SELECT FROM qingdan.subscription AS s
                   JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
                   WHERE s.state = 'active' AND c.replay_from IS NOT NULL) AS replaying,
           EXISTS (SELECT FROM qingdan.delivery_wanted AS w JOIN qingdan.subscription AS s ON s.id = w.subscription_id
                   WHERE s.state = 'active' AND s.endpoint IS NOT NULL) AS wanted,
           EXISTS (SELECT FROM qingdan.subscription AS s
                   JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
                   WHERE s.state = 'active' AND c.position + 1 <
                       (SELECT min(sequence) FROM qingdan.feed_entry)) AS behind
    FROM ({_OPEN}) AS o
    """
)
# A withdrawal passes every filter by type, element or change: who was told of an entry must be told to delete it.
WANTED_CONTENT = f"""
    (o.kinds IS NULL OR f.list_kind = ANY (o.kinds))
    AND (o.items IS NULL OR f.item_id = ANY (o.items))
    AND (f.type = '{registry.WITHDRAWN}' OR (
        (o.types IS NULL OR f.type = ANY (o.types))
        AND (o.elements IS NULL OR f.type <> 'item.updated' OR f.changed && o.elements)
        AND (o.changes IS NULL OR EXISTS (
            SELECT FROM qingdan.workflow_adjustment_v1 AS a
            WHERE a.id = f.adjustment_id AND a.operations && o.changes))))
"""
EVERYWHERE = f"(o.regions IS NULL OR '{NATION}' = ANY (o.regions))"
LISTS = "qingdan.published_list AS l LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code"
WITHIN = "(l.region_code = ANY (o.regions) OR r.ancestors && o.regions)"
_WANTED = f"""
    {WANTED_CONTENT}
    AND ({EVERYWHERE} OR EXISTS (SELECT FROM {LISTS} WHERE l.list_id = f.list_id AND {WITHIN}))
"""
# Those least behind first: whoever comes back after days does not hold up the others.
_MATCH = Statement(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT * FROM (
            SELECT o.*, sum(o.ahead) OVER (ORDER BY o.ahead, o.id) - o.ahead AS before FROM ({_OPEN}) AS o
            WHERE {_ROOMY}
        ) AS ordered WHERE before < {MOST}
    ), matched AS MATERIALIZED (
        SELECT o.id, o.pushed, f.sequence, f.key,
               o.next_sequence + row_number() OVER (PARTITION BY o.id ORDER BY f.sequence) - 1 AS number
        FROM chosen AS o CROSS JOIN LATERAL (
            SELECT f.sequence, coalesce(f.item_id, f.list_id) AS key FROM qingdan.feed_entry AS f
            WHERE f.sequence > o.position AND f.sequence <= o.position + o.ahead AND {_WANTED}
            ORDER BY f.sequence LIMIT o.room
        ) AS f
    ), counted AS MATERIALIZED (
        SELECT o.id, o.pushed, o.next_sequence, count(m.sequence) AS matched,
               CASE WHEN count(m.sequence) = o.room THEN max(m.sequence) ELSE o.position + o.ahead END AS position,
               array_agg(m.sequence ORDER BY m.sequence) AS sequences
        FROM chosen AS o LEFT JOIN matched AS m ON m.id = o.id
        GROUP BY o.id, o.pushed, o.next_sequence, o.room, o.position, o.ahead
    ), queued AS (
        INSERT INTO qingdan.delivery (subscription_id, sequence, feed_sequence, item_key, queued_at)
        SELECT id, number, sequence, key, :now FROM matched WHERE pushed
    ), mapped AS (
        INSERT INTO qingdan.delivery_range (subscription_id, first_sequence, feed_sequences, numbered_at)
        SELECT id, next_sequence, sequences, :now FROM counted WHERE matched > 0
    ), moved AS (
        UPDATE qingdan.subscription_cursor AS c
        SET position = n.position, next_sequence = c.next_sequence + n.matched,
            queued = c.queued + CASE WHEN n.pushed THEN n.matched ELSE 0 END
        FROM counted AS n WHERE n.id = c.subscription_id
    )
    SELECT coalesce(sum(matched) FILTER (WHERE pushed), 0) AS queued, coalesce(sum(matched), 0) AS matched,
           CASE WHEN sum(matched) FILTER (WHERE pushed) > 0 THEN pg_notify(:channel, '{RING}') END
    FROM counted
    """
)
_NOTICE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT n.id, n.subscription_id, n.data, c.next_sequence AS sequence, s.endpoint IS NOT NULL AS pushed
        FROM unnest(CAST(:ids AS uuid[]), CAST(:subscriptions AS uuid[]), CAST(:data AS jsonb[]))
             AS n(id, subscription_id, data)
        JOIN qingdan.subscription_cursor AS c ON c.subscription_id = n.subscription_id
        JOIN qingdan.subscription AS s ON s.id = n.subscription_id
    ), told AS (
        INSERT INTO qingdan.subscription_notice (subscription_id, sequence, id, type, data, recorded_at)
        SELECT subscription_id, sequence, id, :type, data, :now FROM given
    ), mapped AS (
        INSERT INTO qingdan.delivery_range (subscription_id, first_sequence, feed_sequences, numbered_at)
        SELECT subscription_id, sequence, '{0}', :now FROM given
    ), queued AS (
        INSERT INTO qingdan.delivery (subscription_id, sequence, feed_sequence, item_key, queued_at)
        SELECT subscription_id, sequence, 0, subscription_id, :now FROM given WHERE pushed
    )
    UPDATE qingdan.subscription_cursor AS c
    SET next_sequence = c.next_sequence + 1, queued = c.queued + CASE WHEN g.pushed THEN 1 ELSE 0 END,
        -- A notice of something else leaves open that a restore has to be told of.
        epoch = CASE WHEN :resync THEN (SELECT epoch FROM qingdan.log_head) ELSE c.epoch END
    FROM given AS g WHERE g.subscription_id = c.subscription_id
    RETURNING c.subscription_id, g.sequence, pg_notify(:channel, :ring)
    """
)
_RESTORED = Statement(
    """
    SELECT c.subscription_id, c.next_sequence - 1 AS last, c.epoch AS previous, h.epoch
    FROM qingdan.subscription_cursor AS c JOIN qingdan.subscription AS s ON s.id = c.subscription_id
    JOIN qingdan.log_head AS h ON h.epoch <> c.epoch
    WHERE s.state <> 'deleted' ORDER BY c.subscription_id
    """
)
_BEHIND = Statement(
    """
    UPDATE qingdan.subscription AS s
    SET state = 'resync_required', state_since = :now, updated_at = :now, version = s.version + 1,
        state_reason = :reason
    FROM qingdan.subscription_cursor AS c
    WHERE c.subscription_id = s.id AND s.state = 'active'
      AND c.position + 1 < (SELECT min(sequence) FROM qingdan.feed_entry)
    RETURNING s.id
    """
)


@dataclass(frozen=True)
class Survey:
    """What there is to do.

    Attributes
    ----------
    open, full : subscriptions with something to match that can take it, and that cannot yet.
    """

    open: int
    full: int
    restored: bool
    replaying: bool
    wanted: bool
    behind: bool


async def lock(connection: AsyncConnection) -> None:
    """Be the only one to move subscriptions until the transaction ends."""
    await _LOCK.rows(connection)


async def survey(connection: AsyncConnection) -> Survey:
    """What there is to do now."""
    (row,) = await _SURVEY.rows(connection)
    return Survey(**dict(row))


async def match(connection: AsyncConnection, now: datetime) -> tuple[int, int]:
    """Number the next entries and put them into the windows; how many deliveries, and how many numbers."""
    (row,) = await _MATCH.rows(connection, {"now": now, "channel": CHANNEL})
    return int(row.queued), int(row.matched)


async def notify(
    connection: AsyncConnection, type_: str, notices: Sequence[tuple[UUID, UUID, dict[str, Any]]], now: datetime
) -> dict[UUID, int]:
    """Put a notice (id, subscription, data) into each stream; its sequence by subscription."""
    rows = await _NOTICE.rows(
        connection,
        {
            "ids": [notice_id for notice_id, _, _ in notices],
            "subscriptions": [subscription for _, subscription, _ in notices],
            "data": [orjson.dumps(data).decode() for _, _, data in notices],
            "type": type_,
            "resync": type_ == registry.RESYNC,
            "now": now,
            "channel": CHANNEL,
            "ring": RING,
        },
    )
    return {row.subscription_id: int(row.sequence) for row in rows}


async def restored(connection: AsyncConnection) -> list[Row]:
    """Subscriptions numbered under another epoch: subscription_id, last, previous, epoch."""
    return await _RESTORED.rows(connection)


async def fall_behind(connection: AsyncConnection, reason: str, now: datetime) -> list[UUID]:
    """Stop the subscriptions whose next entries the feed does not hold any more."""
    return await _BEHIND.values(connection, {"reason": reason, "now": now})
