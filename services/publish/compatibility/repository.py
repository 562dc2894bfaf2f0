"""SQL of the layer: a stored entry, and how rows of a platform stand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ITEM = Statement("SELECT body FROM qingdan.published_item WHERE item_id = :item AND to_revision IS NULL")
_STANDING = Statement(
    "SELECT row_guid, state FROM qingdan.peer_row WHERE peer_id = :peer AND row_guid = ANY (CAST(:guids AS uuid[]))"
)


async def item(connection: AsyncConnection, item_id: UUID) -> bytes | None:
    """The bytes of a published entry."""
    found = await _ITEM.value(connection, {"item": item_id})
    return found.encode() if isinstance(found, str) else found


async def standing(connection: AsyncConnection, peer: UUID, guids: Sequence[UUID]) -> list[Row]:
    """(row_guid, state) of rows that are the peer's."""
    return await _STANDING.rows(connection, {"peer": peer, "guids": list(guids)})
