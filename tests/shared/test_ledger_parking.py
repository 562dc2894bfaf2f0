"""Parking: what cannot be digested is set aside with its cause, told, and released in order."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.ledger import consume, position
from shared.ledger.bell import Bell
from shared.ledger.consume import Effect
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.parking import TooManyParked
from shared.ledger.releasing import release
from shared.ledger.transaction import Transaction, begin
from tests.shared.digestion import digest, drain, told, where
from tests.shared.room import (
    append,
    effects,
    new_consumer,
    parked,
    record,
    scalar,
    until,
)


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
    assert await release(catalog, consumer, [one, two], actor="account:operator") == 3
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
    # While the first one is as bad as it was, the others go on waiting behind it: their order must not be broken.
    await release(catalog, consumer, [three], actor="account:operator")
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
    await release(catalog, consumer, [early, late], actor="account:operator")
    assert sorted(await effects(catalog, consumer.name)) == await told(catalog, consumer.name)


async def test_what_still_fails_is_parked_again_with_its_new_cause(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    item = uuid4()
    await append(catalog, consumer.name, items=[item], bad="ours")
    await drain(catalog, consumer)
    assert await release(catalog, consumer, [item], actor="account:operator") == 1
    (row,) = await parked(catalog, consumer)
    assert (row.item_id, row.error_code, row.error) == (item, "conflict", "条目已被撤销")
    assert await release(catalog, consumer, [uuid4()], actor="account:operator") == 0


async def test_an_event_without_items_is_parked_under_its_own_id(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        event_id = tx.append(NewEvent(type=consumer.name, refs={"bad": "value"}))
    await drain(catalog, consumer)
    assert [row.item_id for row in await parked(catalog, consumer)] == [event_id]
    assert await release(catalog, consumer, [event_id], actor="account:operator") == 1


async def test_over_a_hundred_parked_in_a_minute_stop_the_consumer_and_say_why(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    await append(catalog, consumer.name, 2)
    await drain(catalog, consumer)
    before, _ = await where(catalog, consumer.name)
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
        await release(catalog, consumer, [uuid4()], actor="account:operator")
    async with catalog.begin() as connection:
        await position.resume(connection, consumer.name)
    assert (await where(catalog, consumer.name))[0] == before


async def test_one_bad_event_of_a_thousand_items_parks_them_and_stops_nobody(catalog: AsyncEngine) -> None:
    consumer = await new_consumer(catalog, digest)
    many = [uuid4() for _ in range(1_000)]
    await append(catalog, consumer.name, items=many, bad="value")
    await append(catalog, consumer.name)
    await drain(catalog, consumer)
    assert {row.item_id for row in await parked(catalog, consumer)} == set(many)
    assert await effects(catalog, consumer.name) == (await told(catalog, consumer.name))[1:]


async def test_events_that_belong_together_are_digested_or_parked_together(catalog: AsyncEngine) -> None:
    fixed = False

    async def effect(tx: Transaction, events: Sequence[Event]) -> None:
        await (record if fixed else digest)(tx, events)

    consumer = replace(await new_consumer(catalog, effect), together=lambda event: event.refs.get("act"))
    items = [uuid4() for _ in range(6)]
    refs = [{"act": "a"}, {}, {"act": "b"}, {"act": "a", "bad": "value"}, {"act": "b"}, {}]
    for item, more in zip(items, refs, strict=True):
        await append(catalog, consumer.name, items=[item], **more)
    await drain(catalog, consumer)
    wanted = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == [wanted[index] for index in (1, 2, 4, 5)]
    assert {row.item_id for row in await parked(catalog, consumer)} == {items[0], items[3]}
    # What comes later of one of the parked items holds whatever it belongs to.
    await append(catalog, consumer.name, items=[items[3]], act="c")
    await append(catalog, consumer.name, items=[uuid4()], act="c")
    await drain(catalog, consumer)
    assert len(await parked(catalog, consumer)) == 3
    fixed = True
    held = [UUID(str(row.item_id)) for row in await parked(catalog, consumer)]
    assert await release(catalog, consumer, held, actor="account:operator") == 4
    assert sorted(await effects(catalog, consumer.name)) == await told(catalog, consumer.name)


async def no_large_act(tx: Transaction, events: Sequence[Event]) -> None:
    """Digests every event of an act by itself, and no act as a whole."""
    await record(tx, events)
    if len([event for event in events if event.refs.get("act")]) > 100:
        raise ValueError("these cannot be digested together")


@pytest.mark.parametrize(("effect", "bad"), [(no_large_act, None), (digest, 120)])
async def test_an_act_of_150_events_that_cannot_be_digested_is_one_failure_and_stops_nobody(
    catalog: AsyncEngine, effect: Effect, bad: int | None
) -> None:
    consumer = replace(await new_consumer(catalog, effect), together=lambda event: event.refs.get("act"))
    async with begin(catalog, service="catalog", actor="account:test") as tx:
        for number in range(150):
            more = {"bad": "value"} if number == bad else {}
            tx.append(NewEvent(type=consumer.name, item_ids=[uuid4()], refs={"act": "a", **more}))
    await append(catalog, consumer.name)
    await drain(catalog, consumer)
    wanted = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == wanted[150:]
    rows = await parked(catalog, consumer)
    assert [row.first_position for row in rows] == wanted[:150]
    assert [row.error_code for row in rows] == ["ValueError"] + ["held_behind"] * 149
    assert {row.error for row in rows[1:]} == {f"belongs to the event at position {wanted[0]}, which is parked"}


async def test_no_batch_ends_within_a_transaction_of_events_that_belong_together(catalog: AsyncEngine) -> None:
    batches: list[int] = []

    async def effect(tx: Transaction, events: Sequence[Event]) -> None:
        batches.append(len(events))
        await record(tx, events)

    consumer = replace(await new_consumer(catalog, effect, batch=3), together=lambda event: None)
    for count in (2, 5, 1, 3):
        await append(catalog, consumer.name, count)
    await drain(catalog, consumer)
    assert batches == [7, 4]
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
