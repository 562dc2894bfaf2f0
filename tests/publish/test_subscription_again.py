"""Sending again: what is missing, of an item, of a time; what cannot be taken is put aside; and without order."""

from __future__ import annotations

from uuid import UUID

import pytest

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions import rules
from services.publish.subscriptions.parking import service as parking
from services.publish.subscriptions.sending import results
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.publish.subscribing import (
    ENDPOINT,
    Subscriber,
    a_kind,
    client_token,
    drained,
    hooked,
    match,
    problem,
    sending,
    until,
    until_read,
)
from tests.publish.world import World


async def test_only_numbers_that_were_given_can_be_asked_for(world: World, subscriber: Subscriber) -> None:
    items, wanted = await a_kind(world)
    opened = await subscriber.open(ENDPOINT, filter=wanted)
    await world.update(items, name="甲")
    await match(world.engine)
    path = f"/{opened['id']}"
    for body, pointer in (
        ({"sequences": [1, 2]}, "/sequences/1"),
        ({"ranges": [{"from_sequence": 1, "until_sequence": 10**15}]}, "/ranges/0"),
        ({"ranges": [{"from_sequence": 2, "until_sequence": 1}]}, "/ranges/0"),
        ({}, ""),
        ({"sequences": [0]}, "/sequences/0"),
        ({"sequences": ["x"]}, "/sequences/0"),
        ({"sequences": [2**63]}, "/sequences/0"),
    ):
        answer = await subscriber.call("POST", f"{path}/gaps", json=body)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], answer.text
    for body in (
        {}, {"from_sequence": 1, "items": [str(items[0])]}, {"until_sequence": 1, "items": [str(items[0])]},
        {"from_time": "2026-01-02T00:00:00Z", "until_time": "2026-01-01T00:00:00Z"},
        {"from_time": "2026-01-02T00:00:00"}, {"items": [str(new_id())]}, {"from_time": "2999-01-02T00:00:00Z"},
    ):  # fmt: skip
        assert (await subscriber.call("POST", f"{path}/replay", json=body)).status_code == 422, body
    reading = await subscriber.open(None, filter=wanted)
    problem(await subscriber.call("POST", f"/{reading['id']}/gaps", json={"sequences": [1]}), 409, "no_endpoint")
    for act, method in (("/parked/1/resend", "POST"), ("/parked/1", "DELETE")):
        problem(await subscriber.call(method, path + act), 404, "not_parked")
    problem(await subscriber.call("POST", f"{path}/deliveries/7/park"), 409, "not_outstanding")
    await subscriber.call("PUT", path, json={"name": "一体机", "endpoint": ENDPOINT}, headers={"If-Match": '"1"'})
    problem(await subscriber.call("POST", f"{path}/deliveries/2/park"), 409, "not_outstanding")  # a notice is none
    assert (await subscriber.call("POST", f"{path}/deliveries/1/park")).status_code == 204
    subscriber.token = client_token(subscriber.configured, subscriber.account, "subscriptions.read")
    for act in ("/gaps", "/parked/1/resend", "/deliveries/1/park"):
        refused = await subscriber.call("POST", path + act, json={"sequences": [1]})
        problem(refused, 403, "insufficient_scope")
    assert [one["sequence"] for one in (await subscriber.call("GET", f"{path}/parked")).json()["items"]] == [1]
    subscriber.token = client_token(subscriber.configured)
    problem(await subscriber.call("GET", f"{path}/parked"), 404, "subscription_not_found")


