"""Consumers: each effect once and in order, whatever is killed; what cannot be digested is parked and told."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.ledger import consume, position
from shared.ledger.bell import Bell
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.parking import TooManyParked
from shared.ledger.transaction import Transaction, begin
from shared.settings import Settings
from tests.shared.room import (
    append,
    column,
    effects,
    ended,
    execute,
    new_consumer,
    parked,
    plain,
    process,
    record,
    scalar,
    until,
)
from tests.shared.worker_under_test import CONSUMER, NAME

WORKER = "tests.shared.worker_under_test"


async def drain(engine: AsyncEngine, consumer: Consumer) -> None:
    while await consume.step(engine, consumer):
        pass


async def told(engine: AsyncEngine, name: str) -> list[int]:
    return await column(engine, "SELECT position FROM qingdan.event WHERE type = :name ORDER BY position", name=name)


async def digest(tx: Transaction, events: Sequence[Event]) -> None:
    """Records; an event whose refs say `bad` cannot be digested."""
    await record(tx, events)
    for event in events:
        match event.refs.get("bad"):
            case "value":
                raise ValueError("no such level: 9")
            case "ours":
                raise problems.Conflict("条目已被撤销")
            case "constraint":
                await tx.connection.execute(text("INSERT INTO qingdan.region (code) VALUES (NULL)"))
            case "unsendable":
                await tx.audit("system:test:unsendable", "done", {"text": "\ud800"})


@pytest.mark.parametrize("point", ["before-position", "between-position-and-bell", "after-effect"])
@pytest.mark.req("QX-29")
async def test_a_worker_killed_anywhere_leaves_each_effect_exactly_once(
    catalog: AsyncEngine, configured: Settings, point: str
) -> None:
    await append(catalog, NAME, 20)
    # Batches of seven: the second passage is in the middle of the work.
    with process(configured, WORKER, "consumers", QINGDAN_CRASH_POINT=f"{point}:2") as killed:
        assert await ended(killed) == -9
    had = await effects(catalog, NAME)
    wanted = await told(catalog, NAME)
    assert had == wanted[: len(had)]
    assert len(had) < len(wanted)
    # Whoever comes next goes on where the effects end.
    await drain(catalog, CONSUMER)
    assert await effects(catalog, NAME) == wanted


async def _caught_up(engine: AsyncEngine, name: str) -> bool:
    mine, head = await _where(engine, name)
    return mine == head


async def _where(engine: AsyncEngine, name: str) -> tuple[int | None, int]:
    async with engine.connect() as connection:
        found = await position.look(connection, name, ())
        return found.mine, found.head


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
    await until(lambda: _caught_up(catalog, consumer.name))
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


@pytest.mark.parametrize(
    ("bad", "code"),
    [("value", "ValueError"), ("ours", "conflict"), ("constraint", "23502"), ("unsendable", "TypeError")],
)
async def test_a_data_error_is_bisected_and_parked_and_the_others_go_on(
    catalog: AsyncEngine, bad: str, code: str
) -> None:
    consumer = await new_consumer(catalog, digest)
    items = [uuid4() for _ in range(9)]
    for number, item in enumerate(items):
        await append(catalog, consumer.name, items=[item], **({"bad": bad} if number == 5 else {}))
    await drain(catalog, consumer)
    wanted = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == wanted[:5] + wanted[6:]
    (row,) = await parked(catalog, consumer)
    assert (row.item_id, row.first_position, row.error_code) == (items[5], wanted[5], code)
    assert row.error
    assert row.remedy


async def test_later_events_of_a_parked_item_join_it_and_come_back_in_order(catalog: AsyncEngine) -> None:
    fixed = False

    async def effect(tx: Transaction, events: Sequence[Event]) -> None:
        await (record if fixed else digest)(tx, events)

    consumer = await new_consumer(catalog, effect)
    one, two, other = uuid4(), uuid4(), uuid4()
    await append(catalog, consumer.name, items=[one])
    await append(catalog, consumer.name, items=[one, two], bad="value")
    await append(catalog, consumer.name, items=[other])
    await append(catalog, consumer.name, items=[two])
    await drain(catalog, consumer)
    await append(catalog, consumer.name, items=[one])
    await drain(catalog, consumer)
    all_of_them = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == [all_of_them[0], all_of_them[2]]
    assert {row.item_id: row.first_position for row in await parked(catalog, consumer)} == {
        one: all_of_them[1],
        two: all_of_them[1],
    }
    fixed = True
    assert await consume.release(catalog, consumer, [one, two], actor="account:operator") == 3
    assert await effects(catalog, consumer.name) == [all_of_them[index] for index in (0, 2, 1, 3, 4)]
    assert not await parked(catalog, consumer)
    assert await scalar(
        catalog, "SELECT count(*) FROM qingdan.audit WHERE tag = :tag", tag=f"operator:{consumer.name}:release"
    )


async def test_an_event_held_behind_another_item_holds_its_own_items_too(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    one, two, three = uuid4(), uuid4(), uuid4()
    await append(catalog, consumer.name, items=[one], bad="value")
    await append(catalog, consumer.name, items=[one, two])
    await append(catalog, consumer.name, items=[two, three])
    await drain(catalog, consumer)
    assert await effects(catalog, consumer.name) == []
    codes = {row.item_id: row.error_code for row in await parked(catalog, consumer)}
    assert codes == {one: "ValueError", two: "held_behind", three: "held_behind"}
    # Released alone, an item that waits behind another one keeps waiting: its order must not be broken.
    await consume.release(catalog, consumer, [three], actor="account:operator")
    assert {row.item_id for row in await parked(catalog, consumer)} == {one, two, three}


async def test_releasing_two_items_repeats_nothing_that_had_its_effect(catalog: AsyncEngine) -> None:
    fixed = False

    async def effect(tx: Transaction, events: Sequence[Event]) -> None:
        await (record if fixed else digest)(tx, events)

    consumer = await new_consumer(catalog, effect)
    early, late = uuid4(), uuid4()
    await append(catalog, consumer.name, items=[early], bad="value")
    await append(catalog, consumer.name, items=[late])
    await append(catalog, consumer.name, items=[late], bad="value")
    await drain(catalog, consumer)
    fixed = True
    await consume.release(catalog, consumer, [early, late], actor="account:operator")
    assert sorted(await effects(catalog, consumer.name)) == await told(catalog, consumer.name)


async def test_what_still_fails_is_parked_again_with_its_new_cause(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    item = uuid4()
    await append(catalog, consumer.name, items=[item], bad="ours")
    await drain(catalog, consumer)
    assert await consume.release(catalog, consumer, [item], actor="account:operator") == 1
    (row,) = await parked(catalog, consumer)
    assert (row.item_id, row.error_code, row.error) == (item, "conflict", "条目已被撤销")
    assert await consume.release(catalog, consumer, [uuid4()], actor="account:operator") == 0


async def test_an_event_without_items_is_parked_under_its_own_id(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        event_id = tx.append(NewEvent(type=consumer.name, refs={"bad": "value"}))
    await drain(catalog, consumer)
    assert [row.item_id for row in await parked(catalog, consumer)] == [event_id]
    assert await consume.release(catalog, consumer, [event_id], actor="account:operator") == 1


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
    await until(lambda: _caught_up(catalog, consumer.name))
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
    await until(lambda: _caught_up(catalog, consumer.name))
    task.cancel()
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert not await parked(catalog, consumer)


async def test_over_a_hundred_parked_in_a_minute_stop_the_consumer_and_say_why(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    await append(catalog, consumer.name, 2)
    await drain(catalog, consumer)
    before, _ = await _where(catalog, consumer.name)
    await append(catalog, consumer.name, 101, bad="value")
    with pytest.raises(TooManyParked):
        await drain(catalog, consumer)
    task = asyncio.create_task(consume.run(catalog, consumer, Bell(catalog.url, role="catalog"), poll_seconds=0.05))
    why = "SELECT stopped_because FROM qingdan.consumer WHERE name = :name AND state = 'stopped'"
    because = await until(lambda: scalar(catalog, why, name=consumer.name))
    task.cancel()
    assert "100 events" in because
    assert "no such level: 9" in because
    assert await parked(catalog, consumer) == [], "a stopped consumer stands where it was"
    with pytest.raises(problems.Conflict):
        await consume.release(catalog, consumer, [uuid4()], actor="account:operator")
    async with catalog.begin() as connection:
        await position.resume(connection, consumer.name)
    assert (await _where(catalog, consumer.name))[0] == before


async def test_one_bad_event_of_a_thousand_items_parks_them_and_stops_nobody(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    many = [uuid4() for _ in range(1_000)]
    await append(catalog, consumer.name, items=many, bad="value")
    await append(catalog, consumer.name)
    await drain(catalog, consumer)
    assert {row.item_id for row in await parked(catalog, consumer)} == set(many)
    assert await effects(catalog, consumer.name) == (await told(catalog, consumer.name))[1:]


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
