"""All SQL of the register of regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one_or_none
from shared.schema.catalog import region


async def get(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record | None:
    """One region."""
    statement = select(region).where(region.c.code == code)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def search(
    connection: AsyncConnection, *, filters: Mapping[str, Any], query: str | None, within: str | None,
    after: str | None, limit: int, codes: Sequence[str] | None = None,
) -> list[Record]:  # fmt: skip
    """Regions by code; `within` is a region whose descendants are meant, `codes` those that come into question."""
    statement = select(region).order_by(region.c.code).limit(limit)
    statement = statement.where(*matching(region, filters))
    if within is not None:
        statement = statement.where(region.c.ancestors.contains([within]))
    if codes is not None:
        statement = statement.where(region.c.code.in_(codes))
    if query:
        statement = statement.where(region.c.name.contains(query, autoescape=True))
    if after is not None:
        statement = statement.where(region.c.code > after)
    return many(await connection.execute(statement))


def at_or_below(column: ColumnElement[str], code: str) -> ColumnElement[bool]:
    """Condition that a column names this region or one anywhere below it."""
    below = select(region.c.code).where(region.c.ancestors.contains([code]))
    return (column == code) | column.in_(below)


async def surroundings(connection: AsyncConnection, codes: Sequence[str], parents: Sequence[str]) -> Sequence[Any]:
    """The regions themselves, their parents-to-be and their present children: (code, level, kind, parent_code)."""
    statement = select(region.c.code, region.c.level, region.c.kind, region.c.parent_code).where(
        or_(region.c.code.in_({*codes, *parents}), region.c.parent_code.in_(codes))
    )
    return (await connection.execute(statement)).all()


async def upsert(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Insert or update regions in one statement; code -> whether it is new. Unchanged ones are not in the answer."""
    parameters = {
        name: [row[name] for row in rows] for name in ("code", "name", "level", "kind", "parent_code", "participates")
    }
    written = (await connection.execute(text(_UPSERT), parameters)).all()
    return {row.code: row.created for row in written}


async def restore_ancestors(connection: AsyncConnection, codes: Sequence[str]) -> None:
    """Recompute the ancestors of regions and of everything below them."""
    await connection.execute(text(_ANCESTORS), {"codes": list(codes)})


# xmax of a row that this statement inserted is 0.
_UPSERT = """
INSERT INTO qingdan.region AS r (code, name, level, kind, parent_code, participates)
SELECT * FROM unnest(CAST(:code AS text[]), CAST(:name AS text[]), CAST(:level AS text[]), CAST(:kind AS text[]),
                     CAST(:parent_code AS text[]), CAST(:participates AS boolean[]))
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, level = excluded.level, kind = excluded.kind, parent_code = excluded.parent_code,
    participates = excluded.participates, version = r.version + 1
WHERE (r.name, r.level, r.kind, r.parent_code, r.participates) IS DISTINCT FROM
      (excluded.name, excluded.level, excluded.kind, excluded.parent_code, excluded.participates)
RETURNING r.code, r.xmax = 0 AS created"""

_ANCESTORS = """
WITH RECURSIVE chain (code, up, depth) AS (
    SELECT code, parent_code, 1 FROM qingdan.region
    WHERE code = ANY (CAST(:codes AS text[])) OR ancestors && CAST(:codes AS text[])
    UNION ALL
    SELECT c.code, p.parent_code, c.depth + 1
    FROM chain AS c JOIN qingdan.region AS p ON p.code = c.up
), found AS (
    SELECT code, coalesce(array_agg(up ORDER BY depth) FILTER (WHERE up IS NOT NULL), '{}') AS ancestors
    FROM chain GROUP BY code
)
UPDATE qingdan.region AS r SET ancestors = f.ancestors
FROM found AS f WHERE f.code = r.code AND r.ancestors IS DISTINCT FROM f.ancestors"""
