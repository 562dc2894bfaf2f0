"""All SQL of codes and their mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, matching, one_or_none
from shared.schema.catalog import code_mapping, organ

# National base codes stand in the lists of every county; the answer names some.
MOST_HOLDERS = 200

_HOLDERS = text(
    """
    SELECT k.item_id, k.list_id, i.kind, i.region_code, i.name, i.state, k.valid_from, k.valid_until, k.successor,
           ARRAY(SELECT s.successor_id FROM qingdan.item_successor AS s WHERE s.item_id = k.item_id
                 ORDER BY s.successor_id) AS successors
    FROM qingdan.item_code AS k JOIN qingdan.item AS i ON i.id = k.item_id
    WHERE k.code = :code ORDER BY k.valid_until DESC NULLS FIRST, k.item_id LIMIT :count
    """
)
_USED_BELOW = text(
    """
    SELECT DISTINCT k.code FROM qingdan.item_code AS k WHERE k.scheme = ANY (CAST(:schemes AS text[]))
      AND starts_with(k.code, :prefix)
    """
)
_LOAD = text(
    """
    INSERT INTO qingdan.code_mapping AS m (region_code, local_code, national_code, relation, source, recorded_by)
    SELECT :region_code, g.local_code, g.national_code, g.relation, g.source, :recorded_by
    FROM unnest(CAST(:local_codes AS text[]), CAST(:national_codes AS text[]), CAST(:relations AS text[]),
                CAST(:sources AS text[])) AS g (local_code, national_code, relation, source)
    ON CONFLICT (region_code, local_code, national_code) DO UPDATE
    SET relation = excluded.relation, source = excluded.source, version = m.version + 1,
        recorded_by = excluded.recorded_by, recorded_at = clock_timestamp()
    WHERE (m.relation, m.source) IS DISTINCT FROM (excluded.relation, excluded.source)
    RETURNING m.local_code
    """
)


async def holders(connection: AsyncConnection, code: str) -> list[Record]:
    """Entries that have or had a code, present ones first."""
    return many(await connection.execute(_HOLDERS, {"code": code, "count": MOST_HOLDERS}))


async def used_below(connection: AsyncConnection, prefix: str, schemes: Sequence[str]) -> list[str]:
    """All codes ever given that begin with a prefix."""
    return list((await connection.execute(_USED_BELOW, {"prefix": prefix, "schemes": list(schemes)})).scalars())


async def credit_code(connection: AsyncConnection, organ_id: Any) -> Record | None:
    """Name and credit code of an organ."""
    statement = select(organ.c.name, organ.c.credit_code).where(organ.c.id == organ_id)
    return one_or_none(await connection.execute(statement))


async def mappings_of(connection: AsyncConnection, code: str) -> list[Record]:
    """Mappings a code takes part in, on either side."""
    columns = code_mapping.c
    statement = select(code_mapping).where(or_(columns.local_code == code, columns.national_code == code))
    ordered = statement.order_by(columns.region_code, columns.local_code, columns.national_code)
    return many(await connection.execute(ordered.limit(MOST_HOLDERS)))


async def mappings(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: Sequence[str] | None, limit: int
) -> list[Record]:
    """Mappings by region, local and national code."""
    columns = code_mapping.c
    key = (columns.region_code, columns.local_code, columns.national_code)
    statement = select(code_mapping).where(*matching(code_mapping, filters)).order_by(*key).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*after))
    return many(await connection.execute(statement))


async def load(connection: AsyncConnection, rows: Sequence[Mapping[str, str]], values: Mapping[str, Any]) -> int:
    """Keep mappings of a region; how many of them are new or say something else than before."""
    given = {
        "local_codes": [row["local_code"] for row in rows],
        "national_codes": [row["national_code"] for row in rows],
        "relations": [row["relation"] for row in rows],
        "sources": [row["source"] for row in rows],
        **values,
    }
    return len((await connection.execute(_LOAD, given)).all())


async def remove(connection: AsyncConnection, region_code: str, local_code: str, national_code: str) -> bool:
    """Forget a mapping; whether there was one."""
    columns = code_mapping.c
    statement = delete(code_mapping).where(
        columns.region_code == region_code,
        columns.local_code == local_code,
        columns.national_code == national_code,
    )
    return (await connection.execute(statement)).rowcount == 1
