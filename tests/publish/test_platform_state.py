"""What people see of an item's exchange and do about it; full pushes, throttling, and platforms that lie."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from deploy.simulator.running import SOURCE, Simulator
from services.publish.platform import jobs
from services.publish.platform.comparisons import service as comparisons
from services.publish.platform.pushes import repository, service
from services.publish.platform.service import push
from services.publish.platform.transports.contract import PeerFailure
from shared import clock
from shared.ledger import operations
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from tests.publish.platform_world import Exchange, begun, eventually, exchange, published
from tests.publish.subscribing import Subscriber, staff_token
from tests.publish.world import REGION, World


def signed(subscriber: Subscriber, role: str = "administrator", region: str = "000000000000") -> dict[str, str]:
    return {"Authorization": f"Bearer {staff_token(subscriber.configured, role, region)}"}


async def pushed(world: World, talk: Exchange) -> Running:
    """A full push that was asked for and taken by a worker."""
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        operation = await service.start(tx, talk.partner)
    async with world.engine.begin() as connection:
        row = await operations.claim(connection, operation, "publish")
    assert row is not None
    return Running(world.engine, row)


async def talk_until_it_fails(talk: Exchange) -> None:
    while await push(talk.talk):
        pass


@pytest.mark.req("ZL-02")
async def test_an_items_exchange_is_seen_by_its_people_and_one_row_is_sent_again(
    world: World, platform: Simulator, subscriber: Subscriber
) -> None:
    talk, items = await begun(world, platform, 2)
    portal, code = subscriber.portal, talk.partner.code
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q07", REMARK="误退",
                 TABLE_ROW_GUID=str((await talk.rows())[0]["row_guid"]))  # fmt: skip
    await talk.ask()
    path = f"/publish/v1/items/{items[0]}/exchange"
    answer = await portal.get(path, params={"peer": code}, headers=signed(subscriber, "compiler", REGION))
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["peers"]
    assert (told["state"], told["state_title"], told["err_type"], told["remark"], told["accepted_version"]) == (
        "rejected", "平台已退回", "Q07", "误退", None
    )  # fmt: skip
    assert (await portal.get(path, headers=signed(subscriber, "compiler", "130922000000"))).status_code == 404
    assert (await portal.get(path)).status_code == 401
    stranger = "01890a5d-ac96-774b-bcce-b302099a8057"
    assert (await portal.get(f"/publish/v1/items/{stranger}/exchange", headers=signed(subscriber))).status_code == 404

    async def retry(item: object, **who: str) -> httpx.Response:
        headers = signed(subscriber, **who) | {"Idempotency-Key": f"k{clock.now().timestamp()}"}
        return await portal.post(f"/publish/v1/peers/{code}/rows/{item}/retry", headers=headers)

    assert (await retry(items[0], role="auditor")).status_code == 403
    again = await retry(items[0])
    assert (again.status_code, again.json()["state"], again.json()["task_version"]) == (200, "waiting", 2), again.text
    assert (await retry(items[0])).json()["code"] == "row_on_its_way"
    assert (await retry(stranger)).json()["code"] == "peer_row_not_found"
    await talk.drain()
    (told,) = (await portal.get(path, params={"peer": code}, headers=signed(subscriber))).json()["peers"]
    assert (told["state"], told["task_version"], told["accepted_version"]) == ("accepted", 2, 2)
    (event,) = await world.events(["exchange.retried"])
    assert event.item_ids == [items[0]]


async def test_a_full_push_that_is_killed_goes_on_where_it_was_and_sends_each_item_once(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, _ = await begun(world, platform, 25)
    monkeypatch.setattr(service, "STRETCH", 5)
    monkeypatch.setattr(service, "LOOK_SECONDS", 0.02)
    honest, calls = repository.queue, []

    async def dying(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise ConnectionError("killed")
        return await honest(*given, **named)

    monkeypatch.setattr(repository, "queue", dying)
    running = await pushed(world, talk)
    with pytest.raises(ConnectionError):
        await service.run(world.engine, running)
    assert len(await talk.rows("waiting")) == 10
    await talk.drain()  # the exchange has sent what was queued before the push is taken up again
    first, answered = service._watch, []

    async def watching(*given: Any) -> int:
        await talk.drain()
        answered.append(1)
        return await first(*given)

    monkeypatch.setattr(service, "_watch", watching)
    assert await service.run(world.engine, running) == {"items": 25, "rejected": 0, "waiting": 0}
    assert {held["version"] for held in platform.items().values()} == {2}
    assert len(await talk.rows("accepted")) == 50
    (row,) = await world.run("SELECT done, total FROM qingdan.operation WHERE id = :id", id=running.id)
    assert (row["done"], row["total"]) == (25, 25)
    await talk.assert_equal()


@pytest.mark.req("ZL-02")
async def test_a_platform_that_lies_about_what_it_took_is_found_by_the_clock_and_told_of(
    world: World, platform: Simulator
) -> None:
    platform.say(lie=2)
    talk, items = await begun(world, platform, 5)
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert await comparisons.by_clock(world.engine, talk.partner) == 0, "not at once: it has just been registered"
    await world.run("UPDATE qingdan.peer_progress SET compared_at = :at WHERE peer_id = :id",
                    at=clock.now() - timedelta(hours=25), id=talk.partner.id)  # fmt: skip
    await comparisons.by_clock(world.engine, talk.partner)
    await comparisons.by_clock(world.engine, talk.partner)
    (begun_one,) = await world.run(
        "SELECT id FROM qingdan.operation WHERE kind = :kind AND state = 'queued' AND parameters ->> 'peer' = :peer",
        kind=comparisons.KIND,
        peer=talk.partner.code,
    )
    kinds = {comparisons.KIND: operations.OperationKind(kind=comparisons.KIND, run=comparisons.run)}
    await operations.execute(world.engine, "publish", kinds, begun_one["id"])
    assert await comparisons.by_clock(world.engine, talk.partner) == 2
    await talk.drain()
    assert set(platform.items()) == {str(item) for item in items}
    found = await talk.compare()
    assert (found["differences"], found["unkept"]) == (0, 0)
    assert await comparisons.by_clock(world.engine, talk.partner) == 0


async def test_a_batch_that_a_platform_does_not_decide_on_is_told_by_its_age(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform, 1)

    async def undecided() -> float | None:
        await jobs._look_at_batch(talk.talk)
        return REGISTRY.get_sample_value("qingdan_platform_undecided_seconds", {"peer": talk.partner.code})

    assert await undecided() == 0
    await world.update(items, name="改名")
    platform.say(lose=1)
    with pytest.raises(PeerFailure):
        await talk_until_it_fails(talk)
    await world.run("UPDATE qingdan.peer_batch SET made_at = made_at - interval '3 days' WHERE state = 'open'")
    assert 259_200 <= (await undecided() or 0) < 259_300
    await talk.drain()
    assert await undecided() == 0


async def test_a_platform_gets_no_more_rows_a_second_than_it_is_said_to_bear(world: World, platform: Simulator) -> None:
    talk, _ = await begun(world, platform, 1)
    list_id = next(iter(world.lists))
    await world.run("UPDATE qingdan.peer SET rows_per_second = 20 WHERE id = :id", id=talk.partner.id)
    talk.talk.partner = type(talk.partner)(**{**talk.partner.__dict__, "rows_per_second": 20})
    entries = [world.elements(number, base_code=f"0001162{number:02d}000") for number in range(30)]
    items = await world.add(list_id, entries)
    await world.tell(world.event("item.created", items))
    await world.publish()
    at = clock.now()
    await talk.drain()
    assert [rows for _, rows in platform.seen()][1:] == [20, 10]
    assert clock.now() - at >= timedelta(seconds=1.4)
    assert await eventually(lambda: _rested(talk))


async def test_two_workers_together_send_no_more_rows_a_second_than_one(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 60)
    talk = await exchange(world, platform, world.lists[list_id])
    talk.talk.partner = replace(talk.partner, rows_per_second=20)
    workers = [asyncio.create_task(jobs._keep(talk.talk, push, 0.01, None)) for _ in range(2)]

    async def taken() -> bool:
        return len(await talk.rows("accepted")) == 60

    try:
        await eventually(taken)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    (went,) = await world.run(
        "SELECT max(made_at) - min(made_at) AS within, count(*) FROM qingdan.peer_batch WHERE peer_id = :id",
        id=talk.partner.id,
    )
    assert went["count"] == 3
    assert went["within"] >= timedelta(seconds=2)


async def _rested(talk: Exchange) -> bool:
    return not await talk.rows("waiting")
