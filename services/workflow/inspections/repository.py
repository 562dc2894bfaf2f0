"""SQL of inspections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ADD = Statement(
    """
    INSERT INTO qingdan.inspection (id, region_code, title, inspected_on, inspectors, basis, scope, summary, findings,
                                    recorded_by, recorded_at)
    VALUES (:id, :region_code, :title, :inspected_on, :inspectors, :basis, :scope, :summary, CAST(:count AS int),
            :actor, :now)
    """
)
# How far its findings are put right is counted where they are followed up.
_COLUMNS = """i.*, array_prepend(r.code, r.ancestors) AS chain,
    (SELECT count(*) FROM generate_series(1, i.findings) AS n
     JOIN qingdan.rectification_order AS o ON o.subject = 'inspection/' || i.id || '/' || n
     WHERE o.state IN ('issued', 'reported')) AS open
    FROM qingdan.inspection AS i JOIN qingdan.catalog_region_v1 AS r ON r.code = i.region_code"""
_FIND = Statement(f"SELECT {_COLUMNS} WHERE i.id = :id")
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE (r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:after AS uuid) IS NULL OR i.id < CAST(:after AS uuid))
    ORDER BY i.id DESC LIMIT :limit
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep an inspection."""
    await _ADD.rows(connection, values)


async def find(connection: AsyncConnection, inspection_id: UUID) -> Row | None:
    """An inspection with the regions above its own as `chain`, and how many findings are open."""
    return await _FIND.row(connection, {"id": inspection_id})


async def page(connection: AsyncConnection, region: str, *, after: UUID | None, limit: int) -> list[Row]:
    """Inspections of a region and all below it, the newest first."""
    return await _PAGE.rows(connection, {"region": region, "after": after, "limit": limit})
