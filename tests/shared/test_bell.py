"""The bell: it wakes at once, it comes back when Postgres does, and nobody depends on it."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import consume
from shared.ledger.bell import Bell
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.shared.room import PATIENCE, append, effects, execute, new_consumer, until

END_LISTENERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
)


@pytest_asyncio.fixture
async def bell(configured: Settings, owner: AsyncEngine) -> AsyncIterator[Bell]:
    bell = Bell(configured.service_url("catalog"), role="catalog")
    # It rings once by itself, as soon as it listens: no test may take that for an answer.
    listening = bell.next_ring()
    await bell.start()
    assert await bell.wait(PATIENCE, listening)
    yield bell
    await bell.stop()


async def test_an_append_rings_everybody_once_it_is_committed(catalog: AsyncEngine, bell: Bell) -> None:
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        tx.append(NewEvent(type="rung"))
        ring = bell.next_ring()
        waiting = [asyncio.create_task(bell.wait(10, ring)) for _ in range(3)]
        await tx.write_events()
        assert not await bell.wait(0.1, ring), "it rang before the commit"
    assert await asyncio.gather(*waiting) == [True] * 3


async def test_a_ring_that_comes_while_one_looks_is_not_missed(catalog: AsyncEngine, bell: Bell) -> None:
    ring = bell.next_ring()
    await append(catalog, "while_looking")
    await until(ring.is_set)
    assert await bell.wait(0, ring)
    assert not await bell.wait(0.05), "the ring before counts for nobody who comes later"


async def test_a_transaction_without_events_rings_nobody(catalog: AsyncEngine, bell: Bell) -> None:
    ring = bell.next_ring()
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        await tx.audit("account:test:look", "done")
    assert not await bell.wait(0.1, ring)


async def test_it_listens_again_after_its_connection_was_ended(
    catalog: AsyncEngine, owner: AsyncEngine, bell: Bell
) -> None:
    ring = bell.next_ring()
    await execute(owner, END_LISTENERS)
    # The ring of the new connection: whatever was appended in between is found by looking once.
    assert await bell.wait(10, ring)
    ring = bell.next_ring()
    await append(catalog, "after_reconnect")
    assert await bell.wait(10, ring)


async def test_without_any_bell_a_poll_finds_the_events(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog)
    silent = Bell(catalog.url, role="catalog")
    task = asyncio.create_task(consume.run(catalog, consumer, silent, poll_seconds=0.1))
    await append(catalog, consumer.name)
    await until(lambda: effects(catalog, consumer.name))
    task.cancel()


async def test_with_a_bell_nobody_waits_for_the_poll(catalog: AsyncEngine, bell: Bell) -> None:
    consumer = await new_consumer(catalog)
    task = asyncio.create_task(consume.run(catalog, consumer, bell, poll_seconds=3_600))
    for wanted in range(1, 31):
        await append(catalog, consumer.name)
        await until(lambda wanted=wanted: _had(catalog, consumer.name, wanted))
    task.cancel()


async def _had(engine: AsyncEngine, name: str, wanted: int) -> bool:
    return len(await effects(engine, name)) == wanted
