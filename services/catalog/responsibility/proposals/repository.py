"""SQL of the proposals about duties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import duty_proposal


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Insert a proposal."""
    return one(await connection.execute(insert(duty_proposal).values(**values).returning(duty_proposal)))


async def find(connection: AsyncConnection, proposal_id: UUID, *, lock: bool = False) -> Record | None:
    """One proposal."""
    chosen = select(duty_proposal).where(duty_proposal.c.id == proposal_id)
    return one_or_none(await connection.execute(chosen.with_for_update() if lock else chosen))


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Record]:
    """Proposals, oldest first; `filters` are column values, empty ones do not count."""
    chosen = select(duty_proposal).where(*matching(duty_proposal, filters)).order_by(duty_proposal.c.id).limit(limit)
    if after is not None:
        chosen = chosen.where(duty_proposal.c.id > after)
    return many(await connection.execute(chosen))


async def answer(connection: AsyncConnection, proposal_id: UUID, values: Mapping[str, Any]) -> Record:
    """Close a proposal."""
    statement = update(duty_proposal).where(duty_proposal.c.id == proposal_id).values(**values)
    return one(await connection.execute(statement.returning(duty_proposal)))
