"""Connections to Postgres: engines per role, COPY, and the driver underneath."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, Table, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# A transaction that sits idle holds locks everyone waits for; nothing of ours pauses this long on purpose.
IDLE_IN_TRANSACTION_MS = 5_000
# Migrations run alone and compute between their statements, on machines of any speed.
OWNER_IDLE_MS = 300_000
# Longer statements belong to operations, which raise the limit for themselves.
STATEMENT_MS = {"catalog": 60_000, "workflow": 30_000, "publish": 60_000, "reader": 300_000}

# Our statements are few, large and always the same: every one is parsed once a connection and kept.
PREPARED = {"statement_cache_size": 200, "max_cacheable_statement_size": 0, "max_cached_statement_lifetime": 0}


def create_engine(url: URL | str, *, role: str, pool_size: int = 8) -> AsyncEngine:
    """Engine with the session limits of a role; jsonb goes in and out through orjson."""
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        # The connection used last is the one whose statements are planned and whose server process is warm.
        pool_use_lifo=True,
        hide_parameters=True,  # errors are logged; the values of a request do not belong into a log
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": session_settings(role), "timeout": 10, **PREPARED},
    )


def session_settings(role: str) -> dict[str, str]:
    """Server settings every connection of the role starts with."""
    return {
        "application_name": f"qingdan-{role}",
        "search_path": "qingdan",
        "TimeZone": "Asia/Shanghai",
        "jit": "off",
        "idle_in_transaction_session_timeout": str(OWNER_IDLE_MS if role == "owner" else IDLE_IN_TRANSACTION_MS),
        "statement_timeout": str(STATEMENT_MS.get(role, 60_000)),
    }


async def driver(connection: AsyncConnection) -> asyncpg.Connection[Any]:
    """The asyncpg connection underneath, inside the same transaction."""
    assert connection.sync_connection is not None
    raw = connection.sync_connection.connection
    inner: asyncpg.Connection[Any] = raw.driver_connection  # type: ignore[assignment]
    if not inner.is_in_transaction():
        # SQLAlchemy sends BEGIN with the first statement it sees, and it does not see what the driver sends.
        await raw.dbapi_connection._start_transaction()  # type: ignore[union-attr]
    return inner


async def copy_rows(
    connection: AsyncConnection, table: Table, columns: Sequence[str], records: Iterable[Sequence[Any]]
) -> int:
    """COPY records into a table inside the caller's transaction; returns the number of rows.

    jsonb values are given as text (orjson.dumps(...).decode()).
    """
    inner = await driver(connection)
    status = await inner.copy_records_to_table(
        table.name, records=records, columns=list(columns), schema_name=table.schema
    )
    return int(str(status).rsplit(" ", 1)[-1])


async def copy_encoded(
    connection: AsyncConnection, table: Table, columns: Sequence[str], pieces: Iterable[bytes]
) -> None:
    """COPY what is in the binary format of COPY already, inside the caller's transaction."""

    async def given() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    inner = await driver(connection)
    await inner.copy_to_table(
        table.name, source=given(), columns=list(columns), schema_name=table.schema, format="binary"
    )
