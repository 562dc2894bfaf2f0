"""Connections to Postgres: engines per role, COPY, and the driver underneath."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, Table, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

# A transaction that sits idle holds locks everyone waits for; nothing of ours pauses this long on purpose.
IDLE_IN_TRANSACTION_MS = 5_000
# Migrations run alone and compute between their statements, on machines of any speed.
OWNER_IDLE_MS = 300_000
# Longer statements belong to operations, which raise the limit for themselves.
STATEMENT_MS = {"catalog": 60_000, "workflow": 30_000, "publish": 60_000, "reader": 300_000}

# Our statements are few, large and always the same: every one is parsed once a connection and kept.
PREPARED: dict[str, Any] = {
    "statement_cache_size": 200,
    "max_cacheable_statement_size": 0,
    "max_cached_statement_lifetime": 0,
}

# What asyncpg and the network under it raise.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


def create_engine(url: URL | str, *, role: str, pool_size: int = 8) -> AsyncEngine:
    """Engine with the session limits of a role; jsonb goes in and out through orjson."""
    address, tls = without_tls(make_url(url).set(drivername="postgresql+asyncpg"))
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        # The connection used last is the one whose statements are planned and whose server process is warm.
        pool_use_lifo=True,
        hide_parameters=True,  # errors are logged; the values of a request do not belong into a log
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": session_settings(role), "timeout": 10, **PREPARED, **tls},
    )
    event.listen(engine.sync_engine, "checkout", _refuse_unusable)
    return engine


def without_tls(url: URL) -> tuple[URL, dict[str, str]]:
    """The address without `sslmode` and its like, and these as the driver itself reads them.

    SQLAlchemy hands them on as arguments, which the driver does not know by these names; our own connections
    (`asyncpg.connect` with the whole URL) do.
    """
    asked = {name: value for name, value in url.query.items() if name.startswith("ssl")}
    if not asked:
        return url, {}
    dsn = URL.create("postgresql", query=asked).render_as_string()
    return url.difference_update_query(asked), {"dsn": dsn}


def _refuse_unusable(adapter: Any, *_: Any) -> None:
    """Of a connection whose server went away while it lay in the pool, the pool makes a new one, and nobody notices.

    So of one that lies there in a transaction: whatever is done on it would end with a savepoint and never be kept.
    """
    inner: asyncpg.Connection[Any] = adapter.driver_connection
    if inner.is_closed() or inner.is_in_transaction():
        raise DisconnectionError


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
    """The asyncpg connection underneath, inside the same transaction.

    Raises
    ------
    DBAPIError
        The transaction cannot be begun: the database went away.
    asyncio.CancelledError
        Who waits is to stop; the connection is given up, for nobody knows whether its transaction began.
    """
    assert connection.sync_connection is not None
    raw = connection.sync_connection.connection
    adapter: Any = raw.dbapi_connection
    if adapter._transaction is None:
        # SQLAlchemy sends BEGIN with the first statement it sees, and it does not see what the driver sends.
        try:
            await adapter._start_transaction()
        except (adapter.dbapi.Error, *DRIVER_ERRORS) as error:
            raise await translated(connection, "BEGIN", error.__cause__ or error) from error
        except asyncio.CancelledError:
            await connection.invalidate()
            raise
    inner: asyncpg.Connection[Any] = raw.driver_connection  # type: ignore[assignment]
    return inner


async def translated(connection: AsyncConnection, sql: str, error: BaseException) -> BaseException:
    """The error SQLAlchemy raises for what the driver raised; a connection that is gone leaves the pool."""
    assert connection.sync_connection is not None
    inner: Any = connection.sync_connection.connection.driver_connection
    gone = inner is None or inner.is_closed() or isinstance(error, OSError)
    module: Any = connection.dialect.dbapi
    base: type[Exception] = module.Error
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        base = module.IntegrityError
    elif isinstance(error, (asyncpg.InterfaceError, asyncpg.InternalClientError)):
        base = module.InterfaceError
    told = base(f"{type(error)}: {error}", error)
    told.__cause__ = error
    if gone:
        await connection.invalidate()
    return DBAPIError.instance(
        sql, None, told, module.Error, hide_parameters=True, connection_invalidated=gone, dialect=connection.dialect
    )


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
