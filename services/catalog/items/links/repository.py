"""All SQL of links between items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, one_or_none
from shared.schema.catalog import item_link


async def of_item(
    connection: AsyncConnection, item_id: UUID, *, type_: str | None, after: UUID | None, limit: int
) -> list[Record]:
    """Links from and to an item, by id."""
    statement = (
        select(item_link)
        .where(or_(item_link.c.from_item_id == item_id, item_link.c.to_item_id == item_id))
        .order_by(item_link.c.id)
        .limit(limit)
    )
    if type_ is not None:
        statement = statement.where(item_link.c.type == type_)
    if after is not None:
        statement = statement.where(item_link.c.id > after)
    return many(await connection.execute(statement))


async def get(connection: AsyncConnection, link_id: UUID) -> Record | None:
    """One link."""
    return one_or_none(await connection.execute(select(item_link).where(item_link.c.id == link_id)))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Insert a link; None when there is one of the type between the two."""
    statement = insert(item_link).values(**values).on_conflict_do_nothing().returning(item_link)
    return one_or_none(await connection.execute(statement))


async def remove(connection: AsyncConnection, link_id: UUID) -> None:
    """Delete a link; the event keeps that it was there."""
    await connection.execute(delete(item_link).where(item_link.c.id == link_id))
