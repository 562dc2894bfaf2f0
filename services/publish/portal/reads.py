"""The connections of the public reads: few, kept open, handed from one request to the next without a task between.

A ready-made pool wraps and unwraps the connection and starts a task to give it back: 31 of the 47 microseconds of the
smallest read. These reads set nothing, open no transaction and hold no cursor: there is nothing to reset.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self, TypeAlias

import asyncpg
from sqlalchemy import URL, make_url

from shared import problems
from shared.database import session_settings

# What a passing loss of the database looks like to a reader. The last two: Postgres has said farewell to an idle
# connection and has not closed it yet; and a replica had to choose between a read and what it follows (hot standby).
AWAY = (
    OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError,
    asyncpg.InternalClientError, asyncpg.SerializationError,
)  # fmt: skip
CONNECT_SECONDS = 10.0
# A reader waits while a replica does not answer.
REPLICA_SECONDS = 2.0
# Longer than the slowest search. A machine that is gone says nothing: without a bound a reader waits for as long as TCP
# goes on trying, a quarter of an hour.
REPLICA_ANSWER_SECONDS = 15.0
CLOSE_SECONDS = 2.0
# A restart of Postgres breaks connections at once and takes longer than this; a broken connection alone does not.
AGAIN_SECONDS = 0.05

# Searches are few and may be slow: they share these and never take a connection from the hot reads.
SEARCHES = 2

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Reads:
    """Asks Postgres for a row or for rows. A connection that is lost is tried once more, then told (503).

    Statements are planned once for all values: for a page and for the feed planning takes as long as the rest or
    longer, and Postgres would do it each time since it cannot know how small a `LIMIT $2` is.

    Attributes
    ----------
    searches
        The same for statements whose best plan depends on the values: planned as Postgres sees fit.
    """

    searches: Reads

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self._size = size
        # None stands for a connection still to be made. The one used last is used next: its caches are warm.
        self._idle: list[Connection | None] = [None] * size
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @classmethod
    async def open(cls, urls: Sequence[URL | str], *, role: str, size: int) -> Self:
        """Connect to the first of the databases that answers; fails when none can be reached.

        A connection that is lost is made anew in the same order: a replica that is away is missed by nobody, and what
        is connected to the database behind it stays there until that connection is lost.
        """
        reads = await cls._open(urls, session_settings(role) | {"plan_cache_mode": "force_generic_plan"}, size)
        reads.searches = await cls._open(urls, session_settings(role), SEARCHES)
        reads.searches.searches = reads.searches
        return reads

    @classmethod
    async def _open(cls, urls: Sequence[URL | str], settings: dict[str, str], size: int) -> Self:
        addresses = [make_url(url).set(drivername="postgresql").render_as_string(hide_password=False) for url in urls]

        async def connect() -> Connection:
            for address in addresses[:-1]:
                with contextlib.suppress(*AWAY, TimeoutError):
                    return await asyncpg.connect(
                        address, server_settings=settings, timeout=REPLICA_SECONDS,
                        command_timeout=REPLICA_ANSWER_SECONDS,
                    )  # fmt: skip
            return await asyncpg.connect(addresses[-1], server_settings=settings, timeout=CONNECT_SECONDS)

        reads = cls(connect, size)
        reads._idle = [await connect() for _ in range(size)]
        return reads

    async def close(self) -> None:
        """Wait until each connection was given back, and close it."""
        if self.searches is not self:
            await self.searches.close()
        for _ in range(self._size):
            connection = self._idle.pop() if self._idle else await self._turn()
            if connection is not None:
                await connection.close(timeout=CLOSE_SECONDS)

    async def row(self, sql: str, *values: Any) -> asyncpg.Record | None:
        """The first row of a prepared statement.

        Raises
        ------
        problems.Unavailable
            The database is away.
        """
        row: asyncpg.Record | None = await self._ask(asyncpg.Connection.fetchrow, sql, values)
        return row

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """All rows of a prepared statement. Raises problems.Unavailable."""
        rows: list[asyncpg.Record] = await self._ask(asyncpg.Connection.fetch, sql, values)
        return rows

    async def _ask(self, fetch: Callable[..., Awaitable[Any]], sql: str, values: tuple[Any, ...]) -> Any:
        try:
            return await self._once(fetch, sql, values)
        except AWAY:
            await asyncio.sleep(AGAIN_SECONDS)
        try:
            return await self._once(fetch, sql, values)
        except AWAY as error:
            detail = "数据库暂不可用，请稍后重试。"
            raise problems.Unavailable(detail, headers={"Retry-After": "1"}) from error

    async def _once(self, fetch: Callable[..., Awaitable[Any]], sql: str, values: tuple[Any, ...]) -> Any:
        connection = self._idle.pop() if self._idle else await self._turn()
        try:
            if connection is None or connection.is_closed():
                connection = None
                connection = await self._connect()
            return await fetch(connection, sql, *values)
        except BaseException as error:
            # A statement Postgres refuses leaves the connection waiting for the next one. Whatever else it was, also a
            # cancelled request: nobody may read the rest of this answer.
            refused = isinstance(error, asyncpg.PostgresError) and not isinstance(error, AWAY)
            if connection is not None and not refused:
                connection.terminate()
            raise
        finally:
            self._hand_on(connection)

    async def _turn(self) -> Connection | None:
        """Wait for a connection, first come first served."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._hand_on(waiter.result())
            raise

    def _hand_on(self, connection: Connection | None) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)
