"""The tasks of the exchange: each platform has its own, and one that is down delays no other."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry, Gauge

from deploy.simulator.running import Simulator, simulator
from services.publish.platform import jobs, rules, service
from services.publish.platform.jobs import Exchange as Tasks
from services.publish.platform.peers import repository as peers
from services.publish.platform.transports.contract import PeerFailure
from shared import clock
from shared.settings import Settings
from tests.publish.platform_world import Exchange, eventually, exchange, published
from tests.publish.world import World


async def test_a_platform_that_is_down_delays_no_other(
    world: World, platform: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Settings(peer_seconds=2, peer_look_seconds=0.05, peer_pull_seconds=0.1)
    monkeypatch.setattr("services.publish.platform.jobs.settings.load", lambda: quick)
    list_id, items = await published(world, 3)
    with simulator(tmp_path / "other") as other:
        down = await exchange(world, platform, world.lists[list_id], batch_size=1)
        well = await exchange(world, other, world.lists[list_id])
        platform.say(down=True)
        work = Tasks()
        await world.run("UPDATE qingdan.peer SET state = 'paused' WHERE NOT id = ANY (:ids)",
                        ids=[down.partner.id, well.partner.id])  # fmt: skip
        await work.tick(world.engine)
        await eventually(lambda: _as_many(other, 3))
        for number in range(3):
            await world.update(items[number : number + 1], name=f"停机期间第{number}次改名")
        await eventually(lambda: _all_accepted(well, 6))
        (status,) = await world.run("SELECT * FROM qingdan.peer_progress WHERE peer_id = :id", id=down.partner.id)
        assert status["failures"] >= 1
        # Cut off, or on a busy machine not answered in time: both are told.
        assert status["last_error"].startswith("无法连接或未及时应答（")
        await well.assert_equal()
        platform.say(down=False)
        await eventually(lambda: _as_many(platform, 3))
        await eventually(lambda: _nothing_left(down))
        await world.run("UPDATE qingdan.peer SET state = 'paused'")
        await work.tick(world.engine)
        assert work.tasks == {}
        await down.assert_equal()


async def _as_many(platform: Simulator, count: int) -> bool:
    return len(await asyncio.to_thread(platform.items)) == count


async def _all_accepted(talk: Exchange, count: int) -> bool:
    return len(await talk.rows("accepted")) == count


async def _nothing_left(talk: Exchange) -> bool:
    return not await talk.rows("waiting") and not await talk.rows("sending")


def figures(code: str) -> dict[str, float]:
    """What is told of a platform's failures, by metric."""
    return {
        sample.name + sample.labels.get("about", ""): sample.value
        for gauge in (jobs.FAILURES, jobs.ASKING_FAILURES)
        for metric in gauge.collect()
        for sample in metric.samples
        if sample.labels["peer"] == code
    }


async def test_a_platform_that_is_paused_leaves_no_figure_that_alarms(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Settings(peer_seconds=2, peer_look_seconds=0.05, peer_pull_seconds=0.1)
    monkeypatch.setattr("services.publish.platform.jobs.settings.load", lambda: quick)
    platform.say(down=True)
    list_id, _ = await published(world, 1)
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    talk = await exchange(world, platform, world.lists[list_id])
    work, code = Tasks(), talk.partner.code
    await work.tick(world.engine)

    async def alarming() -> bool:
        return len([value for value in figures(code).values() if value]) == 2

    await eventually(alarming)
    assert set(figures(code)) == {
        "qingdan_platform_failures", "qingdan_platform_asking_failuresfeedback",
        "qingdan_platform_asking_failurescatalogue",
    }  # fmt: skip
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    await work.tick(world.engine)
    assert figures(code) == {}


async def test_two_workers_that_take_turns_at_a_platform_that_takes_nothing_both_count_on(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RETRY_MOST", 0.05)
    platform.say(fail=10_000, delay=0.2)
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    told = [Gauge("failures", "of a worker of its own", registry=CollectorRegistry()) for _ in range(2)]
    workers = [asyncio.create_task(jobs._keep(talk.talk, service.push, 0.01, gauge)) for gauge in told]

    async def counted() -> bool:
        return max(gauge._value.get() for gauge in told) > 5

    try:
        await eventually(counted, 20)
        platform.say(fail=0, delay=0)

        async def forgotten() -> bool:
            return not any(gauge._value.get() for gauge in told)

        await eventually(forgotten)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def test_a_platform_whose_way_cannot_be_opened_is_tried_again_and_alarms_until_it_is_paused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> None:
        raise RuntimeError("no such way")

    monkeypatch.setattr("services.publish.platform.peers.partner.Partner.way", lambda *_: None)
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    talk = await exchange(world, None, "none")
    monkeypatch.setattr("services.publish.platform.peers.partner.Partner.way", closed)
    work, code = Tasks(), talk.partner.code
    for _ in range(3):
        await work.tick(world.engine)
        (_, task) = work.tasks[talk.partner.id]
        await asyncio.wait({task})
    assert figures(code) == {"qingdan_platform_failures": 3}
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    await work.tick(world.engine)
    assert figures(code) == {}


async def test_a_platform_without_feedback_has_its_catalogue_read_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Settings(peer_seconds=2, peer_look_seconds=0.05, peer_pull_seconds=0.1)
    monkeypatch.setattr("services.publish.platform.jobs.settings.load", lambda: quick)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *_ = (await reader.readuntil(b"\r\n\r\n")).splitlines()
        entry = {"ITEM_ID": "MU-1", "TASK_VERSION": 1, "AUDIT_ITEM": {"TASK_NAME": "食品经营许可"}}
        told = {"list": [entry] if b"since=0" in line else [], "LASTTIMESTAMP": 5, "LASTID": "MU-1"}
        body = orjson.dumps({"STATUS": {"CODE": "00", "TEXT": ""}, "data": told})
        status = b"200 OK" if b"/catalogue" in line else b"404 Not Found"
        writer.write(b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    list_id = await world.new_list()
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    simulated = SimpleNamespace(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    talk = await exchange(world, simulated, "none", mirror=list_id)
    work = Tasks()
    await work.tick(world.engine)

    async def pulled() -> list[Any]:
        return await world.run("SELECT * FROM qingdan.pulled_entry WHERE peer_id = :peer", peer=talk.partner.id)

    (entry,) = await eventually(pulled)
    assert entry["external_id"] == "MU-1"

    async def failing() -> bool:
        return figures(talk.partner.code)["qingdan_platform_asking_failuresfeedback"] > 0

    await eventually(failing)
    await world.run("UPDATE qingdan.peer SET state = 'paused'")
    await work.tick(world.engine)
    server.close()


async def test_that_questions_are_answered_does_not_hide_that_nothing_is_taken(
    world: World, platform: Simulator
) -> None:
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    platform.say(fail=1)
    with pytest.raises(PeerFailure) as failure:
        await service.push(talk.talk)
    async with world.engine.begin() as connection:
        await peers.note_failure(connection, talk.partner.id, str(failure.value), clock.now())
    await talk.ask()

    async def stands() -> tuple[int, str | None]:
        (row,) = await world.run("SELECT * FROM qingdan.peer_progress WHERE peer_id = :id", id=talk.partner.id)
        return row["failures"], row["last_error"]

    assert await stands() == (1, "平台应答 HTTP 503")
    await talk.drain()
    assert await stands() == (0, None)
