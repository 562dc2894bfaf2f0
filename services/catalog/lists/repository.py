"""All SQL of lists and their member organs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from services.catalog.regions.repository import at_or_below
from shared.schema.catalog import list_, list_member, organ


async def get(connection: AsyncConnection, list_id: UUID, *, lock: bool = False) -> Record | None:
    """A list."""
    statement = select(list_).where(list_.c.id == list_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def by_ids(connection: AsyncConnection, list_ids: Sequence[UUID]) -> list[Record]:
    """The lists among these ids that there are."""
    return many(await connection.execute(select(list_).where(list_.c.id.in_(list_ids))))


async def search(
    connection: AsyncConnection, *, filters: Mapping[str, Any], within: str | None, member: UUID | None,
    after: tuple[str, UUID] | None, limit: int,
) -> list[Record]:  # fmt: skip
    """Lists by title; `member` is an organ that fills them."""
    statement = select(list_).order_by(list_.c.title, list_.c.id).limit(limit)
    statement = statement.where(*matching(list_, filters))
    if within is not None:
        statement = statement.where(at_or_below(list_.c.region_code, within))
    if member is not None:
        mine = select(list_member.c.list_id).where(list_member.c.organ_id == member)
        statement = statement.where(list_.c.id.in_(mine))
    if after is not None:
        statement = statement.where(tuple_(list_.c.title, list_.c.id) > after)
    return many(await connection.execute(statement))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record | None:
    """Insert a list; None when the region has one of the kind."""
    statement = insert(list_).values(**values).on_conflict_do_nothing().returning(list_)
    return one_or_none(await connection.execute(statement))


async def change(connection: AsyncConnection, list_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change a list and raise its version."""
    statement = (
        update(list_).where(list_.c.id == list_id).values(**values, version=list_.c.version + 1).returning(list_)
    )
    return one(await connection.execute(statement))


async def set_members(connection: AsyncConnection, list_id: UUID, organ_ids: Sequence[UUID]) -> None:
    """Let exactly these organs fill the list."""
    await connection.execute(
        delete(list_member).where(list_member.c.list_id == list_id, list_member.c.organ_id.not_in(organ_ids))
    )
    await connection.execute(
        text("INSERT INTO qingdan.list_member (list_id, organ_id)"
             " SELECT CAST(:list_id AS uuid), unnest(CAST(:organs AS uuid[])) ON CONFLICT DO NOTHING"),
        {"list_id": list_id, "organs": list(organ_ids)},
    )  # fmt: skip


async def members(connection: AsyncConnection, list_id: UUID) -> list[Record]:
    """The organs that fill a list: (organ_id, name), by name."""
    statement = (
        select(list_member.c.organ_id, organ.c.name)
        .join(organ, organ.c.id == list_member.c.organ_id)
        .where(list_member.c.list_id == list_id)
        .order_by(organ.c.name, organ.c.id)
    )
    return many(await connection.execute(statement))
