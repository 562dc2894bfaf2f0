"""The connections of the public reads: always given back, replaced when broken; and what is noted of a hot read."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from services.publish.app import app
from services.publish.portal import reads as reads_module
from services.publish.portal.hot import Portal
from services.publish.portal.reads import Reads
from shared import problems
from tests.publish.world import World

API = "/publish/v1"


@pytest_asyncio.fixture
async def reads(database_url: str) -> AsyncIterator[Reads]:
    """Two connections."""
    reads = await Reads.open([database_url], role="publish", size=2)
    yield reads
    await reads.close()


async def backends(reads: Reads) -> set[int]:
    """The backends both connections have."""
    rows = await asyncio.gather(*(reads.row("SELECT pg_backend_pid() AS pid, pg_sleep(0.05)") for _ in range(2)))
    return {row["pid"] for row in rows if row}


async def test_more_askers_than_connections_are_all_answered(reads: Reads) -> None:
    rows = await asyncio.gather(*(reads.row("SELECT $1::int AS given, pg_sleep(0.001)", n) for n in range(50)))
    assert [row["given"] for row in rows if row] == list(range(50))
    assert len(await backends(reads)) == 2


async def test_an_asker_that_leaves_takes_no_connection_with_it(reads: Reads) -> None:
    for wait in (0.0, 0.05):  # while they wait for a connection, and while they wait for an answer
        leaving = [asyncio.create_task(reads.row("SELECT pg_sleep(20)")) for _ in range(6)]
        await asyncio.sleep(wait)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        assert len(await backends(reads)) == 2


async def test_a_statement_that_is_refused_leaves_its_connection_usable(reads: Reads) -> None:
    before = await backends(reads)
    for _ in range(3):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await reads.row("SELECT 1 / $1::int", 0)
    assert await backends(reads) == before


async def test_a_broken_connection_is_replaced_before_the_reader_sees_it(reads: Reads, database_url: str) -> None:
    before = await backends(reads)
    dsn = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    other = await asyncpg.connect(dsn)
    for pid in before:
        await other.execute("SELECT pg_terminate_backend($1)", pid)
    await other.close()
    assert (await backends(reads)).isdisjoint(before)


async def test_a_read_that_a_replica_gives_up_for_what_it_follows_is_asked_again(reads: Reads) -> None:
    """Postgres says so with 40001: `canceling statement due to conflict with recovery`."""
    conflict = """
        DO $$ BEGIN RAISE EXCEPTION 'canceling statement due to conflict with recovery' USING ERRCODE = '40001'; END $$
    """
    with pytest.raises(problems.Unavailable):  # not an unexpected error, when it comes twice
        await reads.row(conflict)
    assert await backends(reads)


async def test_a_replica_that_says_nothing_is_not_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads_module, "REPLICA_ANSWER_SECONDS", 1.0)
    reads = await Reads.open([database_url, database_url], role="publish", size=1)
    started = asyncio.get_running_loop().time()
    with pytest.raises(problems.Unavailable):
        await reads.row("SELECT pg_sleep(20)")
    assert asyncio.get_running_loop().time() - started < 15
    assert await reads.row("SELECT 1 AS one")
    await reads.close()


async def test_a_database_that_is_away_is_503(reads: Reads) -> None:
    async def refused() -> asyncpg.Connection:
        raise ConnectionRefusedError

    away = Reads(refused, 1)
    away.searches = away
    for _ in range(2):
        with pytest.raises(problems.Unavailable):
            await away.rows("SELECT 1")
    await away.close()


async def test_hot_reads_are_in_the_metrics(world: World, portal: httpx.AsyncClient) -> None:
    _, items = await world.enacted(1)
    path = f"{API}/items/{items[0]}"
    tag = (await portal.get(path)).headers["etag"]
    for _ in range(2):
        await portal.get(path, headers={"If-None-Match": tag})
    await portal.request("BREW", path)
    told = (await portal.get("/metrics")).text
    for method, status in (("GET", 200), ("GET", 304), ("other", 405)):
        labels = f'method="{method}",route="/publish/v1/items/{{item_id}}",service="publish",status="{status}"'
        assert f"qingdan_request_seconds_count{{{labels}}}" in told
    assert "BREW" not in told


async def test_an_unexpected_error_of_a_hot_read_is_a_document_with_a_number_to_ask_for(
    portal: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(app, Portal)

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(app.reads, "rows", broken)
    answer = await portal.get(f"{API}/feed")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "编号 - " not in answer.json()["detail"]
