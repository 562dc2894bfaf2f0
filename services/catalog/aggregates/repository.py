"""SQL of documents for peers: entries with the organ that implements them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_ENTRY = """
    SELECT i.id, v.elements, v.effective_from, o.name AS organ_name, o.credit_code
    FROM qingdan.item AS i
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
"""


async def entry(connection: AsyncConnection, item_id: UUID) -> Row[Any] | None:
    """An entry as it stands, with its list: (…, list_id, kind, region_code)."""
    rows = await connection.execute(
        text(_ENTRY.replace("SELECT i.id,", "SELECT i.id, i.list_id, i.kind, i.region_code,") + "WHERE i.id = :id"),
        {"id": item_id},
    )
    return rows.one_or_none()


async def entries(connection: AsyncConnection, list_id: UUID, *, after: UUID, size: int) -> Sequence[Row[Any]]:
    """The next entries of a list as they stand, by id."""
    rows = await connection.execute(
        text(_ENTRY + "WHERE i.list_id = :list_id AND i.id > :after ORDER BY i.id LIMIT :size"),
        {"list_id": list_id, "after": after, "size": size},
    )
    return rows.all()