async def test_just_what_is_missing_comes_again_also_by_item_and_by_time(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world, 3)
    opened = await hooked(subscriber, receiver, "gaps", filter=wanted)
    path = f"/{opened['id']}"
    async with sending(configured):
        for name in "甲乙丙":
            await world.update(items, name=name)
        await drained(subscriber, opened["id"])
        first = {one["sequence"]: one["id"] for one in receiver.received("gaps")}
        assert sorted(first) == list(range(1, 10))
        body = {"sequences": [2, 9, 9], "ranges": [{"from_sequence": 4, "until_sequence": 5}]}
        asked = await subscriber.call("POST", f"{path}/gaps", json=body)
        assert (asked.status_code, asked.json()) == (202, {"from_sequence": 2, "until_sequence": 9, "events": 4})
        await until(lambda: len(receiver.received("gaps")) == 13)
        await drained(subscriber, opened["id"])
        again = receiver.received("gaps")[9:]
        assert {one["sequence"]: one["id"] for one in again} == {n: first[n] for n in (2, 4, 5, 9)}
        asked = await subscriber.call("POST", f"{path}/replay", json={"items": [str(items[1])]})
        assert asked.json()["events"] == 3
        await until(lambda: len(receiver.received("gaps")) == 16)
        assert {one["subject"][-36:] for one in receiver.received("gaps")[13:]} == {str(items[1])}
        await drained(subscriber, opened["id"])
        (at,) = await world.run("SELECT recorded_at FROM qingdan.feed_entry WHERE id = :id", id=UUID(first[7]))
        asked = await subscriber.call("POST", f"{path}/replay", json={"from_time": at["recorded_at"].isoformat()})
        assert asked.json() == {"from_sequence": 7, "until_sequence": 9, "events": 3}
        await until(lambda: len(receiver.received("gaps")) == 19)
        await drained(subscriber, opened["id"])
    left = await world.run("SELECT count(*) AS n FROM qingdan.delivery_wanted")
    assert left[0]["n"] == 0


@pytest.mark.parametrize(("act", "body"), [("/gaps", {"sequences": [1]}), ("/replay", {"from_sequence": 1})])
async def test_what_was_acknowledged_a_moment_before_it_is_asked_for_again_comes_again(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings,
    monkeypatch: pytest.MonkeyPatch, act: str, body: dict[str, object],
) -> None:  # fmt: skip
    monkeypatch.setattr(results, "GATHER_SECONDS", 1.0)  # the answer is not saved when it is asked for
    items, wanted = await a_kind(world)
    hook = f"forgets{act[1:]}"
    opened = await hooked(subscriber, receiver, hook, filter=wanted)
    async with sending(configured):
        await world.update(items, name="甲")
        await until(lambda: len(receiver.received(hook)) == 1)
        assert (await subscriber.get(opened["id"]))["outstanding"] == 1
        assert (await subscriber.call("POST", f"/{opened['id']}{act}", json=body)).status_code == 202
        await until(lambda: len(receiver.received(hook)) == 2)
        await drained(subscriber, opened["id"])
    assert [one["sequence"] for one in receiver.received(hook)] == [1, 1]
    (row,) = await world.run(
        "SELECT c.queued - d.done AS left FROM qingdan.subscription_cursor AS c"
        " JOIN qingdan.subscription_sending AS d USING (subscription_id) WHERE subscription_id = :id",
        id=UUID(opened["id"]),
    )  # fmt: skip
    assert row["left"] == 0


async def acknowledged(world: World, subscription: UUID, until: int) -> None:
    """The receiver has taken everything up to a number."""
    await world.run(
        "WITH gone AS (DELETE FROM qingdan.delivery WHERE subscription_id = :id AND sequence <= :until RETURNING 1)"
        " UPDATE qingdan.subscription_sending SET done = done + (SELECT count(*) FROM gone)"
        " WHERE subscription_id = :id",
        id=subscription, until=until,
    )  # fmt: skip


