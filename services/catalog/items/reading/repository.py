"""All SQL of reading items and their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one_or_none
from shared.schema.catalog import item, item_code, item_version

_IDENTITY = (item.c.id, item.c.list_id, item.c.kind, item.c.region_code)
_ROW = (
    *_IDENTITY, item.c.version, item.c.effective_from, item.c.name, item.c.base_code, item.c.implementation_code,
    item.c.handling_item, item.c.item_type, item.c.level, item.c.implementing_body, item.c.permit_name, item.c.state,
    item.c.audience,
)  # fmt: skip


async def entry(
    connection: AsyncConnection, item_id: UUID, *, number: int | None = None, as_of: datetime | None = None
) -> Record | None:
    """An item in its current version, in version `number`, or as it was at an instant; None when there is none."""
    version = item_version.c
    statement = (
        select(*_IDENTITY, item.c.version.label("current_version"), version.number.label("version"),
               version.effective_from, version.recorded_at, version.elements, version.changed, version.provenance,
               version.rule_set, version.adjustment_id, version.operation)
        .join(item_version, version.item_id == item.c.id)
        .where(item.c.id == item_id)
    )  # fmt: skip
    if number is not None:
        statement = statement.where(version.number == number)
    elif as_of is not None:
        statement = statement.where(version.effective_from <= as_of).order_by(version.effective_from.desc()).limit(1)
    else:
        statement = statement.where(version.number == item.c.version)
    return one_or_none(await connection.execute(statement))


async def search(
    connection: AsyncConnection, *, filters: Mapping[str, Any], query: str | None, code: str | None,
    after: UUID | None, limit: int,
) -> list[Record]:  # fmt: skip
    """Items by id, which is by age; `code` finds present and former codes."""
    statement = select(*_ROW).order_by(item.c.id).limit(limit)
    statement = statement.where(*matching(item, filters))
    if query:
        statement = statement.where(item.c.name.contains(query, autoescape=True))
    if code is not None:
        statement = statement.where(item.c.id.in_(select(item_code.c.item_id).where(item_code.c.code == code)))
    if after is not None:
        statement = statement.where(item.c.id > after)
    return many(await connection.execute(statement))


async def codes(connection: AsyncConnection, item_id: UUID) -> list[Record]:
    """All codes an item has or had, oldest first."""
    code = item_code.c
    columns = (code.scheme, code.code, code.valid_from, code.valid_until, code.successor,
               code.ended_by, code.adjustment_id)  # fmt: skip
    statement = select(*columns).where(item_code.c.item_id == item_id)
    return many(await connection.execute(statement.order_by(item_code.c.valid_from, item_code.c.code)))


async def history(connection: AsyncConnection, item_id: UUID, *, before: int | None, limit: int) -> list[Record]:
    """Versions of an item, newest first, with who made them, why, and on what basis."""
    return many(await connection.execute(text(_HISTORY), {"item_id": item_id, "before": before, "limit": limit}))


async def taken_codes(
    connection: AsyncConnection, *, kind: str, list_id: UUID, whole: Sequence[str], base: Sequence[str]
) -> dict[str, tuple[UUID, bool]]:
    """Of codes that name one entry only: code -> the item that holds or held it, and whether it is retired."""
    parameters = {"kind": kind, "list_id": str(list_id), "whole": list(whole), "base": list(base)}
    rows = (await connection.execute(text(_TAKEN), parameters)).all()
    return {row.code: (row.item_id, row.retired) for row in rows}


async def name_of(connection: AsyncConnection, item_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of items that exist."""
    rows = await connection.execute(select(item.c.id, item.c.name).where(item.c.id.in_(item_ids)))
    return {row.id: row.name for row in rows}


# The event that brought a version about names it; imports and adjustments are found by their root.
_HISTORY = """
SELECT v.number, v.effective_from, v.recorded_at, v.changed, v.operation, v.adjustment_id, v.rule_set,
       e.actor, e.reason, e.legal_basis, e.position
FROM qingdan.item_version AS v
LEFT JOIN LATERAL (
    SELECT e.actor, e.reason, e.legal_basis, e.position
    FROM qingdan.event AS e
    WHERE e.adjustment_id = v.adjustment_id AND e.type LIKE 'item.%' AND e.item_ids @> ARRAY[v.item_id]
      AND e.versions[array_position(e.item_ids, v.item_id)] = v.number
    ORDER BY e.position LIMIT 1
) AS e ON true
WHERE v.item_id = :item_id AND (CAST(:before AS integer) IS NULL OR v.number < CAST(:before AS integer))
ORDER BY v.number DESC LIMIT :limit"""

_TAKEN = """
SELECT c.code, c.item_id, c.valid_until IS NOT NULL AS retired
FROM qingdan.item_code AS c
WHERE (c.space = :kind AND c.code = ANY (CAST(:whole AS text[])))
   OR (c.space = :list_id AND c.code = ANY (CAST(:base AS text[])))"""
