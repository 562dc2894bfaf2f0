"""SQL of decisions: locks, contradictions between values, outcomes, and what falls due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# Advisory locks live in a table of fixed size (64 a connection by default): a lock an item would let one adjustment
# of 5,000 items use it up for everybody. Two items that share one of 512 locks only wait for one another.
LOCK_BUCKETS = 512

# Buckets in ascending order, so that two deciders never wait for one another in a circle.
_LOCK_ITEMS = Statement(
    """
    SELECT pg_advisory_xact_lock(CAST(:space AS int), bucket) FROM (
        SELECT DISTINCT (hashtextextended(c.item_id::text, 0) & (CAST(:buckets AS bigint) - 1))::int AS bucket
        FROM qingdan.change AS c WHERE c.adjustment_id = :adjustment_id ORDER BY bucket
    ) AS ordered
    """
)
_LOCK_SPACE = 1_364_881_234  # any number of our own: keeps these locks apart from those of other purposes

# The value in force, or the one a decision has already put in its place that the catalog has not applied yet: the
# second of two deciders must see the first one's, however far the cascade has got. A value missing is JSON null.
# OFFSET 0 keeps the planner to one index look-up an entry: a misjudged number of changes must not read a whole list.
_DIFFERENCES = """
    SELECT c.id AS change_id, c.item_id, c.number, e.key AS element,
           coalesce(c.base -> e.key, 'null'::jsonb) AS base, e.value AS proposed,
           coalesce(pending.value, v.elements -> e.key, 'null'::jsonb) AS current
    FROM qingdan.change AS c
    CROSS JOIN LATERAL (
        SELECT v.elements FROM qingdan.catalog_item_v1 AS i
        JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
        WHERE i.id = c.item_id OFFSET 0
    ) AS v
    CROSS JOIN LATERAL jsonb_each(c.proposed) AS e
    LEFT JOIN LATERAL (
        SELECT c2.proposed -> e.key AS value
        FROM qingdan.change AS c2
        JOIN qingdan.adjustment AS a2 ON a2.id = c2.adjustment_id
        WHERE c2.item_id = c.item_id AND c2.adjustment_id <> c.adjustment_id AND c2.proposed ? e.key
          AND a2.state = 'decided' AND c2.outcome IS NULL
          AND NOT EXISTS (
              SELECT FROM qingdan.catalog_item_version_v1 AS v2
              WHERE v2.item_id = c2.item_id AND v2.adjustment_id = c2.adjustment_id)
        ORDER BY a2.decided_at DESC, a2.id DESC LIMIT 1
    ) AS pending ON true
    WHERE c.adjustment_id = :adjustment_id AND c.operation <> 'add'
      AND (c.outcome IS NULL OR c.outcome = 'conflict')
"""

# A change of an entry that was cancelled meanwhile cannot apply, whatever elements it names.
_CONTRADICTIONS = f"""
    SELECT d.* FROM ({_DIFFERENCES}) AS d
    WHERE d.current IS DISTINCT FROM d.proposed AND d.current IS DISTINCT FROM d.base
    UNION ALL
    SELECT c.id, c.item_id, c.number, 'state', coalesce(b.elements -> 'state', 'null'::jsonb),
           coalesce(b.elements -> 'state', 'null'::jsonb), to_jsonb(i.state)
    FROM qingdan.change AS c
    CROSS JOIN LATERAL (SELECT i.state FROM qingdan.catalog_item_v1 AS i WHERE i.id = c.item_id OFFSET 0) AS i
    LEFT JOIN qingdan.catalog_item_version_v1 AS b ON b.item_id = c.item_id AND b.number = c.base_version
    WHERE c.adjustment_id = :adjustment_id AND NOT c.proposed ? 'state' AND i.state = 'cancelled'
      AND (c.outcome IS NULL OR c.outcome = 'conflict')
