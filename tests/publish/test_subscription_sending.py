"""Events reach a subscriber in a process of its own, which verifies them with the libraries of others."""

from __future__ import annotations

import pytest

from deploy.demo.receiving import ReceiverProcess
from shared.settings import Settings
from tests.publish.subscribing import Subscriber, hooked, sending, until, until_read
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
    receiver.tell("well", secret=opened["secret"])
    receiver.tell("ill", mode="status", status=503, retry_after="3600")
    async with sending(configured):
        await world.enacted(3)
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["failures"] == 1)
        changed = {"name": "一体机", "endpoint": receiver.url("well")}
        version = (await subscriber.get(opened["id"]))["version"]
        answer = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["outstanding"] == 0)
    assert sorted(one["sequence"] for one in receiver.received("well")) == [1, 2, 3, 4]
