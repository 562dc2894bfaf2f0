"""The backbone's stream: nothing is lost, nothing is there twice, order holds, whoever is killed; secrets are gone."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.backbone import repository
from services.publish.backbone.rules import Known, Wanted
from services.publish.backbone.service import Figures, Sink, Writer
from services.publish.backbone.stream import Server
from shared import doctor
from shared.identifiers import new_id
from shared.ledger import diagnosis
from shared.ledger.bell import Bell
from shared.ledger.envelope import NewEvent
from tests.publish.nats_cluster import NAMES, Cluster, cluster, eventually, read_all
from tests.publish.world import REGION, World

BEHIND = "SELECT max(sequence) AS head FROM qingdan.feed_entry"


@pytest_asyncio.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("nats")) as started:
        await started.ready()
        yield started


@pytest_asyncio.fixture(autouse=True)
async def _nobody_left(servers: Cluster) -> AsyncIterator[None]:
    yield
    await servers.leave()


@pytest_asyncio.fixture(scope="module")
async def bell(database_url: str) -> AsyncIterator[Bell]:
    ringing = Bell(make_url(database_url), role="publish")
    await ringing.start()
    yield ringing
    await ringing.stop()


def sink(engine: AsyncEngine, bell: Bell, servers: Cluster, name: str, **more: Any) -> Sink:
    known = [Server(url, None, Path()) for url in servers.urls]
    wanted = Wanted(**({"name": name, "prefix": name, "replicas": 3, "storage": "file", "duplicate_seconds": 1} | more))
    return Sink(engine, bell, known, wanted, 0.2, lambda figures: None, acknowledged_seconds=2.0)


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def leader_of(client: Any, stream: str) -> str:
    info = await client.jetstream(timeout=1).stream_info(stream)
    assert info.cluster.leader in NAMES
    return str(info.cluster.leader)


async def level(world: World, stream: str) -> int:
    """Wait until the stream has everything; the last number of the feed."""
    (row,) = await world.run(BEHIND)

    async def look() -> None:
        found = await world.run("SELECT position FROM qingdan.backbone_progress WHERE stream = :s", s=stream)
        assert found
        assert found[0]["position"] == row["head"]

    await eventually(look)
    return int(row["head"])


def events(messages: list[Any]) -> list[dict[str, Any]]:
    return [json.loads(message.data) for message in messages]


class Killed(BaseException):
    """Ends the sink where a process would be killed."""


async def kept_alive(*make: Any) -> None:
    """What a supervisor does."""
    while True:
        with contextlib.suppress(Killed):
            await sink(*make).run()


async def upheaval(world: World, items: list[UUID], servers: Cluster, client: Any) -> None:
    """Six waves of changes; the stream's leader is killed and comes back, then another server is."""
    for turn in range(6):
        await world.update([items[0], *items[turn + 1 :: 3]], consult_phone=f"020-{turn}")
        if turn == 1:
            leader = await eventually(lambda: leader_of(client, "KILLED"))
            servers.kill(leader)
        if turn == 3:
            servers.start(leader)
            await servers.ready()
        if turn == 4:
            servers.kill(other := next(name for name in servers.ports if name != leader))
    servers.start(other)


async def test_nothing_is_lost_or_twice_while_servers_and_the_sink_are_killed(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.publish.backbone.service.BATCH", 40)
    _, items = await world.enacted(120)
    keep, kills = Writer._keep, iter(range(4))

    async def killed_before_commit(self: Writer, known: Known) -> None:
        if known.position > self.known.position and next(kills, None) is not None:
            raise Killed
        await keep(self, known)

    monkeypatch.setattr(Writer, "_keep", killed_before_commit)
    client = await servers.client()
    async with running(kept_alive(engine, bell, servers, "KILLED")):
        await upheaval(world, items, servers, client)
        head = await level(world, "KILLED")
        messages = await read_all(client, "KILLED")
    await client.close()
    assert next(kills, None) is None, "it was killed between acknowledgement and commit"
    told = events(messages)
    assert [int(event["sequence"]) for event in told] == list(range(1, head + 1))
    assert len({event["id"] for event in told}) == head
    assert {message.headers["Nats-Msg-Id"] for message in messages} == {event["id"] for event in told}
    phones = [event["data"]["item"]["elements"].get("consult_phone") for event in told
              if event["subject"].endswith(str(items[0]))]  # fmt: skip
    assert phones[-1] == "020-5"
    assert [event["data"]["version"] for event in told if event["subject"].endswith(str(items[0]))] == list(range(1, 8))
    kind = world.lists[world.of_list[items[0]]]
    assert f"KILLED.{REGION}.{kind}.{items[0]}" in {message.subject for message in messages}


async def test_after_a_restore_readers_are_told_and_what_was_void_comes_anew(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster
) -> None:
    _, items = await world.enacted(2)
    client = await servers.client()
    async with running(sink(engine, bell, servers, "RESTORED").run()):
        head = await level(world, "RESTORED")
    before, after = (await world.run("SELECT epoch FROM qingdan.log_head"))[0]["epoch"], new_id()
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=after)
    await world.run("UPDATE qingdan.backbone_progress SET position = position - 2 WHERE stream = 'RESTORED'")
    async with (
        running(sink(engine, bell, servers, "RESTORED").run()),
        running(sink(engine, bell, servers, "RESTORED").run()),
    ):
        await world.update(items, name="恢复之后的名称")
        end = await level(world, "RESTORED")
        told = events(await read_all(client, "RESTORED"))
    await client.close()
    assert [int(event["sequence"]) for event in told[:head]] == list(range(1, head + 1))
    resync = told[head]
    assert resync["type"] == "cn.qingdan.subscription.resync.v1"
    assert resync["data"] == {"reason": "restored", "last_valid_sequence": head - 2, "epoch": str(after),
                              "previous_epoch": str(before), "lists": "/publish/v1/lists"}  # fmt: skip
    assert [int(event["sequence"]) for event in told[head + 1 :]] == list(range(head - 1, end + 1))


