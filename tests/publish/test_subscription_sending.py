"""Events reach a subscriber in a process of its own, which verifies them with the libraries of others."""

from __future__ import annotations

import pytest

from deploy.demo.receiving import ReceiverProcess
from shared.settings import Settings
from tests.publish.subscribing import Subscriber, a_kind, drained, hooked, in_order, sending, until, until_read
from tests.publish.world import World


@pytest.mark.req("ZZ-42")
async def test_each_change_reaches_the_subscriber_once_numbered_without_gaps_and_verified(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    opened = await hooked(subscriber, receiver, "all")
    async with sending(configured):
        _, items = await world.enacted(20)
        await world.update(items, name="新名称")
        await until(lambda: len(receiver.received("all")) >= 41)
        got = receiver.received("all")
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["outstanding"] == 0)
    assert all(one["verified"] and one["id"] == one["webhook_id"] for one in got)
    assert sorted(one["sequence"] for one in got) == list(range(1, 42))
    for item in items:
        mine = [one for one in got if one["subject"].endswith(str(item))]
        assert [one["version"] for one in mine] == [1, 2]
    read = await subscriber.events(opened["id"])
    assert {(int(one["sequence"]), one["id"]) for one in read} == {(one["sequence"], one["id"]) for one in got}


async def test_what_failed_is_due_at_once_when_its_owner_has_changed_the_endpoint(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    opened = await hooked(subscriber, receiver, "ill")
    receiver.tell("moved", secret=opened["secret"])
    receiver.tell("ill", mode="status", status=503, retry_after="3600")
    async with sending(configured):
        await world.enacted(3)
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["failures"] == 1)
        changed = {"name": "一体机", "endpoint": receiver.url("moved")}
        version = (await subscriber.get(opened["id"]))["version"]
        answer = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["outstanding"] == 0)
    assert sorted(one["sequence"] for one in receiver.received("moved")) == [1, 2, 3, 4]


async def test_during_a_rotation_both_secrets_verify_and_a_revoked_one_does_not(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "rotates", filter=wanted)
    answer = await subscriber.call("POST", f"/{opened['id']}/secrets", json={"overlap_hours": 24})
    assert answer.status_code == 201, answer.text
    fresh, (old,) = answer.json(), opened["secrets"]
    refused = await subscriber.call("DELETE", f"/{opened['id']}/secrets/{fresh['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "secret_not_replaced")
    async with sending(configured):
        await world.update(items, name="甲")
        await until(lambda: len(receiver.received("rotates")) == 1)
        receiver.tell("rotates", secret=fresh["secret"])
        await world.update(items, name="乙")
        await until(lambda: len(receiver.received("rotates")) == 2)
        assert (await subscriber.call("DELETE", f"/{opened['id']}/secrets/{old['id']}")).status_code == 204
        receiver.tell("rotates", secret=opened["secret"])
        await world.update(items, name="丙")
        await until(lambda: len(receiver.received("rotates")) == 3)
    assert [one["verified"] for one in receiver.received("rotates")] == [True, True, False]


async def test_a_test_event_is_signed_outside_of_the_sequence_and_its_answer_is_shown(
    subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    opened = await hooked(subscriber, receiver, "tested")
    await subscriber.call("POST", f"/{opened['id']}/pause")
    asked = await subscriber.call("POST", f"/{opened['id']}/test")
    assert (asked.status_code, asked.json()["outcome"]) == (202, "waiting")
    path = asked.headers["location"].removeprefix("/publish/v1/subscriptions")
    async with sending(configured):
        done = await until_read(lambda: subscriber.call("GET", path), lambda one: one.json()["outcome"] == "delivered")
    assert (done.json()["status"], done.json()["sequence"]) == (200, None)
    (got,) = receiver.received("tested")
    assert (got["type"], got["sequence"], got["verified"]) == ("cn.qingdan.subscription.test.v1", None, True)


async def test_a_replay_sends_again_from_a_number_with_the_same_ids(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world, 2)
    opened = await hooked(subscriber, receiver, "replays", filter=wanted)
    async with sending(configured):
        for name in "甲乙丙":
            await world.update(items, name=name)
        await drained(subscriber, opened["id"])
        assert len(receiver.received("replays")) == 6
        answer = await subscriber.call("POST", f"/{opened['id']}/replay", json={"from_sequence": 3})
        assert (answer.status_code, answer.json()) == (202, {"from_sequence": 3, "until_sequence": 6, "events": 4})
        await until(lambda: len(receiver.received("replays")) == 10)
        await drained(subscriber, opened["id"])
    got = receiver.received("replays")
    first = {one["sequence"]: one["id"] for one in got[:6]}
    assert {one["sequence"]: one["id"] for one in got[6:]} == {n: first[n] for n in range(3, 7)}
    assert in_order(got[6:], items)
