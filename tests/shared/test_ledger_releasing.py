"""Releasing: whatever is held together is released together, however few of its items are named."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import append as appending
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.releasing import release
from shared.ledger.transaction import Transaction
from tests.shared.digestion import digest, drain, told
from tests.shared.room import append, effects, new_consumer, parked, record

Effect = Callable[[Transaction, Sequence[Event]], Awaitable[None]]
WHO = "account:operator"


class Corrected:
    """An effect that some events upset until somebody has corrected what was wrong."""

    def __init__(self, effect: Effect = record) -> None:
        self.done = False
        self._effect = effect

    async def __call__(self, tx: Transaction, events: Sequence[Event]) -> None:
        await (self._effect if self.done else digest)(tx, events)


async def test_an_item_held_behind_others_is_released_with_them_and_in_their_order(catalog: AsyncEngine) -> None:
    corrected = Corrected()
    consumer = await new_consumer(catalog, corrected)
    one, two, three, other = (uuid4() for _ in range(4))
    await append(catalog, consumer.name, items=[one], bad="value")
    await append(catalog, consumer.name, items=[one, two])
    await append(catalog, consumer.name, items=[other], bad="value")
    await append(catalog, consumer.name, items=[two, three])
    await drain(catalog, consumer)
    corrected.done = True
    assert await release(catalog, consumer, [three], actor=WHO) == 3
    wanted = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == [wanted[0], wanted[1], wanted[3]]
    assert [row.item_id for row in await parked(catalog, consumer)] == [other], "nothing ties it to them"


async def test_one_item_releases_an_event_of_a_thousand(catalog: AsyncEngine) -> None:
    corrected = Corrected()
    consumer = await new_consumer(catalog, corrected)
    many = [uuid4() for _ in range(1_000)]
    await append(catalog, consumer.name, items=many, bad="value")
    await append(catalog, consumer.name, items=many[-1:])
    await drain(catalog, consumer)
    corrected.done = True
    assert await release(catalog, consumer, many[:1], actor=WHO) == 2
    assert not await parked(catalog, consumer)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_one_item_releases_the_whole_act_it_belongs_to(catalog: AsyncEngine) -> None:
    corrected = Corrected()
    consumer = replace(await new_consumer(catalog, corrected), together=lambda event: event.refs.get("act"))
    items = [uuid4() for _ in range(60)]
    for number, item in enumerate(items):
        await append(catalog, consumer.name, items=[item], act="a", **({"bad": "value"} if number == 30 else {}))
    await drain(catalog, consumer)
    assert len(await parked(catalog, consumer)) == 60
    corrected.done = True
    assert await release(catalog, consumer, [items[59]], actor=WHO) == 60
    assert not await parked(catalog, consumer)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_what_tells_of_too_much_at_once_is_released_in_parts(
    catalog: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def telling(tx: Transaction, events: Sequence[Event]) -> None:
        await record(tx, events)
        for event in events:
            for _ in range(10):
                tx.append(NewEvent(type="released.answered", cause_id=event.id))

    corrected = Corrected(telling)
    consumer = await new_consumer(catalog, corrected)
    item = uuid4()
    await append(catalog, consumer.name, items=[item], bad="value")
    for _ in range(11):
        await append(catalog, consumer.name, items=[item])
    await drain(catalog, consumer)
    corrected.done = True
    monkeypatch.setattr(appending, "MOST_EVENTS", 50)
    wanted = await told(catalog, consumer.name)
    done: list[int] = []
    while await held(catalog, consumer):
        done.append(await release(catalog, consumer, [item], actor=WHO))
        assert await effects(catalog, consumer.name) == wanted[: sum(done)]
    assert done == [3, 4, 5]


async def held(catalog: AsyncEngine, consumer) -> list[UUID]:  # type: ignore[no-untyped-def]
    return [row.item_id for row in await parked(catalog, consumer)]


async def test_an_event_between_those_of_an_act_on_one_of_its_items_is_neither_lost_nor_overtaken(
    catalog: AsyncEngine,
) -> None:
    corrected = Corrected()
    consumer = replace(await new_consumer(catalog, corrected), together=lambda event: event.refs.get("act"))
    first, shared, last = uuid4(), uuid4(), uuid4()
    await append(catalog, consumer.name, items=[first], act="a", bad="value")
    await append(catalog, consumer.name, items=[shared])
    await append(catalog, consumer.name, items=[shared], act="a")
    await append(catalog, consumer.name, items=[last])
    await drain(catalog, consumer)
    wanted = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == wanted[3:]
    corrected.done = True
    assert await release(catalog, consumer, [first], actor=WHO) == 3
    assert await effects(catalog, consumer.name) == [wanted[3], *wanted[:3]]


async def test_the_first_event_of_an_act_that_is_held_holds_what_lies_between_as_well(catalog: AsyncEngine) -> None:
    corrected = Corrected()
    consumer = replace(await new_consumer(catalog, corrected), together=lambda event: event.refs.get("act"))
    first, shared = uuid4(), uuid4()
    await append(catalog, consumer.name, items=[first], bad="value")
    await drain(catalog, consumer)
    await append(catalog, consumer.name, items=[first], act="a")
    await append(catalog, consumer.name, items=[shared])
    await append(catalog, consumer.name, items=[shared], act="a")
    await drain(catalog, consumer)
    corrected.done = True
    assert await release(catalog, consumer, [shared], actor=WHO) == 4
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_an_act_whose_events_lie_around_a_bad_one_of_an_item_it_shares_is_held_with_it(
    catalog: AsyncEngine,
) -> None:
    corrected = Corrected()
    consumer = replace(await new_consumer(catalog, corrected), together=lambda event: event.refs.get("act"))
    first, shared = uuid4(), uuid4()
    await append(catalog, consumer.name, items=[first], act="a")
    await append(catalog, consumer.name, items=[shared], bad="value")
    await append(catalog, consumer.name, items=[shared], act="a")
    await drain(catalog, consumer)
    assert await effects(catalog, consumer.name) == []
    corrected.done = True
    assert await release(catalog, consumer, [shared], actor=WHO) == 3
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
