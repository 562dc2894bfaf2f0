"""A batch whose effect tells of more events than a transaction may append: a smaller one is taken instead."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import append as appending
from shared.ledger.consume import Consumer, Reader
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction
from tests.shared.digestion import drain, told, where
from tests.shared.room import append, column, effects, new_consumer, parked, record

# What a transaction may append in these tests.
MOST = 50


@pytest.fixture(autouse=True)
def _little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "MOST_EVENTS", MOST)


def telling(sizes: list[int]) -> Callable[[Transaction, Sequence[Event]], object]:
    """An effect that answers an event with ten, or with as many as it asks for; `sizes` are those of its batches."""

    async def effect(tx: Transaction, events: Sequence[Event]) -> None:
        sizes.append(len(events))
        await record(tx, events)
        for event in events:
            for _ in range(int(event.refs.get("answers", 10))):
                tx.append(NewEvent(type="overflow.answered", cause_id=event.id))

    return effect


async def talkative(engine: AsyncEngine, sizes: list[int], **more: object) -> Consumer:
    return replace(await new_consumer(engine, telling(sizes)), **more)  # type: ignore[arg-type]


async def answered(engine: AsyncEngine, consumer: Consumer) -> int:
    return len(
        await column(
            engine,
            "SELECT e.position FROM qingdan.event e JOIN qingdan.event c ON c.id = e.cause_id WHERE c.type = :name",
            name=consumer.name,
        )
    )


async def test_a_batch_that_tells_of_too_much_is_taken_in_smaller_ones_and_no_event_is_skipped(
    catalog: AsyncEngine,
) -> None:
    sizes: list[int] = []
    consumer = await talkative(catalog, sizes)
    for _ in range(23):
        await append(catalog, consumer.name)
    await drain(catalog, consumer)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert await answered(catalog, consumer) == 230
    assert not await parked(catalog, consumer)
    assert sizes[:3] == [23, 11, 5]


async def test_a_reader_keeps_to_smaller_batches_for_a_while_and_finds_back_to_large_ones(
    catalog: AsyncEngine,
) -> None:
    sizes: list[int] = []
    consumer = await talkative(catalog, sizes, batch=40)
    for _ in range(8):
        await append(catalog, consumer.name)
    for _ in range(60):
        await append(catalog, consumer.name, answers=0)
    reader = Reader(catalog, consumer)
    while await reader.step():
        pass
    assert sizes == [40, 20, 10, 5, 10, 20, 33]
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)


async def test_of_one_transaction_a_smaller_batch_takes_no_more_than_belongs_together(catalog: AsyncEngine) -> None:
    sizes: list[int] = []
    consumer = await talkative(catalog, sizes, batch=4, together=lambda event: event.refs["n"] // 3)
    await append(catalog, consumer.name, 12)
    await drain(catalog, consumer)
    assert await effects(catalog, consumer.name) == await told(catalog, consumer.name)
    assert sizes[:2] == [12, 3]
    assert not await parked(catalog, consumer)
    mine, head = await where(catalog, consumer.name)
    assert mine == head


async def test_one_event_that_tells_of_too_much_is_parked_and_the_others_go_on(catalog: AsyncEngine) -> None:
    consumer = await talkative(catalog, [])
    item = uuid4()
    await append(catalog, consumer.name)
    await append(catalog, consumer.name, items=[item], answers=MOST + 1)
    await append(catalog, consumer.name)
    await drain(catalog, consumer)
    first, _, last = await told(catalog, consumer.name)
    assert await effects(catalog, consumer.name) == [first, last]
    (row,) = await parked(catalog, consumer)
    assert (row.item_id, row.error_code) == (item, "too_many_events")