async def test_more_than_the_window_has_room_for_is_sent_again_as_there_is_room(
    world: World, subscriber: Subscriber
) -> None:
    list_id = await world.new_list()
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [world.lists[list_id]]})
    mine = UUID(opened["id"])
    items = await world.add(list_id, [world.elements(number) for number in range(699)])
    await world.enact(list_id)
    await world.publish()
    await match(world.engine)
    await acknowledged(world, mine, 500)
    await world.update(items, name="甲")
    await match(world.engine)
    body = {"ranges": [{"from_sequence": 1, "until_sequence": 500}]}
    assert (await subscriber.call("POST", f"/{mine}/gaps", json=body)).json()["events"] == 500
    await match(world.engine)
    outstanding = "SELECT count(*) AS n, min(sequence) AS first FROM qingdan.delivery WHERE subscription_id = :id"
    wanted = "SELECT count(*) AS n FROM qingdan.delivery_wanted WHERE subscription_id = :id"
    (rows,), (left,) = await world.run(outstanding, id=mine), await world.run(wanted, id=mine)
    assert (rows["n"], left["n"]) == (200 + 699, 500), "less than a quarter of the window is free"
    await acknowledged(world, mine, 700)
    await match(world.engine)
    full = rules.WINDOW - rules.FOR_NOTICES
    (rows,), (left,) = await world.run(outstanding, id=mine), await world.run(wanted, id=mine)
    room = full - 699  # beside numbers 701 to 1,399
    assert (rows["first"], rows["n"], left["n"]) == (1, 699 + room, 500 - room)
    for _ in range(2):
        await acknowledged(world, mine, 700)
        await match(world.engine)
    (rows,), (left,) = await world.run(outstanding, id=mine), await world.run(wanted, id=mine)
    assert left["n"] == 0
    stood = await subscriber.get(opened["id"])
    assert (stood["outstanding"], stood["last_sequence"]) == (rows["n"], 1 + 699 + 699)


async def test_an_event_put_aside_lets_the_others_of_its_item_pass_and_can_be_sent_again(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world, 2)
    kind = wanted["kinds"][0]
    opened = await hooked(subscriber, receiver, "parks", filter=wanted)
    receiver.tell("parks", mode="status", status=422, subject=f"{kind}/{items[0]}", times=1)
    path = f"/{opened['id']}"
    async with sending(configured):
        await world.update(items[:1], name="甲")
        await world.update(items[:1], name="乙")
        await until(lambda: len(receiver.received("parks")) == 1)
        await until_read(lambda: subscriber.call("GET", f"{path}/deliveries?state=failing"),
                         lambda answer: answer.json()["items"])  # fmt: skip
        assert (await subscriber.call("POST", f"{path}/deliveries/1/park")).status_code == 204
        await until(lambda: [one["sequence"] for one in receiver.received("parks")] == [1, 2])
        stood = await drained(subscriber, opened["id"])
        assert stood["parked"] == 1
        (parked,) = (await subscriber.call("GET", f"{path}/parked")).json()["items"]
        assert (parked["sequence"], parked["error"], parked["parked_by"]) == (1, "answered 422", opened["owner"])
        assert (await subscriber.call("POST", f"{path}/parked/1/resend")).status_code == 204
        await until(lambda: [one["sequence"] for one in receiver.received("parks")] == [1, 2, 1])
        assert (await drained(subscriber, opened["id"]))["parked"] == 0
    told = [event.type for event in await world.events(["subscription.parked", "subscription.replayed"])
            if event.refs["subscription"] == opened["id"]]  # fmt: skip
    assert told == ["subscription.parked", "subscription.replayed"]


async def test_a_number_is_put_aside_or_outstanding_but_never_both(world: World, subscriber: Subscriber) -> None:
    items, wanted = await a_kind(world)
    opened = await subscriber.open(ENDPOINT, filter=wanted)
    path = f"/{opened['id']}"
    await world.update(items, name="甲")
    await match(world.engine)
    for ask, body in (("/replay", {"from_sequence": 1}), ("/gaps", {"sequences": [1]})):
        # It is put aside after it was asked for, and before the matcher came to it; or before it was asked for.
        for first, second in (((ask, body), ("/deliveries/1/park", None)), (("/deliveries/1/park", None), (ask, body))):
            for act, given in (first, second):
                assert (await subscriber.call("POST", path + act, json=given)).is_success
            await match(world.engine)
            stood = await subscriber.get(opened["id"])
            assert (stood["parked"], stood["outstanding"]) == (0, 1), (first, second)


