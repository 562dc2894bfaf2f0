"""Senders as processes: one that is killed loses nothing, several share the work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from deploy.demo.receiving import ReceiverProcess
from shared.settings import Settings
from tests.publish.subscribing import SenderProcess, Subscriber, a_kind, drained, hooked, in_order, until, until_read
from tests.publish.world import World


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
    assert max(one["at"] for one in got) - killed < 30, (
        "whoever is left takes over when the session is gone, not when a time is over"
    )
