"""SQL of the plans of claiming."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from shared.schema.catalog import claim_plan


async def find(connection: AsyncConnection, region_code: str, list_kind: str, *, lock: bool = False) -> Record | None:
    """The plan a region has itself; locked until the transaction ends when asked for."""
    statement = select(claim_plan).where(claim_plan.c.region_code == region_code, claim_plan.c.list_kind == list_kind)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def in_force(connection: AsyncConnection, chain: list[str], list_kind: str) -> Record | None:
    """The plan that holds in a region (its code and those above it, nearest first); None when nobody planned."""
    statement = select(claim_plan).where(claim_plan.c.region_code.in_(chain), claim_plan.c.list_kind == list_kind)
    rows = {row["region_code"]: row for row in many(await connection.execute(statement))}
    nearest = next((rows[code] for code in chain if code in rows), None)
    return nearest if nearest and nearest["active"] else None


async def put(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Store a plan in place of the one of its region and kind."""
    statement = insert(claim_plan).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in ("region_code", "list_kind")}
    statement = statement.on_conflict_do_update(
        index_elements=["region_code", "list_kind"], set_=changed | {"version": claim_plan.c.version + 1}
    )
    return one(await connection.execute(statement.returning(claim_plan)))


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: tuple[str, str] | None, limit: int
) -> list[Record]:
    """Plans by region and kind."""
    statement = select(claim_plan).where(*matching(claim_plan, filters))
    statement = statement.order_by(claim_plan.c.region_code, claim_plan.c.list_kind).limit(limit)
    if after:
        statement = statement.where(tuple_(claim_plan.c.region_code, claim_plan.c.list_kind) > after)
    return many(await connection.execute(statement))
