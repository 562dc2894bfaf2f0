"""All SQL of the register of organs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one, one_or_none
from services.catalog.regions.repository import at_or_below
from shared.schema.catalog import item, organ, region

_COLUMNS = ("id", "name", "credit_code", "credit_code_check", "kind", "region_code", "administrative_subject",
            "vertical", "system", "state")  # fmt: skip


async def get(connection: AsyncConnection, organ_id: UUID, *, lock: bool = False) -> Record | None:
    """One organ."""
    statement = select(organ).where(organ.c.id == organ_id)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def by_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Record]:
    """Organs with these ids."""
    return many(await connection.execute(select(organ).where(organ.c.id.in_(ids))))


async def search(
    connection: AsyncConnection, *, filters: Mapping[str, Any], within: str | None, query: str | None,
    after: tuple[str, UUID] | None, limit: int,
) -> list[Record]:  # fmt: skip
    """Organs by name; `within` is a region, with all below it."""
    statement = select(organ).order_by(organ.c.name, organ.c.id).limit(limit)
    statement = statement.where(*matching(organ, filters))
    if within is not None:
        statement = statement.where(at_or_below(organ.c.region_code, within))
    if query:
        statement = statement.where(organ.c.name.contains(query, autoescape=True))
    if after is not None:
        statement = statement.where(tuple_(organ.c.name, organ.c.id) > after)
    return many(await connection.execute(statement))


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Insert one organ."""
    return one(await connection.execute(insert(organ).values(**values).returning(organ)))


async def change(connection: AsyncConnection, organ_id: UUID, values: Mapping[str, Any]) -> Record:
    """Change an organ and raise its version."""
    statement = (
        update(organ).where(organ.c.id == organ_id).values(**values, version=organ.c.version + 1).returning(organ)
    )
    return one(await connection.execute(statement))


async def namesakes(connection: AsyncConnection, names: Sequence[str], regions: Sequence[str]) -> list[Record]:
    """Organs that are there with one of these names in one of these regions."""
    there = (organ.c.name.in_(names), organ.c.region_code.in_(regions), organ.c.state == "active")
    return many(await connection.execute(select(organ).where(*there)))


async def owner_of_code(connection: AsyncConnection, code: str) -> UUID | None:
    """The organ that has a credit code."""
    found: UUID | None = await connection.scalar(select(organ.c.id).where(organ.c.credit_code == code))
    return found


async def superiors(connection: AsyncConnection) -> dict[str, str | None]:
    """Organ -> supervising organ, of all that have one."""
    statement = select(organ.c.id, organ.c.supervising_organ_id).where(organ.c.supervising_organ_id.is_not(None))
    rows = (await connection.execute(statement)).all()
    return {str(row.id): str(row.supervising_organ_id) for row in rows}


async def superior_codes(connection: AsyncConnection) -> dict[str, str | None]:
    """Credit code -> credit code of the supervising organ, of all that have both."""
    above = organ.alias("above")
    statement = select(organ.c.credit_code, above.c.credit_code.label("superior")).join(
        above, above.c.id == organ.c.supervising_organ_id
    )
    rows = (await connection.execute(statement)).all()
    return {row.credit_code: row.superior for row in rows if row.credit_code and row.superior}


async def owners_of_power_items(connection: AsyncConnection, organ_ids: Sequence[UUID]) -> set[UUID]:
    """Organs among these that items of power or permit lists that are not cancelled name as implementing body."""
    owned = (item.c.kind.in_(("permit", "power")), item.c.state != "cancelled")
    statement = select(item.c.implementing_body).distinct().where(item.c.implementing_body.in_(organ_ids), *owned)
    return set((await connection.execute(statement)).scalars())


async def known_regions(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[str]]:
    """Region -> its code and those above it, of those that are registered."""
    rows = await connection.execute(select(region.c.code, region.c.ancestors).where(region.c.code.in_(codes)))
    return {row.code: [row.code, *row.ancestors] for row in rows}


async def by_credit_codes(connection: AsyncConnection, codes: Sequence[str], *, lock: bool = False) -> list[Record]:
    """Organs with these credit codes; `lock` those that are to be changed, in one order for all who do so."""
    statement = select(organ).where(organ.c.credit_code.in_(codes)).order_by(organ.c.id)
    return many(await connection.execute(statement.with_for_update(key_share=True) if lock else statement))


async def upsert(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Insert organs or change those with the same credit code, but not their state; (id, credit_code, created)."""
    parameters = {name: [row[name] for row in rows] for name in _COLUMNS}
    return many(await connection.execute(text(_UPSERT), parameters))


async def supervise(connection: AsyncConnection, pairs: Mapping[str, str | None]) -> list[Record]:
    """Set supervising organs by credit codes; (id, credit_code) of those that changed."""
    parameters = {"codes": list(pairs), "above": list(pairs.values())}
    return many(await connection.execute(text(_SUPERVISE), parameters))


_UPSERT = """
INSERT INTO qingdan.organ AS o (id, name, credit_code, credit_code_check, kind, region_code, administrative_subject,
                                vertical, system, state)
SELECT * FROM unnest(CAST(:id AS uuid[]), CAST(:name AS text[]), CAST(:credit_code AS text[]),
                     CAST(:credit_code_check AS text[]), CAST(:kind AS text[]), CAST(:region_code AS text[]),
                     CAST(:administrative_subject AS boolean[]), CAST(:vertical AS boolean[]),
                     CAST(:system AS text[]), CAST(:state AS text[]))
ON CONFLICT (credit_code) DO UPDATE
SET name = excluded.name, credit_code_check = excluded.credit_code_check, kind = excluded.kind,
    region_code = excluded.region_code, administrative_subject = excluded.administrative_subject,
    vertical = excluded.vertical, system = excluded.system, version = o.version + 1
WHERE (o.name, o.kind, o.region_code, o.administrative_subject, o.vertical, o.system) IS DISTINCT FROM
      (excluded.name, excluded.kind, excluded.region_code, excluded.administrative_subject, excluded.vertical,
       excluded.system)
RETURNING o.id, o.credit_code, o.xmax = 0 AS created"""

_SUPERVISE = """
UPDATE qingdan.organ AS o SET supervising_organ_id = s.id, version = o.version + 1
FROM unnest(CAST(:codes AS text[]), CAST(:above AS text[])) AS g (code, above)
LEFT JOIN qingdan.organ AS s ON s.credit_code = g.above
WHERE o.credit_code = g.code AND o.supervising_organ_id IS DISTINCT FROM s.id
RETURNING o.id, o.credit_code"""
