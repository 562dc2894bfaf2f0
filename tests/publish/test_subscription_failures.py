"""Whatever an endpoint answers: nothing is lost, the order per item stays, and nobody else waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions import rules
from services.publish.subscriptions.sending import repository
from services.publish.subscriptions.sending.results import Result, columns
from shared import clock
from shared.identifiers import new_id
from shared.server_process import free_port
from shared.settings import Settings
from shared.webhook.endpoint import ATTEMPT_SECONDS
from tests.publish.subscribing import Subscriber, a_kind, drained, hooked, in_order, match, sending, until_read
from tests.publish.world import World


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


async def test_a_failure_saved_after_somebody_let_it_go_on_counts_no_more(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess
) -> None:
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "slowly-saved", filter=wanted)
    await world.update(items, name="甲")
    await match(world.engine)
    before = clock.now()
    for act in ("pause", "resume"):
        assert (await subscriber.call("POST", f"/{opened['id']}/{act}")).status_code == 200
    failure = Result(
        id=new_id(), subscription_id=UUID(opened["id"]), sequence=1, at=before, delivered=False, milliseconds=5,
        status=400, error="answered 400", retry_at=before + timedelta(hours=10), failures=3,
        opens_at=before + timedelta(hours=1),
    )  # fmt: skip
    for at, counted in ((before, (0, None, 0)), (clock.now(), (3, failure.opens_at, 1))):
        async with world.engine.begin() as connection:
            await repository.save(connection, columns([replace(failure, id=new_id(), at=at)]))
        [row] = await world.run(
            "SELECT s.failures, s.retry_at, d.attempts FROM qingdan.subscription_sending AS s"
            " JOIN qingdan.delivery AS d USING (subscription_id) WHERE s.subscription_id = :id",
            id=failure.subscription_id,
        )  # fmt: skip
        assert tuple(row.values()) == counted
    log = await subscriber.call("GET", f"/{opened['id']}/attempts")
    assert len(log.json()["items"]) == 2, "what was answered stays in the log"


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


@pytest.mark.parametrize(("act", "body"), [("/gaps", {"sequences": [1]}), ("/replay", {"from_sequence": 1})])
async def test_what_fails_and_is_asked_for_again_does_not_wait_for_its_next_attempt(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings,
    monkeypatch: pytest.MonkeyPatch, act: str, body: dict[str, object],
) -> None:  # fmt: skip
    monkeypatch.setattr(rules, "SCHEDULE", (36_000,) * len(rules.SCHEDULE))
    items, wanted = await a_kind(world)
    hook = f"hurries-{act[1:]}"
    opened = await hooked(subscriber, receiver, hook, filter=wanted)
    receiver.tell(hook, mode="status", status=422)
    async with sending(configured):
        await world.update(items, name="甲")
        failing = f"/{opened['id']}/deliveries?state=failing"
        await until_read(lambda: subscriber.call("GET", failing), lambda answer: answer.json()["items"])
        receiver.tell(hook, mode="ok")
        assert (await subscriber.call("POST", f"/{opened['id']}{act}", json=body)).status_code == 202
        await drained(subscriber, opened["id"])
    assert [(one["sequence"], one["mode"]) for one in receiver.received(hook)] == [(1, "status"), (1, "ok")]
