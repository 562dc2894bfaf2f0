"""SQL of changes: what stands in the catalog now, what was proposed, and where the two contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures.kinds import kind_of_change
from shared.schema.workflow import change
from shared.statement import Statement


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


_ENTRIES = Statement(
    """
    SELECT i.id AS item_id, i.list_id, i.version, i.name, i.state, i.implementing_body, v.elements
    FROM qingdan.catalog_item_v1 AS i
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.id = ANY(CAST(:ids AS uuid[]))
    """
)

_INSERT = Statement(
    """
    INSERT INTO qingdan.change (id, adjustment_id, number, operation, list_id, item_id, organ_id, base_version, base,
                                proposed, successors, terms, compiled_by)
    SELECT c.id, :adjustment_id,
           (SELECT coalesce(max(number), 0) FROM qingdan.change WHERE adjustment_id = :adjustment_id) + c.ordinal,
           c.operation, c.list_id, c.item_id, c.organ_id, c.base_version, c.base, c.proposed,
           c.successors, c.terms, :compiled_by
    FROM jsonb_to_recordset(CAST(:changes AS jsonb)) AS c(
        ordinal int, id uuid, operation text, list_id uuid, item_id uuid, organ_id uuid, base_version int,
        base jsonb, proposed jsonb, successors uuid[], terms jsonb)
    RETURNING id, number, operation, item_id
    """
)

_TAKEN = Statement(
    """
    SELECT item_id FROM qingdan.change
    WHERE adjustment_id = :adjustment_id AND item_id = ANY(CAST(:ids AS uuid[]))
    """
)

_OTHERS = Statement(
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

# What is to be added has no base: there is only the conflict to forget.
_REBASE = Statement(
    """
    WITH added AS (
        UPDATE qingdan.change SET outcome = NULL, conflict = NULL
        WHERE adjustment_id = :adjustment_id AND operation = 'add' AND outcome = 'conflict'
    )
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


