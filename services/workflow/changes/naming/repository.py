"""SQL of entries that name organs: in columns, in elements, inside sub-tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# Organs stand in columns, in elements and inside sub-tables; an id is the same text in all of them.
_NAMING = Statement(
    """
    SELECT i.id AS item_id, v.elements
    FROM qingdan.catalog_list_v1 AS l
    JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    JOIN qingdan.catalog_item_v1 AS i ON i.list_id = l.id AND i.state <> 'cancelled'
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
    WHERE l.state = 'in_force' AND l.mirrored_from IS NULL AND (r.code = :region OR :region = ANY (r.ancestors))
      AND i.id <> ALL (CAST(:but AS uuid[]))
      AND CAST(v.elements AS text) LIKE ANY (CAST(:patterns AS text[]))
    ORDER BY i.id LIMIT :limit
    """
)


async def entries_naming(
    connection: AsyncConnection, organ_ids: Collection[UUID], *, region: str, but: Collection[UUID], limit: int
) -> list[Any]:
    """Entries in force of a region and below that name one of some organs anywhere: (item_id, elements)."""
    given = {"patterns": [f'%"{organ}"%' for organ in organ_ids], "region": region, "but": list(but), "limit": limit}
    return list(await _NAMING.rows(connection, given))
