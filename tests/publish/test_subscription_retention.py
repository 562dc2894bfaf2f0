"""What is past retention, behind the feed or void after a restore is told, with the way back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.publish.subscriptions import upkeep
from shared import clock
from shared.identifiers import new_id
from tests.publish.subscribing import ENDPOINT, Subscriber, match, of_kind, problem
from tests.publish.world import World


async def test_what_is_past_retention_answers_with_the_lists_to_start_again_from(
    world: World, subscriber: Subscriber
) -> None:
    list_id, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    assert (await subscriber.call("POST", f"/{opened['id']}/deliveries/1/park")).status_code == 204
    await world.run(
        "UPDATE qingdan.delivery_range SET numbered_at = numbered_at - interval '31 days' WHERE subscription_id = :id",
        id=UUID(opened["id"]),
    )
    await world.update(items, name="乙")
    await match(world.engine)
    await upkeep.tidy(world.engine)
    gone = problem(await subscriber.call("GET", f"/{opened['id']}/events"), 410, "behind_retention")
    assert (gone["first_sequence"], [one["list_id"] for one in gone["lists"]]) == (2, [str(list_id)])
    assert gone["lists"][0]["revision"] == 3
    answer = await subscriber.call("POST", f"/{opened['id']}/replay", json={"from_sequence": 1})
    problem(answer, 410, "behind_retention")
    asked = await subscriber.call("POST", f"/{opened['id']}/gaps", json={"sequences": [2, 1]})
    problem(asked, 410, "behind_retention")
    assert (await subscriber.get(opened["id"]))["parked"] == 0, "what was put aside is past retention too"
    assert len(await subscriber.events(opened["id"], 1)) == 1
    too_far = await subscriber.call("POST", f"/{opened['id']}/replay", json={"from_sequence": 3})
    problem(too_far, 422, "sequence_not_given")


async def test_a_position_behind_the_feed_asks_for_a_resync_and_says_so_when_it_goes_on(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await world.update(items, name="乙")
    position = (await subscriber.get(opened["id"]))["position"]
    await world.run("CREATE TABLE IF NOT EXISTS qingdan.kept AS SELECT * FROM qingdan.feed_entry WITH NO DATA")
    await world.run(
        "WITH gone AS (DELETE FROM qingdan.feed_entry WHERE sequence <= :last RETURNING *)"
        " INSERT INTO qingdan.kept SELECT * FROM gone",
        last=position + 1,
    )
    await match(world.engine)
    stood = await subscriber.get(opened["id"])
    assert (stood["state"], stood["last_sequence"]) == ("resync_required", 0)
    problem(await subscriber.call("GET", f"/{opened['id']}/events"), 410, "behind_retention")
    behind = await subscriber.call("POST", json={"name": "x", "after": 0})
    assert behind.json()["errors"][0]["pointer"] == "/after"
    assert (await subscriber.call("POST", f"/{opened['id']}/resume")).json()["state"] == "active"
    await world.update(items, name="丙")
    await match(world.engine)
    first, second = await subscriber.events(opened["id"])
    assert first["type"] == "cn.qingdan.subscription.resync.v1"
    assert (first["data"]["reason"], first["data"]["last_valid_sequence"]) == ("behind_retention", 0)
    assert second["data"]["item"]["elements"]["name"] == "丙"
    await world.run("INSERT INTO qingdan.feed_entry SELECT * FROM qingdan.kept")
    await world.run("DROP TABLE qingdan.kept")


async def test_a_restore_to_an_earlier_point_is_told_with_the_last_valid_number(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    epoch = new_id()
    (before,) = await world.run("SELECT epoch FROM qingdan.log_head")
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=epoch)
    await world.update(items, name="乙")
    await match(world.engine)
    await match(world.engine)
    events = await subscriber.events(opened["id"])
    assert [one["type"].split(".")[-2] for one in events] == ["updated", "resync", "updated"]
    data = events[1]["data"]
    assert (data["reason"], data["last_valid_sequence"], data["epoch"]) == ("restored", 1, str(epoch))
    assert data["previous_epoch"] == str(before["epoch"])


async def test_a_change_of_filter_before_the_restore_was_told_does_not_hide_it(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world, 2)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=new_id())
    changed = {"name": "一体机", "endpoint": ENDPOINT, "filter": {"items": [str(items[0])]}}
    answer = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    await match(world.engine)
    types = [one["type"].split(".")[-2] for one in await subscriber.events(opened["id"])]
    assert types == ["updated", "updated", "filter_changed", "resync"]


async def test_who_has_read_further_than_a_restored_stream_goes_is_told_to_start_again(
    world: World, subscriber: Subscriber
) -> None:
    list_id, items, kind = await of_kind(world)
    opened = await subscriber.open(filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    assert await subscriber.events(opened["id"], 1) == []
    gone = problem(await subscriber.call("GET", f"/{opened['id']}/events?after=5"), 410, "beyond_the_end")
    assert (gone["first_sequence"], [one["list_id"] for one in gone["lists"]]) == (2, [str(list_id)])


async def test_settled_numbers_take_little_room_and_read_the_same(
    world: World, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(filter={"kinds": [kind]})
    for number in range(8):
        await world.update(items, name=f"名称{number}")
        await match(world.engine)
    before = await subscriber.events(opened["id"])
    later = clock.now() + timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "_source", lambda: later)
        await upkeep.tidy(world.engine)
    rows = await world.run(
        "SELECT first_sequence, cardinality(feed_sequences) AS numbers FROM qingdan.delivery_range"
        " WHERE subscription_id = :id", id=UUID(opened["id"]),
    )  # fmt: skip
    assert [dict(row) for row in rows] == [{"first_sequence": 1, "numbers": 8}]
    assert await subscriber.events(opened["id"]) == before


async def test_numbers_around_one_that_is_not_settled_yet_are_not_joined_over_it(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(filter={"kinds": [kind]})
    for number in range(6):
        await world.update(items, name=f"名称{number}")
        await match(world.engine)
    before = await subscriber.events(opened["id"])
    # The clock was set back after the third: it is the only one that looks new.
    await world.run(
        "UPDATE qingdan.delivery_range SET numbered_at = numbered_at - interval '2 hours'"
        " WHERE subscription_id = :id AND first_sequence <> 3",
        id=UUID(opened["id"]),
    )
    await upkeep.tidy(world.engine)
    rows = await world.run(
        "SELECT first_sequence, cardinality(feed_sequences) AS numbers FROM qingdan.delivery_range"
        " WHERE subscription_id = :id ORDER BY first_sequence", id=UUID(opened["id"]),
    )  # fmt: skip
    assert [tuple(row.values()) for row in rows] == [(1, 2), (3, 1), (4, 3)]
    assert await subscriber.events(opened["id"]) == before
