"""Emptying tables between tests: rows go, children first, and everything that connections have planned stays.

TRUNCATE gives every table and index a new file, and every session plans all its statements anew; tests leave few rows,
and deleting them takes a thirtieth of the time.
"""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema import metadata


@cache
def order(tables: tuple[str, ...]) -> tuple[str, ...]:
    """The tables and all that refer to them, whatever refers before what it refers to."""
    children: dict[str, set[str]] = {}
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            children.setdefault(key.column.table.name, set()).add(table.name)
    reached: dict[str, set[str]] = {}
    waiting = list(tables)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = children.get(name, set()) - {name}
            waiting += reached[name]
    return tuple(TopologicalSorter(reached).static_order())


async def empty(connection: AsyncConnection, *tables: str) -> None:
    """Delete all rows of tables and of those that refer to them, as TRUNCATE ... CASCADE would, in one go."""
    known = {table.name for table in metadata.tables.values()}
    assert set(tables) <= known, f"no such table: {set(tables) - known}"
    await connection.exec_driver_sql(
        "DO $$ BEGIN " + " ".join(f"DELETE FROM qingdan.{name};" for name in order(tables)) + " END $$"
    )