"""

_CONFLICTS = Statement(f"SELECT d.* FROM ({_CONTRADICTIONS}) AS d ORDER BY d.number, d.element")

_SAVE_CONFLICTS = Statement(
    f"""
    UPDATE qingdan.change AS c SET outcome = 'conflict', conflict = found.conflict
    FROM (
        SELECT d.change_id,
               jsonb_object_agg(d.element, jsonb_build_object(
                   'base', d.base, 'proposed', d.proposed, 'current', d.current)) AS conflict
        FROM ({_CONTRADICTIONS}) AS d GROUP BY d.change_id
    ) AS found
    WHERE c.id = found.change_id
    """
)

# What the catalog found in conflict at effect stays so, even where the values have come together again since.
_SAVE_FOUND = Statement(
    """
    UPDATE qingdan.change AS c SET outcome = 'conflict', conflict = coalesce((
        SELECT jsonb_object_agg(e.key, jsonb_build_object(
            'base', coalesce(c.base -> e.key, 'null'::jsonb), 'proposed', e.value,
            'current', coalesce(v.elements -> e.key, 'null'::jsonb)))
        FROM jsonb_each(c.proposed) AS e
        JOIN qingdan.catalog_item_v1 AS i ON i.id = c.item_id
        JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
        WHERE coalesce(v.elements -> e.key, 'null'::jsonb) <> e.value), '{}'::jsonb)
    FROM unnest(CAST(:adjustment_ids AS uuid[]), CAST(:item_ids AS uuid[])) AS found (adjustment_id, item_id)
    WHERE c.adjustment_id = found.adjustment_id AND c.item_id = found.item_id
    """
)

# Applied where the catalog wrote a version for the adjustment; otherwise compared with what held before.
_OUTCOMES = Statement(
    """
    UPDATE qingdan.change AS c
    SET outcome = CASE
        WHEN c.operation = 'add' OR EXISTS (
            SELECT FROM qingdan.catalog_item_version_v1 AS v
            WHERE v.item_id = c.item_id AND v.adjustment_id = c.adjustment_id) THEN 'applied'
        WHEN EXISTS (
            SELECT FROM qingdan.catalog_item_version_v1 AS v
            WHERE v.item_id = c.item_id AND v.effective_from < a.effective_at
              AND v.number = (SELECT max(w.number) FROM qingdan.catalog_item_version_v1 AS w
                              WHERE w.item_id = c.item_id AND w.effective_from < a.effective_at)
              AND NOT EXISTS (SELECT FROM jsonb_each(c.proposed) AS e
                              WHERE coalesce(v.elements -> e.key, 'null'::jsonb) <> e.value)) THEN 'no_change'
        ELSE 'applied' END, applied_submission = a.submission
    FROM qingdan.adjustment AS a
    WHERE a.id = c.adjustment_id AND c.adjustment_id = ANY(CAST(:adjustment_ids AS uuid[])) AND c.outcome IS NULL
    """
)

# One runner at a time: two that share the rows out between them could commit a later instant before an earlier one.
_ONLY_RUNNER = Statement("SELECT pg_try_advisory_xact_lock(hashtextextended('workflow/effective_scheduler', 0))")

# Whoever is at one of them is waited for: skipped, it would be overtaken by a later effect on the same entries. Locked
# in the order of ids, as by everybody who locks several.
_DUE = Statement(
    """
    WITH due AS (
        SELECT a.id, a.region_code, a.effective_at, a.reason, a.legal_basis, a.decision
        FROM qingdan.adjustment AS a
        WHERE a.state = 'scheduled' AND a.effective_at <= :now AND a.id = ANY (ARRAY(
            SELECT n.id FROM qingdan.adjustment AS n
            WHERE n.state = 'scheduled' AND n.effective_at <= :now ORDER BY n.effective_at, n.id LIMIT :limit))
        ORDER BY a.id FOR NO KEY UPDATE OF a
    )
    SELECT due.*, ARRAY(SELECT c.item_id FROM qingdan.change AS c WHERE c.adjustment_id = due.id
                          AND c.outcome IS NULL ORDER BY c.number) AS item_ids
    FROM due ORDER BY due.effective_at, due.id
    """
)

_ANNOUNCED = Statement(
    """
    UPDATE qingdan.adjustment AS a
    SET state = 'decided', effective_event_id = e.event_id, version = a.version + 1, updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:event_ids AS uuid[])) AS e (id, event_id)
    WHERE a.id = e.id AND a.state = 'scheduled'
    """
)


async def lock_items(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Wait until nobody else decides on these entries; held until the transaction ends."""
    given = {"adjustment_id": adjustment_id, "space": _LOCK_SPACE, "buckets": LOCK_BUCKETS}
    await _LOCK_ITEMS.rows(connection, given)


async def conflicts(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """Elements whose current value is neither what the compiler saw nor what is proposed: the three values."""
    return [dict(row) for row in await _CONFLICTS.rows(connection, {"adjustment_id": adjustment_id})]


async def save_conflicts(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Write the three values into the changes that are in conflict at decision."""
    await _SAVE_CONFLICTS.rows(connection, {"adjustment_id": adjustment_id})


async def save_found_conflicts(connection: AsyncConnection, found: Sequence[tuple[UUID, UUID]]) -> None:
    """Write the three values into the changes, as (adjustment, entry), that the catalog refused at effect."""
    adjustment_ids, items = [pair[0] for pair in found], [pair[1] for pair in found]
    await _SAVE_FOUND.rows(connection, {"adjustment_ids": adjustment_ids, "item_ids": items})


async def save_outcomes(connection: AsyncConnection, adjustment_ids: Sequence[UUID]) -> None:
    """Note of every change without an outcome whether it was applied or made no difference."""
    await _OUTCOMES.rows(connection, {"adjustment_ids": list(adjustment_ids)})


async def become_only_runner(connection: AsyncConnection) -> bool:
    """Whether nobody else is announcing effects; held until the transaction ends."""
    return bool(await _ONLY_RUNNER.value(connection))


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Scheduled adjustments whose instant has come, in its order, with their entries; locked."""
    return [dict(row) for row in await _DUE.rows(connection, {"now": now, "limit": limit})]


async def save_announced(connection: AsyncConnection, events: dict[UUID, UUID], now: datetime) -> None:
    """Note the event that announced the effect of each adjustment."""
    parameters = {"ids": list(events), "event_ids": list(events.values()), "now": now}
    await _ANNOUNCED.rows(connection, parameters)
