"""SQL of the quality report: what was counted, what is at fault, gates, and who handles what in the hall."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many
from shared.schema.catalog import quality_gate
from shared.statement import Row, Statement

# Organs of each list with their entries now, and what the last check counted of them.
_COUNTED = Statement(
    """
    WITH present AS MATERIALIZED (
        SELECT i.list_id, coalesce(i.implementing_body, CAST(:nobody AS uuid)) AS organ_id, count(*) AS entries,
               max(i.effective_from) AS changed_at
        FROM qingdan.item AS i WHERE i.list_id = ANY (CAST(:lists AS uuid[])) AND i.state <> 'cancelled'
        GROUP BY 1, 2
    )
    SELECT p.list_id, l.kind AS list_kind, l.title, l.region_code, p.organ_id, o.name AS organ_name, p.entries,
           m.mandatory, m.filled, m.warnings, m.checked_at, p.changed_at
    FROM present AS p
    JOIN qingdan.list AS l ON l.id = p.list_id
    LEFT JOIN qingdan.organ AS o ON o.id = p.organ_id
    LEFT JOIN qingdan.quality_measure AS m ON m.list_id = p.list_id AND m.organ_id = p.organ_id
    ORDER BY l.kind, p.list_id, o.name, p.organ_id
    """
)
# Entries at fault by rule: what is waived or only a warning is no fault.
_FAULTS = Statement(
    """
    SELECT f.list_id, coalesce(i.implementing_body, CAST(:nobody AS uuid)) AS organ_id, f.rule,
           coalesce('malformed' = ANY (f.codes), false) AS malformed,
           array_agg(DISTINCT f.item_id) AS item_ids
    FROM qingdan.finding AS f JOIN qingdan.item AS i ON i.id = f.item_id
    WHERE f.list_id = ANY (CAST(:lists AS uuid[])) AND f.state = 'open' AND f.severity <> 'warn'
      AND i.state <> 'cancelled'
    GROUP BY 1, 2, 3, 4
    """
)
_LISTS = Statement(
    """
    SELECT l.id FROM qingdan.list AS l
    WHERE l.mirrored_from IS NULL AND (CAST(:list_id AS uuid) IS NULL OR l.id = CAST(:list_id AS uuid))
      AND (CAST(:region AS text) IS NULL OR l.region_code = CAST(:region AS text))
    ORDER BY l.id
    """
)
# TH-16: what says yes, what says no; where nothing is said an organ has not told.
_HALL = Statement(
    """
    SELECT coalesce(i.implementing_body, CAST(:nobody AS uuid)) AS organ_id, o.name AS organ_name, count(*) AS entries,
           count(*) FILTER (WHERE v.elements -> 'approval_office' = 'true') AS approval_office,
           count(*) FILTER (WHERE v.elements -> 'in_hall' = 'true') AS in_hall,
           count(*) FILTER (WHERE v.elements -> 'online' = 'true') AS online,
           count(*) FILTER (WHERE v.elements -> 'window_authorised' = 'true') AS window_authorised
    FROM qingdan.item AS i
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    WHERE i.list_id = CAST(:list_id AS uuid) AND i.state = 'in_use'
    GROUP BY 1, 2 ORDER BY 2, 1
    """
)
_GATES = Statement(
    """SELECT region_code, figure, CAST(minimum AS double precision) AS minimum FROM qingdan.quality_gate
    WHERE region_code = ANY (CAST(:regions AS text[]))"""
)


async def lists(connection: AsyncConnection, *, list_id: UUID | None, region: str | None) -> list[UUID]:
    """Lists kept here: one, those of a region, or all."""
    return await _LISTS.values(connection, {"list_id": list_id, "region": region})


async def counted(connection: AsyncConnection, lists: Sequence[UUID], nobody: UUID) -> list[Row]:
    """Entries by list and organ, with what the last check counted."""
    return await _COUNTED.rows(connection, {"lists": list(lists), "nobody": nobody})


async def faults(connection: AsyncConnection, lists: Sequence[UUID], nobody: UUID) -> list[Row]:
    """Entries with open findings, by list, organ and rule."""
    return await _FAULTS.rows(connection, {"lists": list(lists), "nobody": nobody})


async def hall(connection: AsyncConnection, list_id: UUID, nobody: UUID) -> list[Row]:
    """Entries in use by organ, and how many say that they are handled together, in the hall, online, authorised."""
    return await _HALL.rows(connection, {"list_id": list_id, "nobody": nobody})


async def gates(connection: AsyncConnection, regions: Collection[str]) -> list[Row]:
    """Gates that regions have set."""
    return await _GATES.rows(connection, {"regions": list(regions)})


async def told_gates(connection: AsyncConnection, region_code: str) -> list[Record]:
    """The gates of one region with who set them and why."""
    rows = select(quality_gate).where(quality_gate.c.region_code == region_code).order_by(quality_gate.c.figure)
    return many(await connection.execute(rows))


async def save_gates(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set gates; one that is there is replaced."""
    statement = insert(quality_gate)
    kept = {name: statement.excluded[name] for name in ("minimum", "reason", "legal_basis", "set_by", "set_at")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["region_code", "figure"], set_=kept), list(rows)
    )


async def remove_gates(connection: AsyncConnection, region_code: str, figures: Sequence[str]) -> None:
    """Take gates of a region back."""
    named = quality_gate.c.figure.in_(list(figures))
    await connection.execute(delete(quality_gate).where(quality_gate.c.region_code == region_code, named))
