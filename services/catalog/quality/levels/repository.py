"""SQL of the levels of validators."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many
from shared.schema.catalog import validation_level
from shared.statement import Statement


def held(validator: str, region: str, otherwise: str) -> str:
    """SQL of how severe a region takes a validator: what the nearest region says, its own or one above it.

    Parameters are SQL expressions. The answer may be `off`: then there is no finding.
    """
    return f"""coalesce((
            SELECT g.severity FROM qingdan.region AS gr
            JOIN qingdan.validation_level AS g ON g.region_code = ANY (array_prepend(gr.code, gr.ancestors))
            WHERE gr.code = {region} AND g.rule = {validator} AND g.code = ''
            ORDER BY array_position(array_prepend(gr.code, gr.ancestors), g.region_code) LIMIT 1), {otherwise})"""


_OF_REGIONS = Statement(
    """SELECT region_code, rule, code, severity FROM qingdan.validation_level
    WHERE region_code = ANY (CAST(:regions AS text[]))"""
)


async def of_regions(connection: AsyncConnection, regions: Collection[str]) -> list[Mapping[str, str]]:
    """What regions have set: (region_code, rule, code, severity)."""
    return [dict(row) for row in await _OF_REGIONS.rows(connection, {"regions": list(regions)})]


async def told(connection: AsyncConnection, region_code: str) -> list[Record]:
    """What one region has set itself, with who and why."""
    rows = select(validation_level).where(validation_level.c.region_code == region_code)
    return many(await connection.execute(rows.order_by(validation_level.c.rule, validation_level.c.code)))


async def save(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set levels; one that is there is replaced."""
    statement = insert(validation_level)
    columns = ("severity", "reason", "legal_basis", "set_by", "set_at")
    kept = {name: statement.excluded[name] for name in columns}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["region_code", "rule", "code"], set_=kept), list(rows)
    )


async def remove(connection: AsyncConnection, region_code: str, keys: Sequence[tuple[str, str]]) -> None:
    """Take levels back: what the superior or the product says holds again."""
    named = tuple_(validation_level.c.rule, validation_level.c.code).in_(list(keys))
    await connection.execute(delete(validation_level).where(validation_level.c.region_code == region_code, named))
