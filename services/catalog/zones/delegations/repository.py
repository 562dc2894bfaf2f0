"""SQL of delegations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import delegation


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Record a delegation."""
    return one(await connection.execute(insert(delegation).values(**values).returning(delegation)))


async def get(connection: AsyncConnection, delegation_id: UUID, *, lock: bool = False) -> Record | None:
    """One delegation."""
    statement = select(delegation).where(delegation.c.id == delegation_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def change(connection: AsyncConnection, delegation_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change a delegation and raise its version."""
    statement = update(delegation).where(delegation.c.id == delegation_id)
    statement = statement.values(**values, version=delegation.c.version + 1)
    return one(await connection.execute(statement.returning(delegation)))


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Record]:
    """Delegations in the order they were recorded."""
    statement = select(delegation).where(*matching(delegation, filters)).order_by(delegation.c.id).limit(limit)
    if after is not None:
        statement = statement.where(delegation.c.id > after)
    return many(await connection.execute(statement))