async def entries(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Entries as they stand now, all elements included."""
    if not ids:
        return {}
    rows = await _ENTRIES.rows(connection, {"ids": sorted(set(ids))})
    return {row.item_id: Entry(**row) for row in rows}


async def insert_changes(
    connection: AsyncConnection, adjustment_id: UUID, rows: Sequence[dict[str, Any]], compiled_by: str
) -> list[dict[str, Any]]:
    """Store changes, numbered on from the last; the adjustment is locked by the caller."""
    numbered = [{"ordinal": ordinal, **row} for ordinal, row in enumerate(rows, start=1)]
    stored = await _INSERT.rows(
        connection,
        {
            "adjustment_id": adjustment_id,
            "changes": orjson.dumps(numbered, default=str).decode(),
            "compiled_by": compiled_by,
        },
    )
    return sorted((dict(row) for row in stored), key=lambda row: row["number"])


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
    return set(await _TAKEN.values(connection, {"adjustment_id": adjustment_id, "ids": list(ids)}))


_ITEM_IDS = Statement(
    """
    SELECT item_id FROM qingdan.change
    WHERE adjustment_id = :adjustment_id AND coalesce(outcome, 'conflict') = 'conflict' ORDER BY number
    """
)


async def item_ids(connection: AsyncConnection, adjustment_id: UUID) -> list[UUID]:
    """The entries an adjustment concerns, as far as they are not done."""
    return await _ITEM_IDS.values(connection, {"adjustment_id": adjustment_id})


_OPERATIONS = Statement(
    """
    SELECT DISTINCT c.operation, c.base ->> 'level' AS before, c.proposed ->> 'level' AS after, a.trigger,
           coalesce(cardinality(c.successors), 0) AS successors
    FROM qingdan.change AS c JOIN qingdan.adjustment AS a ON a.id = c.adjustment_id
    WHERE c.adjustment_id = :adjustment_id AND coalesce(c.outcome, 'conflict') = 'conflict'
    """
)


async def operations(connection: AsyncConnection, adjustment_id: UUID) -> list[str]:
    """What an adjustment does to entries as kinds tell it apart, as far as it is not done; each once, sorted."""
    rows = await _OPERATIONS.rows(connection, {"adjustment_id": adjustment_id})
    return sorted({kind_of_change(**row) for row in rows})


_LIST_KINDS = Statement(
    """
    SELECT DISTINCT l.kind FROM qingdan.change AS c JOIN qingdan.catalog_list_v1 AS l ON l.id = c.list_id
    WHERE c.adjustment_id = :adjustment_id AND coalesce(c.outcome, 'conflict') = 'conflict' ORDER BY l.kind
    """
)


async def list_kinds(connection: AsyncConnection, adjustment_id: UUID) -> list[str]:
    """The kinds of list an adjustment concerns, as far as it is not done; each once, sorted."""
    return await _LIST_KINDS.values(connection, {"adjustment_id": adjustment_id})


_ORGANS = Statement(
    """
    SELECT organ_id FROM qingdan.change WHERE adjustment_id = :adjustment_id
    UNION
    SELECT CAST(proposed ->> 'implementing_body' AS uuid) FROM qingdan.change
    WHERE adjustment_id = :adjustment_id AND operation = 'transfer'
    """
)


async def organ_ids(connection: AsyncConnection, adjustment_id: UUID) -> set[UUID]:
    """The organs in whose name changes were made, and those that take entries over."""
    return set(await _ORGANS.values(connection, {"adjustment_id": adjustment_id}))


_USED_CODES = Statement(
    """
    SELECT g.list_id, g.base, k.item_id, k.code
    FROM (SELECT DISTINCT * FROM unnest(CAST(:lists AS uuid[]), CAST(:bases AS text[]))) AS g (list_id, base)
    JOIN qingdan.catalog_item_v1 AS i ON i.base_code = g.base AND i.list_id = g.list_id
    JOIN qingdan.catalog_item_code_v1 AS k ON k.item_id = i.id AND k.scheme <> 'base'
    """
)


async def used_codes(
    connection: AsyncConnection, *, lists: Sequence[UUID], bases: Sequence[str]
) -> dict[tuple[UUID, str], list[tuple[UUID, str]]]:
    """(list, base code) -> (item, code) of all implementation, handling and material codes ever given there."""
    found: dict[tuple[UUID, str], list[tuple[UUID, str]]] = {}
    if lists:
        for row in await _USED_CODES.rows(connection, {"lists": list(lists), "bases": list(bases)}):
            found.setdefault((row.list_id, row.base), []).append((row.item_id, row.code))
    return found


_ENTRIES_OF = Statement(
    """
    SELECT i.id FROM qingdan.catalog_item_v1 AS i
    WHERE i.list_id = :list_id AND i.implementing_body = :organ_id AND i.state <> 'cancelled'
      AND i.id <> ALL (CAST(:but AS uuid[]))
    ORDER BY i.id LIMIT :limit
    """
)


async def entries_of(
    connection: AsyncConnection, list_id: UUID, organ_id: UUID, *, but: Collection[UUID], limit: int
) -> list[UUID]:
    """Entries of an organ in a list that are not cancelled, oldest first."""
    given = {"list_id": list_id, "organ_id": organ_id, "but": list(but), "limit": limit}
    return await _ENTRIES_OF.values(connection, given)


@dataclass(frozen=True)
class Heir:
    """An entry that is to take the place of another: one that stands, or one that the adjustment adds."""

    id: UUID
    list_id: UUID
    name: str
    state: str


_HEIRS = Statement(
    """
    SELECT i.id, i.list_id, i.name, i.state FROM qingdan.catalog_item_v1 AS i
    WHERE i.id = ANY (CAST(:ids AS uuid[]))
    UNION ALL
    SELECT c.item_id, c.list_id, c.proposed ->> 'name', 'in_use' FROM qingdan.change AS c
    WHERE c.adjustment_id = :adjustment_id AND c.operation = 'add' AND c.item_id = ANY (CAST(:ids AS uuid[]))
    """
)


async def heirs(connection: AsyncConnection, adjustment_id: UUID, ids: Collection[UUID]) -> dict[UUID, Heir]:
    """Entries that stand or are being added by the adjustment, by id."""
    rows = await _HEIRS.rows(connection, {"adjustment_id": adjustment_id, "ids": list(ids)})
    return {row.id: Heir(**row) for row in rows}


async def replace(connection: AsyncConnection, change_id: UUID, values: dict[str, Any]) -> None:
    """Give a change new content; it is undecided again."""
    fresh = update(change).where(change.c.id == change_id).values(**values, outcome=null(), conflict=null())
    await connection.execute(fresh)


async def remove(connection: AsyncConnection, change_id: UUID) -> None:
    """Take a change out."""
    await connection.execute(delete(change).where(change.c.id == change_id))


async def others(connection: AsyncConnection, adjustment_id: UUID, ids: Collection[UUID]) -> list[dict[str, Any]]:
    """Other adjustments that are still open on the same entries, with the elements they name."""
    rows = await _OTHERS.rows(connection, {"adjustment_id": adjustment_id, "ids": list(ids)})
    return [dict(row) for row in rows]


async def rebase(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Take what stands in the catalog now as the new base of everything not done yet."""
    await _REBASE.rows(connection, {"adjustment_id": adjustment_id})
