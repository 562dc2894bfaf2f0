"""SQL of changes: what stands in the catalog now, what was proposed, and where the two contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, null, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.workflow import change

# Advisory locks live in a table of fixed size (64 a connection by default): a lock an item would let one adjustment
# of 5,000 items use it up for everybody. Two items that share one of 512 locks only wait for one another.
LOCK_BUCKETS = 512


@dataclass(frozen=True)
class Entry:
    """An entry of the catalog as it stands now."""

    item_id: UUID
    list_id: UUID
    version: int
    name: str
    state: str
    implementing_body: UUID | None
    elements: dict[str, Any]


_ENTRIES = text(
    """
    SELECT i.id AS item_id, i.list_id, i.version, i.name, i.state, i.implementing_body, v.elements
    FROM qingdan.catalog_item_v1 AS i
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.id = ANY(CAST(:ids AS uuid[]))
    """
).columns(elements=JSONB)

_INSERT = text(
    """
    INSERT INTO qingdan.change (id, adjustment_id, number, operation, list_id, item_id, organ_id, base_version, base,
                                proposed, compiled_by)
    SELECT c.id, :adjustment_id,
           (SELECT coalesce(max(number), 0) FROM qingdan.change WHERE adjustment_id = :adjustment_id) + c.ordinal,
           c.operation, c.list_id, c.item_id, c.organ_id, c.base_version, c.base, c.proposed, :compiled_by
    FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS c(
        ordinal int, id uuid, operation text, list_id uuid, item_id uuid, organ_id uuid, base_version int,
        base jsonb, proposed jsonb)
    RETURNING id, number, operation, item_id
    """
)

_TAKEN = text(
    """
    SELECT item_id FROM qingdan.change
    WHERE adjustment_id = :adjustment_id AND item_id = ANY(CAST(:ids AS uuid[]))
    """
)

_OTHERS = text(
    """
    SELECT c.item_id, a.id AS adjustment_id, a.number, a.title, a.state,
           ARRAY(SELECT jsonb_object_keys(c.proposed) ORDER BY 1) AS elements
    FROM qingdan.change AS c
    JOIN qingdan.adjustment AS a ON a.id = c.adjustment_id
    WHERE c.item_id = ANY(CAST(:ids AS uuid[])) AND a.id <> :adjustment_id
      AND a.state NOT IN ('effective', 'withdrawn') AND (c.outcome IS NULL OR c.outcome = 'conflict')
    ORDER BY c.item_id, a.id
    """
)

# Buckets in ascending order, so that two deciders never wait for one another in a circle.
_LOCK_ITEMS = text(
    """
    SELECT pg_advisory_xact_lock(:space, bucket) FROM (
        SELECT DISTINCT (hashtextextended(c.item_id::text, 0) & (:buckets - 1))::int AS bucket
        FROM qingdan.change AS c WHERE c.adjustment_id = :adjustment_id ORDER BY bucket
    ) AS ordered
    """
)
_LOCK_SPACE = 1_364_881_234  # any number of our own: keeps these locks apart from those of other purposes

# The value in force, or the one a decision has already put in its place that the catalog has not applied yet: the
# second of two deciders must see the first one's, however far the cascade has got. A value missing is JSON null.
_DIFFERENCES = """
    SELECT c.id AS change_id, c.item_id, c.number, e.key AS element,
           coalesce(c.base -> e.key, 'null'::jsonb) AS base, e.value AS proposed,
           coalesce(pending.value, v.elements -> e.key, 'null'::jsonb) AS current
    FROM qingdan.change AS c
    CROSS JOIN LATERAL jsonb_each(c.proposed) AS e
    JOIN qingdan.catalog_item_v1 AS i ON i.id = c.item_id
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
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
    WHERE c.adjustment_id = ANY(CAST(:adjustment_ids AS uuid[])) AND c.operation <> 'add'
      AND (c.outcome IS NULL OR c.outcome = 'conflict')
"""

_CONFLICTS = text(
    f"""
    SELECT d.* FROM ({_DIFFERENCES}) AS d
    WHERE d.current IS DISTINCT FROM d.proposed AND d.current IS DISTINCT FROM d.base
    ORDER BY d.number, d.element
    """
).columns(base=JSONB, proposed=JSONB, current=JSONB)

_SAVE_CONFLICTS = text(
    f"""
    UPDATE qingdan.change AS c SET outcome = 'conflict', conflict = found.conflict
    FROM (
        SELECT d.change_id,
               jsonb_object_agg(d.element, jsonb_build_object(
                   'base', d.base, 'proposed', d.proposed, 'current', d.current)) AS conflict
        FROM ({_DIFFERENCES}) AS d
        WHERE d.current IS DISTINCT FROM d.proposed AND d.current IS DISTINCT FROM d.base
        GROUP BY d.change_id
    ) AS found
    WHERE c.id = found.change_id
    """
)

# What the catalog found in conflict at effect stays so, even where the values have come together again since.
_SAVE_FOUND = text(
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

_REBASE = text(
    """
    UPDATE qingdan.change AS c
    SET base_version = i.version, outcome = NULL, conflict = NULL,
        base = (SELECT jsonb_object_agg(k, coalesce(v.elements -> k, 'null'::jsonb))
                FROM jsonb_object_keys(c.proposed) AS k)
    FROM qingdan.catalog_item_v1 AS i
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.id = c.item_id AND c.adjustment_id = :adjustment_id AND c.operation <> 'add'
      AND (c.outcome IS NULL OR c.outcome = 'conflict')
    """
)

# Applied where the catalog wrote a version for the adjustment; otherwise compared with what held before.
_OUTCOMES = text(
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
        ELSE 'applied' END
    FROM qingdan.adjustment AS a
    WHERE a.id = c.adjustment_id AND c.adjustment_id = ANY(CAST(:adjustment_ids AS uuid[])) AND c.outcome IS NULL
    """
)