async def test_a_stream_that_is_set_up_otherwise_is_told_and_one_that_was_lost_is_written_again(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster
) -> None:
    await world.enacted(2)
    client = await servers.client()
    jetstream = client.jetstream(timeout=5)
    await jetstream.add_stream(name="LOOSE", subjects=["LOOSE.>"], num_replicas=1, duplicate_window=0.5)
    told: list[Figures] = []
    one = sink(engine, bell, servers, "LOOSE")
    one.tell = told.append
    async with running(one.run()):
        head = await level(world, "LOOSE")
    assert told[-1].problems == [
        "it has 1 replicas and not 3", "its duplicate window is 0.5 s and not 1 s"]  # fmt: skip
    assert (told[-1].position, told[-1].lag, told[-1].failures) == (head, 0, 0)
    async with engine.connect() as connection:
        found = {row["stream"]: row["problems"] for row in await diagnosis.backbone(connection)}
    assert found["LOOSE"] == told[-1].problems
    await jetstream.delete_stream("LOOSE")
    async with running(sink(engine, bell, servers, "LOOSE").run()):
        await eventually(lambda: client.jetstream(timeout=0.5).get_msg("LOOSE", seq=head))
        messages = await read_all(client, "LOOSE")
    await client.close()
    assert [int(event["sequence"]) for event in events(messages)] == list(range(1, head + 1))


async def test_a_backbone_that_is_away_fails_alone_and_says_so(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster
) -> None:
    told: list[Figures] = []
    one = Sink(engine, bell, [Server("nats://127.0.0.1:1", None, Path())], sink(engine, bell, servers, "AWAY").wanted,
               0.2, told.append)  # fmt: skip
    async with running(one.run()):
        await world.enacted()

        async def look() -> None:
            assert told
            assert told[-1].failures >= 2
            assert told[-1].lag > 0

        await eventually(look)
    async with engine.connect() as connection:
        (row,) = [row for row in await diagnosis.backbone(connection) if row["stream"] == "AWAY"]
    assert row["failures"] >= 1, "the last one may have been told and not written yet when the sink was ended"
    assert row["lag"] > 0
    assert any("AWAY" in line for line in doctor.of_backbone([row | {"failures": 21}]))


async def test_a_worker_that_failed_alarms_nobody_once_another_one_writes(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster
) -> None:
    told: list[Figures] = []
    wanted = sink(engine, bell, servers, "OTHER").wanted
    one = Sink(engine, bell, [Server("nats://127.0.0.1:1", None, Path())], wanted, 0.2,
               lambda figures: told.append(replace(figures)))  # fmt: skip

    async def fails() -> None:
        assert told
        assert told[-1].failures > 0

    async def is_quiet() -> None:
        assert (told[-1].failures, told[-1].lag) == (0, 0)

    async with running(one.run()), engine.connect() as another:
        await eventually(fails)

        async def takes_over() -> None:
            assert await repository.lease(another, wanted.name)

        await eventually(takes_over)
        await eventually(is_quiet)
        await repository.release(another, wanted.name)


# The last one: what it takes out is missing in every stream that is written afterwards.
async def test_what_is_withdrawn_or_hidden_is_taken_out_of_the_stream(
    world: World, engine: AsyncEngine, bell: Bell, servers: Cluster
) -> None:
    list_id, items = await world.enacted(3, inner_note="内部掌握的口径", consult_phone="020-7654321")
    client = await servers.client()
    async with running(sink(engine, bell, servers, "SECRET").run()):
        await level(world, "SECRET")
        await world.change(items[:1], audience="staff", name="涉密事项名称")
        await world.tell(world.event("item.updated", items[:1]))
        await world.new_profile(world.lists[list_id], ["inner_note"])
        await world.tell(NewEvent(type="profile.versioned", list_kind=world.lists[list_id]))
        await world.publish()
        await level(world, "SECRET")
        messages = await read_all(client, "SECRET")
    await client.close()
    held = b"".join(message.data for message in messages).decode()
    assert "内部掌握的口径" not in held
    assert "涉密事项名称" not in held
    of_secret = [event for event in events(messages) if event["subject"].endswith(str(items[0]))]
    assert [(event["type"], "data" in event) for event in of_secret] == [("cn.qingdan.item.withdrawn.v1", False)]
    shown = [event for event in events(messages) if event["subject"].endswith(str(items[1]))]
    assert shown
    assert all("consult_phone" in event["data"]["item"]["elements"] for event in shown)
