"""The matcher: numbers without gaps, each given once, at a cost that does not grow with the subscriptions."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from services.publish.subscriptions.rules import FOR_NOTICES, WINDOW
from shared.database import create_engine
from tests.publish.subscribing import ENDPOINT, Subscriber, match, of_kind
from tests.publish.world import World
from tests.statements import counted


@pytest.mark.req("ZZ-42")
async def test_numbers_have_no_gaps_and_a_full_window_stops_without_skipping(
    world: World, subscriber: Subscriber
) -> None:
    list_id = await world.new_list()
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [world.lists[list_id]]})
    await world.add(list_id, [world.elements(number) for number in range(1_300)])
    await world.enact(list_id)
    await world.publish()
    await match(world.engine)
    stood = await subscriber.get(opened["id"])
    assert stood["outstanding"] == stood["last_sequence"] == WINDOW - FOR_NOTICES
    assert await match(world.engine) == 0
    await world.run(
        "WITH gone AS (DELETE FROM qingdan.delivery WHERE subscription_id = :id AND sequence <= 600 RETURNING 1)"
        " UPDATE qingdan.subscription_sending SET done = done + (SELECT count(*) FROM gone)"
        " WHERE subscription_id = :id",
        id=UUID(opened["id"]),
    )
    await match(world.engine)
    assert (await subscriber.get(opened["id"]))["last_sequence"] == 1_301
    seen: list[int] = []
    while found := await subscriber.events(opened["id"], seen[-1] if seen else 0):
        seen += [int(one["sequence"]) for one in found]
    assert seen == list(range(1, 1_302))


async def test_a_round_costs_few_statements_however_many_subscriptions_there_are(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world, 3)
    for _ in range(12):
        await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await match(world.engine)
    await world.update(items, name="甲")
    with counted(world.engine) as sent:
        assert await match(world.engine) == 36
    # The lock, the survey and the match; then the lock and the survey that find nothing left.
    assert len(sent) == 5


async def test_two_matchers_give_no_number_twice(world: World, subscriber: Subscriber, database_url: str) -> None:
    _, items, kind = await of_kind(world, 5)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    engine = create_engine(database_url, role="publish", pool_size=4)
    for name in "甲乙丙丁":
        await world.update(items, name=name)
        await asyncio.gather(*(match(engine) for _ in range(4)))
    await engine.dispose()
    events = await subscriber.events(opened["id"])
    assert [int(one["sequence"]) for one in events] == list(range(1, 21))
    assert len({one["id"] for one in events}) == 20