@pytest.mark.parametrize("status", [422, 500])
async def test_what_a_well_receiver_never_takes_is_put_aside_by_itself_and_can_be_dropped(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings,
    monkeypatch: pytest.MonkeyPatch, status: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(rules, "SCHEDULE", (0.4, 0.4))
    items, wanted = await a_kind(world, 2)
    hook = f"drops-{status}"
    opened = await hooked(subscriber, receiver, hook, filter=wanted)
    receiver.tell(hook, mode="status", status=status, subject=f"{wanted['kinds'][0]}/{items[0]}", times=3)
    path = f"/{opened['id']}"
    async with sending(configured):
        await world.update(items, name="甲")
        await world.update(items, name="乙")
        stood = await until_read(lambda: subscriber.get(opened["id"]),
                                 lambda one: one["parked"] and not one["outstanding"])  # fmt: skip
    assert (stood["state"], stood["last_sequence"]) == ("active", 4)
    (parked,) = (await subscriber.call("GET", f"{path}/parked")).json()["items"]
    assert (parked["attempts"], parked["parked_by"]) in ((2, "system:subscriptions"), (3, "system:subscriptions"))
    assert (await subscriber.call("DELETE", f"{path}/parked/{parked['sequence']}")).status_code == 204
    assert (await subscriber.get(opened["id"]))["parked"] == 0
    assert len(await subscriber.events(opened["id"])) == 4, "what was dropped can still be read"
    (note,) = await world.run(
        "SELECT outcome FROM qingdan.audit WHERE tag = 'system:subscription:park' AND detail->>'subscription' = :id",
        id=opened["id"],
    )
    assert note["outcome"] == "done"


async def test_what_is_no_longer_outstanding_is_not_given_up_and_disables_nothing(
    world: World, subscriber: Subscriber
) -> None:
    items, wanted = await a_kind(world)
    opened = await subscriber.open(ENDPOINT, filter=wanted)
    await world.update(items, name="甲")
    await match(world.engine)
    mine = UUID(opened["id"])
    assert (await subscriber.call("POST", f"/{mine}/deliveries/1/park")).status_code == 204
    async with begin(world.engine, service="publish", actor="system:test") as tx:
        assert not await parking.give_up(tx, mine, 1, "answered 500", "三天")
    assert (await subscriber.get(opened["id"]))["state"] == "active"


async def test_without_an_order_a_failing_event_holds_back_nothing_of_its_item(
    world: World, subscriber: Subscriber, receiver: ReceiverProcess, configured: Settings
) -> None:
    items, wanted = await a_kind(world)
    opened = await hooked(subscriber, receiver, "unordered", filter=wanted, ordering="none")
    receiver.tell("unordered", mode="status", status=422, times=1)
    async with sending(configured):
        for name in "甲乙丙":
            await world.update(items, name=name)
        await until(lambda: {one["sequence"] for one in receiver.received("unordered")} >= {1, 2, 3})
        stood = await until_read(lambda: subscriber.get(opened["id"]), lambda one: one["outstanding"] == 1)
        assert stood["ordering"] == "none"
        # Asked for an order again, the window begins anew with what waits.
        answer = await subscriber.call("PUT", f"/{opened['id']}", json={
            "name": "一体机", "endpoint": receiver.url("unordered"), "filter": wanted, "ordering": "item",
            "requests_per_second": 20, "concurrency": 2,
        }, headers={"If-Match": f'"{stood["version"]}"'})  # fmt: skip
        assert (answer.json()["ordering"], answer.json()["concurrency"]) == ("item", 2)
        assert answer.json()["filter_version"] == 1
