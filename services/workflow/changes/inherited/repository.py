"""SQL of inherited elements: what claimed entries have from their superiors', as the catalog tells it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_INHERITED = Statement(
    """
    SELECT h.item_id, h.superior_item_id, h.superior_name, h.superior_list, h.superior_region, h.elements
    FROM qingdan.catalog_inheritance_v1 AS h WHERE h.item_id = ANY(CAST(:ids AS uuid[]))
    """
)


async def inherited(connection: AsyncConnection, item_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """By entry; those that are claimed from nobody are left out."""
    return {row.item_id: row for row in await _INHERITED.rows(connection, {"ids": list(item_ids)})}
