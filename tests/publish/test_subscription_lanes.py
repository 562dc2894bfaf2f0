"""A lane holds what is next and not all that waits; whatever it holds, order and endpoint are as with all of it."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions.sending import lane, senders
from services.publish.subscriptions.sending.results import Results
from shared.database import create_engine
from shared.ledger.bell import Bell
from shared.settings import Settings
from tests.publish.subscribing import Subscriber, a_kind, drained, hooked, in_order, match, sending, until, until_read
from tests.publish.world import World


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes that take in three at a time."""
    monkeypatch.setattr(senders, "TAKEN_IN", 3)
    monkeypatch.setattr(lane, "FEW", 1)


async def test_of_what_waits_for_an_endpoint_a_lane_holds_what_is_next(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    list_id = await world.new_list()
    opened = await hooked(subscriber, receiver, "waits", filter={"kinds": [world.lists[list_id]]})
    receiver.tell("waits", mode="hang")
    await world.add(list_id, [world.elements(number) for number in range(700)])
    await world.enact(list_id)
    await world.publish()
    await match(world.engine)
    assert (await subscriber.get(opened["id"]))["outstanding"] == 701
    url = configured.service_url("publish")
    engine, bell = create_engine(url, role="publish"), Bell(url, role="publish")
    working = senders.Senders(engine, bell, configured, Results(engine, lambda: None))
    task = asyncio.create_task(working.run())
    try:
        held = await until(lambda: working._lanes.get(UUID(opened["id"])))
        await until(lambda: held.busy and len(held.window))
        async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for _ in range(3):  # looks that find it well filled
                await working._follow(connection)
        assert len(held.window) == lane.TAKEN_IN
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await engine.dispose()


async def test_taken_in_piece_by_piece_everything_arrives_once_and_in_order(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, narrow: None
) -> None:
    items, wanted = await a_kind(world, 4)
    opened = await hooked(subscriber, receiver, "pieces", filter=wanted)
    for name in "甲乙丙丁戊己":
        await world.update(items, name=name)
    async with sending(configured):
        stood = await drained(subscriber, opened["id"])
    got = receiver.received("pieces")
    assert (stood["last_sequence"], len(got)) == (24, 24)
    assert {one["sequence"] for one in got} == set(range(1, 25))
    assert in_order(got, items)


async def test_events_an_endpoint_refuses_do_not_hide_those_behind_them(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, narrow: None
) -> None:
    items, wanted = await a_kind(world, 8)
    kind = wanted["kinds"][0]
    opened = await hooked(subscriber, receiver, "refused", filter=wanted)
    # Six of one item wait first, and the endpoint takes none of them; they are due again in seconds.
    receiver.tell("refused", mode="status", status=422, subject=f"{kind}/{items[0]}")
    for name in "甲乙丙丁戊己":
        await world.update(items[:1], name=name)
    await world.update(items[1:], name="甲")
    async with sending(configured):
        await until(lambda: len([one for one in receiver.received("refused") if one["mode"] == "ok"]) == 7)
        # What was taken is saved some milliseconds after it was answered.
        stood = await until_read(lambda: subscriber.call("GET", f"/{opened['id']}"),
                                 lambda answer: answer.json()["outstanding"] == 6)  # fmt: skip
    assert stood.json()["failures"] == 0
