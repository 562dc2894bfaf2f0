"""Events reach a subscriber in a process of its own, which verifies them with the libraries of others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions import rules
from services.publish.subscriptions.sending.endpoint import ATTEMPT_SECONDS
from shared.server_process import free_port
from shared.settings import Settings
from tests.publish.subscribing import SenderProcess, Subscriber, hooked, sending, until, until_read
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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of parts of a second instead of hours, as many as before."""
    monkeypatch.setattr(rules, "SCHEDULE", (0.2,) * len(rules.SCHEDULE))


async def drained(subscriber: Subscriber, subscription: str) -> dict[str, Any]:
    """The subscription, when everything was acknowledged and saved."""
    return await until_read(
        lambda: subscriber.get(subscription), lambda one: one["last_sequence"] and not one["outstanding"]
    )


async def a_kind(world: World, count: int = 1) -> tuple[list[UUID], dict[str, Any]]:
    """Published entries of a kind of their own, and the filter that chooses it."""
    list_id, items = await world.enacted(count)
    return items, {"kinds": [world.lists[list_id]]}


def in_order(got: list[dict[str, Any]], items: list[UUID]) -> bool:
    """Whether what arrived about each item first arrived in the order of its versions."""
    for item in items:
        versions = [one["version"] for one in got if str(one["subject"]).endswith(str(item))]
        if list(dict.fromkeys(versions)) != sorted(set(versions)):
            return False
    return True


@pytest.mark.parametrize("mode", ["status", "redirect"])
async def test_what_is_no_2xx_is_sent_again_under_the_same_id_and_number(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, impatient: None, mode: str
) -> None:
    items, wanted = await a_kind(world, 3)
    hook = f"fails-{mode}"
    opened = await hooked(subscriber, receiver, hook, filter=wanted)
    receiver.tell(hook, mode=mode, times=4)
    async with sending(configured):
        await world.update(items, name="甲")
        await world.update(items, name="乙")
        await drained(subscriber, opened["id"])
    got = receiver.received(hook)
    assert len(got) == 10
    ids = {one["sequence"]: {each["id"] for each in got if each["sequence"] == one["sequence"]} for one in got}
    assert set(ids) == set(range(1, 7))
    assert all(len(each) == 1 for each in ids.values())
    assert in_order([one for one in got if one["mode"] == "ok"], items)
    assert not receiver.received(f"{hook}-elsewhere")
    log = await subscriber.call("GET", f"/{opened['id']}/attempts", params={"outcome": "failed"})
    expected = 307 if mode == "redirect" else 500
    assert [one["status"] for one in log.json()["items"]] == [expected] * 4
    one = log.json()["items"][0]
    assert one["error"] == f"answered {expected}"
    found = await subscriber.call("GET", f"/{opened['id']}/attempts/{one['id']}")
    assert found.json() == one


async def test_a_200_whose_connection_is_cut_counts_as_received(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "drops", filter=wanted)
    receiver.tell("drops", mode="drop")
    async with sending(configured):
        for name in "甲乙丙":
            await world.update(items, name=name)
        await drained(subscriber, opened["id"])
    assert [one["version"] for one in receiver.received("drops")] == [2, 3, 4]


async def test_retry_after_is_honoured_and_nothing_is_sent_meanwhile(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, impatient: None
) -> None:
    items, wanted = await a_kind(world, 2)
    opened = await hooked(subscriber, receiver, "asks-for-time", filter=wanted)
    receiver.tell("asks-for-time", mode="status", status=429, retry_after="2", times=1)
    async with sending(configured):
        await world.update(items, name="甲")
        waiting = await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["failures"] == 1)
        assert waiting["retry_at"] is not None
        failing = await subscriber.call("GET", f"/{opened['id']}/deliveries", params={"state": "failing"})
        assert [one["attempts"] for one in failing.json()["items"]] == [1]
        await drained(subscriber, opened["id"])
    first, *rest = receiver.received("asks-for-time")
    assert rest[0]["at"] - first["at"] >= 1.9
    assert (await subscriber.get(opened["id"]))["failures"] == 0


async def test_gone_disables_and_resuming_goes_on_with_the_oldest_that_was_not_acknowledged(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, impatient: None
) -> None:
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "gone", filter=wanted)
    receiver.tell("gone", mode="status", status=410, times=1)
    async with sending(configured):
        await world.update(items, name="甲")
        stood = await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["state"] == "disabled")
        assert "410" in stood["state_reason"]
        await world.update(items, name="乙")
        assert (await subscriber.get(opened["id"]))["last_sequence"] == 1
        assert (await subscriber.call("POST", f"/{opened['id']}/resume")).status_code == 200
        await drained(subscriber, opened["id"])
    assert [(one["sequence"], one["version"]) for one in receiver.received("gone")] == [(1, 2), (1, 2), (2, 3)]
    told = [event.type for event in await world.events(["subscription.disabled", "subscription.resumed"])
            if event.refs["subscription"] == opened["id"]]  # fmt: skip
    assert told == ["subscription.disabled", "subscription.resumed"]


async def test_after_the_last_attempt_a_subscription_is_disabled_and_nothing_of_it_is_dropped(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(rules, "SCHEDULE", (0.05, 0.05))
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "never", filter=wanted)
    receiver.tell("never", mode="status", status=400)
    async with sending(configured):
        await world.update(items, name="甲")
        await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["state"] == "disabled")
        assert len(receiver.received("never")) == 3
        receiver.tell("never", mode="ok")
        await subscriber.call("POST", f"/{opened['id']}/resume")
        await drained(subscriber, opened["id"])


