"""Statements of the hot paths: compiled once, sent straight through the driver, prepared once a connection.

Through SQLAlchemy a small statement costs two to three times the processor time of the same statement through the
driver (0.14 ms against 0.06 ms), and what lies between a decision and the last list that follows is a chain of small
statements. These take part in the transaction of the SQLAlchemy connection they are given, and fail as it would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import DRIVER_ERRORS, driver, translated

_NOTHING: Mapping[str, Any] = {}


class Row(asyncpg.Record):
    """A row whose columns are attributes as well; it unpacks into values, `dict(row)` and `**row` into columns."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Statement:
    """SQL with parameters written `:name`.

    Values go to Postgres in the types it infers, so arrays and nulls need casts; jsonb is given as text and comes back
    as a document.
    """

    def __init__(self, sql: str) -> None:
        compiled = text(sql).compile(dialect=dialect())  # type: ignore[no-untyped-call]
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())

    async def rows(self, connection: AsyncConnection, parameters: Mapping[str, Any] = _NOTHING) -> list[Row]:
        """All rows.

        Raises
        ------
        DBAPIError
            As when executed through SQLAlchemy, with the same classes.
        asyncio.CancelledError
            Who waits is to stop; the connection is given up.
        """
        inner = await driver(connection)
        try:
            found: list[Row] = await inner.fetch(
                self.sql, *[parameters[name] for name in self._names], record_class=Row
            )
        except DRIVER_ERRORS as error:
            raise await translated(connection, self.sql, error) from error
        except asyncio.CancelledError:  # as SQLAlchemy does: what was cut off is not handed to the next
            await connection.invalidate()
            raise
        return found

    async def row(self, connection: AsyncConnection, parameters: Mapping[str, Any] = _NOTHING) -> Row | None:
        """The only row there can be, or None."""
        found = await self.rows(connection, parameters)
        return found[0] if found else None

    async def value(self, connection: AsyncConnection, parameters: Mapping[str, Any] = _NOTHING) -> Any:
        """The first column of that row; None when there is none."""
        found = await self.rows(connection, parameters)
        return found[0][0] if found else None

    async def values(self, connection: AsyncConnection, parameters: Mapping[str, Any] = _NOTHING) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in await self.rows(connection, parameters)]