async def entries(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Entries as they stand now, all elements included."""
    if not ids:
        return {}
    rows = await connection.execute(_ENTRIES, {"ids": sorted(set(ids))})
    return {row.item_id: Entry(**row._mapping) for row in rows}


async def insert_changes(
    connection: AsyncConnection, adjustment_id: UUID, rows: Sequence[dict[str, Any]], compiled_by: str
) -> list[dict[str, Any]]:
    """Store changes, numbered on from the last; the adjustment is locked by the caller."""
    numbered = [{"ordinal": ordinal, **row} for ordinal, row in enumerate(rows, start=1)]
    stored = await connection.execute(
        _INSERT,
        {
            "adjustment_id": adjustment_id,
            "changes": orjson.dumps(numbered, default=str).decode(),
            "compiled_by": compiled_by,
        },
    )
    return sorted((dict(row) for row in stored.mappings()), key=lambda row: row["number"])


async def changes_of(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """All changes of an adjustment, by number."""
    rows = await connection.execute(
        select(change).where(change.c.adjustment_id == adjustment_id).order_by(change.c.number)
    )
    return [dict(row) for row in rows.mappings()]


async def change_of(connection: AsyncConnection, adjustment_id: UUID, change_id: UUID) -> dict[str, Any] | None:
    """One change of an adjustment."""
    found = await connection.execute(
        select(change).where(change.c.adjustment_id == adjustment_id, change.c.id == change_id)
    )
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


async def taken(connection: AsyncConnection, adjustment_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Which of the entries the adjustment already has a change for."""
    rows = await connection.execute(_TAKEN, {"adjustment_id": adjustment_id, "ids": list(ids)})
    return set(rows.scalars())


async def item_ids(connection: AsyncConnection, adjustment_id: UUID) -> list[UUID]:
    """The entries an adjustment concerns, as far as they are not done."""
    rows = await connection.execute(
        select(change.c.item_id)
        .where(change.c.adjustment_id == adjustment_id, func.coalesce(change.c.outcome, "conflict") == "conflict")
        .order_by(change.c.number)
    )
    return list(rows.scalars())


async def organ_ids(connection: AsyncConnection, adjustment_id: UUID) -> set[UUID]:
    """The organs in whose name changes were made."""
    rows = await connection.execute(select(change.c.organ_id).where(change.c.adjustment_id == adjustment_id).distinct())
    return set(rows.scalars())


async def replace(connection: AsyncConnection, change_id: UUID, values: dict[str, Any]) -> None:
    """Give a change new content; it is undecided again."""
    fresh = update(change).where(change.c.id == change_id).values(**values, outcome=null(), conflict=null())
    await connection.execute(fresh)


async def remove(connection: AsyncConnection, change_id: UUID) -> None:
    """Take a change out."""
    await connection.execute(delete(change).where(change.c.id == change_id))


async def others(connection: AsyncConnection, adjustment_id: UUID, ids: Collection[UUID]) -> list[dict[str, Any]]:
    """Other adjustments that are still open on the same entries, with the elements they name."""
    rows = await connection.execute(_OTHERS, {"adjustment_id": adjustment_id, "ids": list(ids)})
    return [dict(row) for row in rows.mappings()]


async def lock_items(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Wait until nobody else decides on these entries; held until the transaction ends."""
    await connection.execute(
        _LOCK_ITEMS, {"adjustment_id": adjustment_id, "space": _LOCK_SPACE, "buckets": LOCK_BUCKETS}
    )


async def conflicts(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """Elements whose current value is neither what the compiler saw nor what is proposed: the three values."""
    rows = await connection.execute(_CONFLICTS, {"adjustment_ids": [adjustment_id]})
    return [dict(row) for row in rows.mappings()]


async def save_conflicts(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Write the three values into the changes that are in conflict at decision."""
    await connection.execute(_SAVE_CONFLICTS, {"adjustment_ids": [adjustment_id]})


async def save_found_conflicts(connection: AsyncConnection, found: Sequence[tuple[UUID, UUID]]) -> None:
    """Write the three values into the changes, as (adjustment, entry), that the catalog refused at effect."""
    adjustment_ids, items = [pair[0] for pair in found], [pair[1] for pair in found]
    await connection.execute(_SAVE_FOUND, {"adjustment_ids": adjustment_ids, "item_ids": items})


async def rebase(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Take what stands in the catalog now as the new base of everything not done yet."""
    await connection.execute(_REBASE, {"adjustment_id": adjustment_id})


async def save_outcomes(connection: AsyncConnection, adjustment_ids: Sequence[UUID]) -> None:
    """Note of every change without an outcome whether it was applied or made no difference."""
    await connection.execute(_OUTCOMES, {"adjustment_ids": list(adjustment_ids)})