async def test_one_event_that_an_endpoint_cannot_digest_holds_up_its_item_alone(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, impatient: None
) -> None:
    items, wanted = await a_kind(world, 4)
    kind = wanted["kinds"][0]
    opened = await hooked(subscriber, receiver, "poison", filter=wanted)
    receiver.tell("poison", mode="status", status=500, subject=f"{kind}/{items[0]}", times=6)
    async with sending(configured):
        await world.update(items, name="甲")
        await world.update(items, name="乙")
        await drained(subscriber, opened["id"])
    got = receiver.received("poison")
    fine = [one for one in got if one["mode"] == "ok"]
    assert in_order(fine, items)
    assert {one["sequence"] for one in fine} == set(range(1, 9))
    others = [one["at"] for one in fine if not one["subject"].endswith(str(items[0]))]
    last_poison = max(one["at"] for one in fine if one["subject"].endswith(str(items[0])))
    assert max(others) < last_poison


@pytest.mark.req("ZZ-42")
async def test_an_endpoint_that_hangs_or_fails_delays_nobody_else(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world, 30)
    for hook, mode in (("hangs", {"mode": "hang"}), ("refuses", {"mode": "status", "status": 503})):
        await hooked(subscriber, receiver, hook, filter=wanted)
        receiver.tell(hook, **mode)
    nobody = await subscriber.open(f"http://127.0.0.1:{free_port()}/", filter=wanted)
    well = await hooked(subscriber, receiver, "well", filter=wanted)
    async with sending(configured):
        await world.update(items, name="甲")
        await drained(subscriber, well["id"])
        last = max(one["at"] for one in receiver.received("well"))
        stood = await until_read(lambda: subscriber.get(nobody["id"]), lambda one: one["failures"])
    # In the same run: the healthy one has everything before the first attempt at the hanging one is even over.
    hanging = receiver.received("hangs")
    assert len(receiver.received("well")) == 30
    assert last < hanging[0]["at"] + ATTEMPT_SECONDS
    assert 1 <= len(hanging) <= configured.webhook_concurrency
    assert (stood["outstanding"], stood["last_sequence"]) == (30, 30)


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
        assert (answer.status_code, answer.json()) == (202, {"from_sequence": 3, "until_sequence": 6})
        await until(lambda: len(receiver.received("replays")) == 10)
        await drained(subscriber, opened["id"])
    got = receiver.received("replays")
    first = {one["sequence"]: one["id"] for one in got[:6]}
    assert {one["sequence"]: one["id"] for one in got[6:]} == {n: first[n] for n in range(3, 7)}
    assert in_order(got[6:], items)


@pytest.mark.req("ZZ-42")
async def test_a_sender_killed_between_an_answer_and_its_saving_loses_nothing_and_keeps_the_order(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, tmp_path: Path
) -> None:
    items, wanted = await a_kind(world, 10)
    await world.run("UPDATE qingdan.subscription SET state = 'paused' WHERE state = 'active'")
    opened = await hooked(subscriber, receiver, "killed", filter=wanted)
    log = tmp_path / "senders.log"
    doomed = SenderProcess(configured, log, crash_point="between-answer-and-saving:2")
    try:
        await world.update(items[:1], name="甲")
        await until_read(lambda: subscriber.get(opened["id"]), lambda stood: stood["delivered_at"], 40)
        # At least one of these is answered before the next saving, which never ends.
        await world.update(items[1:], name="甲")
        for name in "乙丙丁戊":
            await world.update(items, name=name)
        await until(lambda: doomed.ended is not None, 40)
    finally:
        doomed.kill()
    assert len(receiver.received("killed")) > 1
    other = SenderProcess(configured, log)
    try:
        stood = await drained(subscriber, opened["id"])
    finally:
        other.kill()
    everything = receiver.received("killed")
    assert stood["last_sequence"] == 50
    assert {one["sequence"] for one in everything} == set(range(1, 51))
    assert len(everything) > 50, "what was answered and not saved comes again"
    assert all(len({one["id"] for one in everything if one["sequence"] == n}) == 1 for n in range(1, 51))
    assert in_order(everything, items)


async def listeners(world: World) -> int:
    """Processes that listen for the bell: what has begun to work."""
    rows = await world.run(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'"
    )
    return int(rows[0]["n"])


async def test_two_sender_processes_share_the_work_and_one_takes_over_from_the_other(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings, tmp_path: Path
) -> None:
    items, wanted = await a_kind(world, 3)
    opened = await hooked(subscriber, receiver, "shared", filter=wanted)
    log = tmp_path / "senders.log"
    first = SenderProcess(configured, log)
    second = None
    try:
        await world.update(items, name="甲")
        await until(lambda: len(receiver.received("shared")) == 3, 40)
        before = await listeners(world)
        second = SenderProcess(configured, log)
        await until_read(lambda: listeners(world), lambda count: count > before, 40)
        await world.update(items, name="乙")
        await drained(subscriber, opened["id"])
        first.kill()
        killed = time.time()
        await world.update(items, name="丙")
        await until(lambda: len({one["sequence"] for one in receiver.received("shared")}) == 9)
    finally:
        first.kill()
        if second is not None:
            second.kill()
    got = receiver.received("shared")
    assert len(got) == 9, "nobody else sends what one has leased"
    assert max(one["at"] for one in got) - killed < 10
