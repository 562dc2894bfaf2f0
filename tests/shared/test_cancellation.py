"""Whoever is stopped in the middle of its work leaves no connection behind on which the next one's work is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import create_engine
from shared.statement import Statement
from tests.shared.room import execute, scalar, until

INSERTED = "INSERT INTO qingdan.consumer (name, service, position) VALUES (:name, 'catalog', 0) RETURNING name"
INSERT = Statement(INSERTED)
COUNT = "SELECT count(*) FROM qingdan.consumer WHERE name = :name"
Writer = Callable[[AsyncEngine, str], Coroutine[Any, Any, None]]
# The steps of the loop from the first use of a connection to the end of its transaction, and some more.
MOMENTS = range(120)


@pytest_asyncio.fixture
async def narrow(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine whose users follow one another on one connection."""
    engine = create_engine(database_url, role="catalog", pool_size=1)
    yield engine
    await engine.dispose()


async def write(engine: AsyncEngine, name: str) -> None:
    async with engine.begin() as connection:
        await INSERT.value(connection, {"name": name})


async def write_through_sqlalchemy(engine: AsyncEngine, name: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(INSERTED), {"name": name})


async def write_with_a_savepoint(engine: AsyncEngine, name: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("SELECT 1"))
        async with connection.begin_nested():
            await INSERT.value(connection, {"name": name})


WRITERS = [write, write_through_sqlalchemy, write_with_a_savepoint]


async def stop_after(steps: int, writing: Coroutine[Any, Any, None]) -> bool:
    """Whether a writer that is stopped after so many steps of the loop was stopped before it had ended."""
    writer = asyncio.create_task(writing)
    for _ in range(steps):
        await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait({writer})
    return writer.cancelled()


@pytest.mark.parametrize("stopped_one", WRITERS)
async def test_wherever_a_writer_is_stopped_the_next_one_s_work_is_kept(
    narrow: AsyncEngine, owner: AsyncEngine, stopped_one: Writer
) -> None:
    lost, stopped = [], 0
    await write(narrow, f"test-{uuid4()}")
    for steps in MOMENTS:
        stopped += await stop_after(steps, stopped_one(narrow, f"test-{uuid4()}"))
        name = f"test-{uuid4()}"
        await write(narrow, name)
        if await scalar(owner, COUNT, name=name) != 1:
            lost.append(steps)
    assert lost == []
    assert stopped


async def test_a_statement_that_is_cut_off_gives_its_connection_up(narrow: AsyncEngine, owner: AsyncEngine) -> None:
    backends = []

    async def sleep() -> None:
        async with narrow.begin() as connection:
            backends.append(await Statement("SELECT pg_backend_pid()").value(connection))
            await Statement("SELECT pg_sleep(30)").rows(connection)

    sleeper = asyncio.create_task(sleep())
    asleep = "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = ANY (CAST(:p AS int[])) AND wait_event = 'PgSleep'"
    await until(lambda: scalar(owner, asleep, p=backends))
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ANY (CAST(:p AS int[]))"
    await until(lambda: scalar(owner, gone, p=backends))
    async with narrow.begin() as connection:
        assert await Statement("SELECT pg_backend_pid()").value(connection) not in backends


async def test_a_connection_that_lies_in_the_pool_within_a_transaction_is_never_used(
    narrow: AsyncEngine, owner: AsyncEngine
) -> None:
    async with narrow.connect() as connection:
        raw = await connection.get_raw_connection()
        await raw.driver_connection.execute("BEGIN")  # behind the back of everybody who would end it
    name = f"test-{uuid4()}"
    await write(narrow, name)
    assert await scalar(owner, COUNT, name=name) == 1
    await execute(owner, "DELETE FROM qingdan.consumer WHERE name = :name", name=name)


async def test_a_timeout_within_a_transaction_ends_it_as_a_whole(narrow: AsyncEngine, owner: AsyncEngine) -> None:
    name = f"test-{uuid4()}"

    async def write_and_wait() -> None:
        async with narrow.begin() as connection:
            await INSERT.value(connection, {"name": name})
            async with asyncio.timeout(0.2):
                await Statement("SELECT pg_sleep(30)").rows(connection)

    with pytest.raises(TimeoutError):
        await write_and_wait()
    assert await scalar(owner, COUNT, name=name) == 0
