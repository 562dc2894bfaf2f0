"""Statements that go straight through the driver belong to the transaction they are given and fail as others do."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger.failure import data_failure, is_passing, sql_state
from shared.statement import Statement
from tests.shared.room import execute, scalar, until

INSERT = Statement("INSERT INTO qingdan.consumer (name, service, position) VALUES (:name, 'catalog', 0) RETURNING name")
COUNT = "SELECT count(*) FROM qingdan.consumer WHERE name = :name"


async def test_rows_are_read_by_name_by_place_and_as_documents(catalog: AsyncEngine) -> None:
    statement = Statement(
        "SELECT CAST(:a AS int) AS one, CAST(:b AS jsonb) AS two, CAST(CAST(:a AS int) AS text) AS three"
    )
    async with catalog.connect() as connection:
        (row,) = await statement.rows(connection, {"a": 1, "b": '{"x": [1]}', "unused": 0})
        assert (row.one, row["two"], row[2]) == (1, {"x": [1]}, "1")
        assert dict(row) == {"one": 1, "two": {"x": [1]}, "three": "1"}
        with pytest.raises(AttributeError):
            _ = row.four
        assert await Statement("SELECT 1 WHERE false").row(connection) is None
        assert await Statement("SELECT 1 WHERE false").value(connection) is None
        assert await Statement("SELECT generate_series(1, 3)").values(connection) == [1, 2, 3]


async def test_a_first_statement_begins_the_transaction_that_a_failure_undoes(catalog: AsyncEngine) -> None:
    name = f"test-{uuid4()}"
    async with catalog.connect() as connection, connection.begin() as transaction:
        assert await INSERT.value(connection, {"name": name}) == name
        await transaction.rollback()
    assert await scalar(catalog, COUNT, name=name) == 0
    async with catalog.begin() as connection:
        await INSERT.value(connection, {"name": name})
    assert await scalar(catalog, COUNT, name=name) == 1


async def test_a_savepoint_undoes_what_went_through_the_driver(catalog: AsyncEngine) -> None:
    kept, undone = f"test-{uuid4()}", f"test-{uuid4()}"
    async with catalog.begin() as connection:
        await INSERT.value(connection, {"name": kept})
        nested = await connection.begin_nested()
        await INSERT.value(connection, {"name": undone})
        with pytest.raises(IntegrityError):
            await INSERT.value(connection, {"name": kept})
        await nested.rollback()
    assert await scalar(catalog, COUNT, name=kept) == 1
    assert await scalar(catalog, COUNT, name=undone) == 0


async def test_errors_are_those_of_the_data_or_of_the_surroundings(catalog: AsyncEngine) -> None:
    async with catalog.connect() as connection:
        with pytest.raises(IntegrityError) as refused:
            await INSERT.value(connection, {"name": None})
        failure = data_failure(refused.value)
        assert failure is not None
        assert failure.code == sql_state(refused.value) == "23502"
    async with catalog.connect() as connection:
        with pytest.raises(DBAPIError) as unsendable:
            await INSERT.value(connection, {"name": "\ud800"})
        assert "can't encode" in str(unsendable.value)
    async with catalog.connect() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 20"))
        with pytest.raises(DBAPIError) as late:
            await Statement("SELECT pg_sleep(5)").rows(connection)
        assert data_failure(late.value) is None
        assert is_passing(late.value)


async def test_a_connection_whose_server_process_ended_leaves_the_pool(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    async with catalog.connect() as connection:
        backend = await Statement("SELECT pg_backend_pid()").value(connection)
        sleeping = asyncio.create_task(Statement("SELECT pg_sleep(30)").rows(connection))
        await until(
            lambda: scalar(owner, "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = :p", p=backend)
        )
        await execute(owner, "SELECT pg_terminate_backend(:pid)", pid=backend)
        with pytest.raises(DBAPIError) as ended:
            await sleeping
        assert is_passing(ended.value)
        assert ended.value.connection_invalidated
    async with catalog.connect() as connection:
        assert await Statement("SELECT pg_backend_pid()").value(connection) != backend


async def test_after_a_restart_of_the_database_nobody_meets_the_connections_of_before(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(catalog.connect()) for _ in range(4)]
        backends = [await Statement("SELECT pg_backend_pid()").value(connection) for connection in held]
    await execute(owner, "SELECT pg_terminate_backend(pid) FROM unnest(CAST(:pids AS int[])) AS pid", pids=backends)
    gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ANY (CAST(:pids AS int[]))"
    await until(lambda: scalar(owner, gone, pids=backends))
    for _ in backends:
        async with catalog.begin() as connection:
            assert await Statement("SELECT pg_backend_pid()").value(connection) not in backends


async def test_a_transaction_that_cannot_begin_says_so_and_gives_its_connection_up(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    async with catalog.connect() as connection:
        inner = connection.sync_connection.connection.driver_connection
        backend = inner.get_server_pid()
        await execute(owner, "SELECT pg_terminate_backend(:pid)", pid=backend)
        await until(inner.is_closed)
        with pytest.raises(DBAPIError) as refused:
            await Statement("SELECT 1").rows(connection)
        assert is_passing(refused.value)
        assert refused.value.connection_invalidated
    async with catalog.connect() as connection:
        assert await Statement("SELECT pg_backend_pid()").value(connection) != backend
