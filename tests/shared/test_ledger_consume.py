"""Consumers: each effect once and in order, whatever is killed or fails on the way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import consume, position
from shared.ledger.bell import Bell
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction
from shared.settings import Settings
from tests.shared.digestion import caught_up, drain, told
from tests.shared.room import (
    append,
    column,
    effects,
    ended,
    execute,
    new_consumer,
    parked,
    plain,
    record,
    until,
    working,
)
from tests.shared.worker_under_test import CONSUMER, NAME

WORKER = "tests.shared.worker_under_test"


@pytest.mark.parametrize("point", ["before-position", "between-position-and-bell", "after-effect"])
@pytest.mark.req("QX-29")
async def test_a_worker_killed_anywhere_leaves_each_effect_exactly_once(
    catalog: AsyncEngine, configured: Settings, point: str
) -> None:
    await append(catalog, NAME, 20)
    # Batches of seven: the second passage is in the middle of the work.
    with working(configured, WORKER, "consumers", QINGDAN_CRASH_POINT=f"{point}:2") as killed:
        assert await ended(killed) == -9
    had = await effects(catalog, NAME)
    wanted = await told(catalog, NAME)
    assert had == wanted[: len(had)]
    assert len(had) < len(wanted)
    # Whoever comes next goes on where the effects end.
    await drain(catalog, CONSUMER)
    assert await effects(catalog, NAME) == wanted


async def test_two_workers_share_one_lease_and_nothing_happens_twice(catalog: AsyncEngine) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction, events: Sequence[Event]) -> None:
        entered.set()
        await go_on.wait()
        await record(tx, events)

    consumer = await new_consumer(catalog, slow)
    await append(catalog, consumer.name, 3)
    first = asyncio.create_task(consume.step(catalog, consumer))
    await entered.wait()
    assert await consume.step(catalog, consumer) is False, "the lease was given twice"
    go_on.set()
    assert await first is True
    await drain(catalog, consumer)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_many_workers_at_once_have_each_effect_once_and_in_order(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, batch=3)
    bells = Bell(catalog.url, role="catalog")
    workers = [asyncio.create_task(consume.run(catalog, consumer, bells, poll_seconds=0.01)) for _ in range(4)]
    for _ in range(10):
        await append(catalog, consumer.name, 4)
    await until(lambda: caught_up(catalog, consumer.name))
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_events_an_effect_tells_of_are_appended_with_it(catalog: AsyncEngine) -> None:
    async def answer(tx: Transaction, events: Sequence[Event]) -> None:
        for event in events:
            tx.append(NewEvent(type="answered", cause_id=event.id))
            if event.refs.get("bad"):
                raise ValueError("bad")

    consumer = await new_consumer(catalog, answer)
    await append(catalog, consumer.name, 2)
    await append(catalog, consumer.name, 1, bad=True)
    await drain(catalog, consumer)
    causes = await column(catalog, "SELECT cause_id FROM qingdan.event WHERE type = 'answered' ORDER BY position")
    sources = await column(
        catalog, "SELECT id FROM qingdan.event WHERE type = :name ORDER BY position", name=consumer.name
    )
    assert causes == sources[:2], "what a parked event would have told must not be told"
    actors = await column(catalog, "SELECT DISTINCT actor FROM qingdan.event WHERE type = 'answered'")
    assert actors == [f"system:{consumer.name}"]


async def test_a_passing_error_is_tried_again_and_parks_nothing(catalog: AsyncEngine, owner: AsyncEngine) -> None:
    lost = 0

    async def unlucky(tx: Transaction, events: Sequence[Event]) -> None:
        nonlocal lost
        await record(tx, events)
        if lost < 2:
            lost += 1
            pid = (await tx.connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await execute(owner, "SELECT pg_terminate_backend(:pid)", pid=pid)
            await tx.connection.execute(text("SELECT 1"))

    consumer = await new_consumer(catalog, unlucky)
    await append(catalog, consumer.name, 5)
    task = asyncio.create_task(consume.run(catalog, consumer, Bell(catalog.url, role="catalog"), poll_seconds=0.05))
    await until(lambda: caught_up(catalog, consumer.name))
    task.cancel()
    assert lost == 2
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert not await parked(catalog, consumer)


async def test_an_error_of_the_code_is_tried_again_and_ends_nobody(catalog: AsyncEngine) -> None:
    tried = 0

    async def clumsy(tx: Transaction, events: Sequence[Event]) -> None:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise AssertionError("a mistake of ours")
        await record(tx, events)

    consumer = await new_consumer(catalog, clumsy)
    await append(catalog, consumer.name)
    task = asyncio.create_task(consume.run(catalog, consumer, Bell(catalog.url, role="catalog"), poll_seconds=0.05))
    await until(lambda: caught_up(catalog, consumer.name))
    task.cancel()
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert not await parked(catalog, consumer)


async def test_a_new_consumer_begins_at_the_start_of_the_log(catalog: AsyncEngine) -> None:
    name = f"late_{uuid4().hex[:8]}"
    await append(catalog, name, 3)
    async with catalog.begin() as connection:
        await position.register(connection, [name], "catalog")
        await position.register(connection, [name], "catalog")
    consumer = Consumer(name=name, service="catalog", types=frozenset({name}), effect=record)
    await drain(catalog, consumer)
    assert await effects(catalog, name) == await told(catalog, name)


async def test_a_worker_that_vanishes_frees_its_lease_at_once(
    catalog: AsyncEngine, owner: AsyncEngine, configured: Settings
) -> None:
    consumer = await new_consumer(catalog)
    await append(catalog, consumer.name)
    url = configured.service_url("catalog").render_as_string(hide_password=False)
    other = await asyncpg.connect(plain(url))
    await other.execute("BEGIN")
    await other.fetch("SELECT 1 FROM qingdan.consumer WHERE name = $1 FOR UPDATE", consumer.name)
    assert await consume.step(catalog, consumer) is False
    other.terminate()
    await until(lambda: consume.step(catalog, consumer), 5)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_a_leisurely_consumer_lets_events_gather_and_takes_them_together(
    catalog: AsyncEngine, configured: Settings
) -> None:
    taken: list[int] = []

    async def counting(tx: Transaction, events: Sequence[Event]) -> None:
        taken.append(len(events))
        await record(tx, events)

    consumer = replace(await new_consumer(catalog, counting), leisurely=True)
    bell = Bell(configured.service_url("catalog"), role="catalog")
    await bell.start()
    gather = 0.5
    task = asyncio.create_task(consume.run(catalog, consumer, bell, poll_seconds=3_600, gather_seconds=gather))
    started = asyncio.get_running_loop().time()
    try:
        for _ in range(8):
            await append(catalog, consumer.name, 1)
        appended = asyncio.get_running_loop().time() - started
        await until(lambda: caught_up(catalog, consumer.name))
    finally:
        task.cancel()
        await bell.stop()
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert len(taken) <= 2 + appended / gather, f"taken in {taken}, appended in {appended} s"


async def test_a_batch_ends_with_the_event_that_reaches_the_bound_of_entries(catalog: AsyncEngine) -> None:
    taken: list[int] = []

    async def counting(tx: Transaction, events: Sequence[Event]) -> None:
        taken.append(sum(len(event.item_ids) for event in events))
        await record(tx, events)

    consumer = replace(await new_consumer(catalog, counting), entries=250)
    for _ in range(4):
        await append(catalog, consumer.name, items=[uuid4() for _ in range(100)])
    await drain(catalog, consumer)
    assert taken == [300, 100]
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
