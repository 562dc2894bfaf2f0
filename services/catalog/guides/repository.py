"""SQL of the guides: the permit an implementation entry handles, and the names of bodies."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# The same identity as the linkage rules match by; a handling item falls back on its matter.
_PERMIT = Statement(
    """
    SELECT i.id, i.version, v.elements
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.kind = 'permit' AND i.state = 'in_use' AND i.region_code = CAST(:region AS text)
      AND i.base_code = CAST(:base_code AS text) AND i.implementing_body = CAST(:body AS uuid)
      AND i.handling_item IN (CAST(:handling_item AS text), '')
    ORDER BY i.handling_item DESC LIMIT 1
    """
)
_NAMES = Statement("SELECT id, name FROM qingdan.organ WHERE id = ANY (CAST(:ids AS uuid[]))")


async def permit_of(
    connection: AsyncConnection, *, region: str, base_code: str | None, body: UUID | None, handling_item: str
) -> Row | None:
    """The permit in use of the region that the entry handles: id, version, elements."""
    given = {"region": region, "base_code": base_code, "body": body, "handling_item": handling_item}
    return await _PERMIT.row(connection, given)


async def organ_names(connection: AsyncConnection, ids: Collection[UUID]) -> dict[str, str]:
    """Names by id."""
    return {str(row.id): row.name for row in await _NAMES.rows(connection, {"ids": list(ids)})}
