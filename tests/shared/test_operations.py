"""Operations: progress and cancel, and nothing lost when a worker or the whole queue goes away."""

import asyncio
import signal
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.embedded import EmbeddedValkey
from shared.ledger import operations
from shared.ledger.bell import Bell
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.shared.operating import is_in, run, start, state, waiting
from tests.shared.room import execute, process, until, working

WORKER = "tests.shared.worker_under_test"


async def has_begun(engine: AsyncEngine, operation_id: UUID) -> bool:
    return (await state(engine, operation_id)).attempts > 0


async def test_a_new_operation_rings_for_those_who_do_long_work_and_for_no_consumer(
    catalog: AsyncEngine, configured: Settings
) -> None:
    bell = Bell(configured.service_url("catalog"), role="catalog")
    await bell.start()
    try:
        assert await bell.wait(10), "it rings once when it begins to listen"
        work, events = bell.next_ring(frozenset({operations.RING})), bell.next_ring(frozenset({"item.imported"}))
        await start(catalog)
        assert await bell.wait(10, work)
        assert not events.is_set()
    finally:
        await bell.stop()


async def test_a_step_tells_of_a_cancel(catalog: AsyncEngine) -> None:
    async def work(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        await running.step(1, 3)
        async with begin(engine, service="catalog", actor="account:test") as tx:
            await operations.cancel(tx, running.id)
        await running.step(2)
        return {}

    operation_id = await start(catalog)
    await run(catalog, operation_id, work)
    ended = await state(catalog, operation_id)
    assert (ended.state, ended.done, ended.total) == ("cancelled", 2, 3)


async def test_an_operation_reports_its_progress_and_its_result(catalog: AsyncEngine) -> None:
    seen = []

    async def work(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        await running.progress(1, 3)
        seen.append(await state(engine, running.id))
        return {"rows": running.parameters["rows"]}

    operation_id = await start(catalog, rows=3)
    await run(catalog, operation_id, work)
    assert [(row.state, row.done, row.total, row.attempts) for row in seen] == [("running", 1, 3, 1)]
    ended = await state(catalog, operation_id)
    assert (ended.state, ended.result, ended.error) == ("succeeded", {"rows": 3}, None)
    assert ended.created_at <= ended.started_at <= ended.finished_at
    await run(catalog, operation_id, work)
    assert len(seen) == 1, "an operation that has ended is not run again"


async def test_a_cancelled_operation_stops_at_the_next_chunk_and_keeps_what_was_done(catalog: AsyncEngine) -> None:
    async def work(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        await running.progress(5, 10)
        async with begin(engine, service="catalog", actor="account:test") as tx:
            await operations.cancel(tx, running.id)
        await running.stop_if_cancelled()
        raise AssertionError("went on")

    operation_id = await start(catalog)
    await run(catalog, operation_id, work)
    row = await state(catalog, operation_id)
    assert (row.state, row.done, row.finished_at is not None) == ("cancelled", 5, True)


async def test_a_queued_operation_that_is_cancelled_never_starts(catalog: AsyncEngine) -> None:
    async def work(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
        raise AssertionError("started")

    operation_id = await start(catalog)
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        await operations.cancel(tx, operation_id)
    await run(catalog, operation_id, work)
    row = await state(catalog, operation_id)
    assert (row.state, row.attempts, row.finished_at is not None) == ("cancelled", 0, True)


async def test_a_fault_of_the_data_ends_it_with_the_reason(catalog: AsyncEngine) -> None:
    async def work(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
        raise problems.Invalid("第 3 行日期无效", code="bad_date")

    operation_id = await start(catalog)
    await run(catalog, operation_id, work)
    row = await state(catalog, operation_id)
    assert (row.state, row.error) == ("failed", "bad_date: 第 3 行日期无效")
    unknown = await start(catalog, kind="unheard_of")
    await run(catalog, unknown, work)
    assert (await state(catalog, unknown)).state == "failed"


async def test_a_worker_that_is_stopped_in_order_hands_the_operation_back_at_once(catalog: AsyncEngine) -> None:
    entered = asyncio.Event()

    async def work(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
        entered.set()
        await asyncio.Event().wait()
        return {}

    operation_id = await start(catalog)
    task = asyncio.create_task(run(catalog, operation_id, work))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_in(catalog, operation_id, "queued")


async def silence(owner: AsyncEngine, operation_id: UUID) -> None:
    """Let a minute without a sign of life have passed."""
    await execute(
        owner, "UPDATE qingdan.operation SET heartbeat_at = heartbeat_at - interval '1 minute' WHERE id = :id",
        id=operation_id,
    )  # fmt: skip


async def test_a_run_that_was_taken_over_changes_the_row_no_more(catalog: AsyncEngine, owner: AsyncEngine) -> None:
    async def second(_engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        return {"by": "second", "attempt": running.attempt}

    async def first(_engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        await silence(owner, operation_id)
        assert (operation_id, 1) in await waiting(catalog)
        await run(catalog, operation_id, second)
        await running.progress(7)
        raise AssertionError("went on")

    operation_id = await start(catalog)
    await run(catalog, operation_id, first)
    row = await state(catalog, operation_id)
    assert (row.state, row.result, row.done) == ("succeeded", {"by": "second", "attempt": 2}, 0)


async def test_a_long_chunk_is_no_silence(catalog: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "HEARTBEAT_SECONDS", 0.01)

    async def work(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
        before = (await state(engine, running.id)).heartbeat_at

        async def beaten() -> bool:
            return (await state(engine, running.id)).heartbeat_at > before

        await until(beaten)
        return {}

    operation_id = await start(catalog)
    await run(catalog, operation_id, work)
    assert await is_in(catalog, operation_id, "succeeded")


async def test_an_operation_of_another_service_is_not_found(catalog: AsyncEngine) -> None:
    operation_id = await start(catalog)
    async with catalog.connect() as connection:
        assert (await operations.find(connection, operation_id, "catalog")).id == operation_id
        for wrong, service in ((uuid4(), "catalog"), (operation_id, "workflow")):
            with pytest.raises(problems.NotFound):
                await operations.find(connection, wrong, service)


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A queue of our own: it is flushed and stopped here."""
    with EmbeddedValkey(tmp_path_factory.mktemp("queue") / "valkey") as server:
        yield server


@pytest.fixture
async def clean(catalog: AsyncEngine, owner: AsyncEngine) -> None:
    """No operation is left over from another test."""
    await execute(owner, "DELETE FROM qingdan.operation")


async def test_a_killed_worker_is_followed_by_another_one(
    catalog: AsyncEngine, owner: AsyncEngine, configured: Settings, own_valkey: EmbeddedValkey, clean: None
) -> None:
    operation_id = await start(catalog, to=60, pause=0.05)
    with working(configured, WORKER, "arq", QINGDAN_REDIS_URL=own_valkey.url) as first:
        await until(lambda: is_in(catalog, operation_id, "running"))
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert await is_in(catalog, operation_id, "running")
    await silence(owner, operation_id)
    await execute(owner, "UPDATE qingdan.operation SET parameters = '{\"to\": 2}' WHERE id = :id", id=operation_id)
    with working(configured, WORKER, "arq", QINGDAN_REDIS_URL=own_valkey.url):
        await until(lambda: is_in(catalog, operation_id, "succeeded"))
    assert (await state(catalog, operation_id)).result == {"counted": 2, "attempt": 2}


async def test_flushing_the_queue_and_restarting_it_loses_nothing(
    catalog: AsyncEngine, configured: Settings, own_valkey: EmbeddedValkey, clean: None
) -> None:
    with process(configured, WORKER, QINGDAN_REDIS_URL=own_valkey.url) as worker:
        jobs = [await start(catalog, to=10, pause=0.02) for _ in range(6)]
        await until(lambda: has_begun(catalog, jobs[0]))
        async with Redis.from_url(own_valkey.url) as redis:
            await redis.flushall()
        jobs += [await start(catalog, to=2) for _ in range(2)]
        await asyncio.to_thread(own_valkey.stop)
        jobs.append(await start(catalog, to=2))
        refused = await start(catalog, kind="refuse")
        await asyncio.to_thread(own_valkey.start)
        for job in jobs:
            await until(lambda job=job: is_in(catalog, job, "succeeded"), 40)
        await until(lambda: is_in(catalog, refused, "failed"))
        worker.terminate()
        await until(lambda: worker.poll() is not None)
    assert {(await state(catalog, job)).result["counted"] for job in jobs} == {2, 10}
