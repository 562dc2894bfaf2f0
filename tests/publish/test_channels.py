"""Channels: each shows what is published within its window, a copy that was changed is found, people are told."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from deploy.simulator.channel import running
from services.publish.channels import jobs
from services.publish.channels.consumers import follow
from services.publish.channels.states import repository as states
from shared import clock, settings
from shared.ledger.transaction import begin
from shared.webhook.addresses import networks
from tests.publish.channel_world import Channelled
from tests.publish.channel_world import channelled as channelled
from tests.publish.platform_world import eventually
from tests.publish.world import REGION, World
from tests.statements import counted

ATOM = "{http://www.w3.org/2005/Atom}"


async def in_state(channelled: Channelled, code: str, state: str) -> bool:
    return bool((await channelled.copy(code))["state"] == state)


@pytest.mark.req("ZL-38", "QX-40")
async def test_a_copy_that_was_changed_is_found_told_and_put_right(channelled: Channelled) -> None:
    list_id, (item, *_) = await channelled.world.enacted(2)
    await channelled.follow()
    with running(token="secret-of-channel") as server:
        given = channelled.channel("open_data", list_id, put_url=server.url, read_url=server.url, delivery="put")
        given["credential"] = f"channel.{given['code']}"
        (channelled.secrets / given["credential"]).write_text("secret-of-channel\n")
        assert (await channelled.send("POST", "", given)).status_code == 201
        code = given["code"]
        copy = await channelled.look(code, at_once=False)
        assert (copy["state"], copy["shown_revision"], copy["shown_hash"]) == ("current", 1, copy["due_hash"])
        assert copy["shown_sha256"] == copy["sha256"] == hashlib.sha256(server.shown.copies[str(list_id)]).hexdigest()
        assert server.shown.headers[str(list_id)]["Qingdan-List-Hash"] == copy["due_hash"]
        shown, limit = server.shown.copies[str(list_id)], b'"amount":30}'
        assert shown.count(limit) == 2, "of both entries, and in no hash or id"
        server.shown.copies[str(list_id)] = shown.replace(limit, b'"amount":90}')
        tampered = await channelled.look(code)
        assert (tampered["state"], tampered["shown_hash"]) == ("differs", copy["due_hash"])
        assert tampered["shown_sha256"] != tampered["sha256"]
        (task,) = await channelled.tasks(list_id)
        assert (task["title"][:7], task["role"], task["region_code"]) == ("渠道内容不一致", "list_authority", REGION)
        public = (await channelled.client.get(f"/publish/v1/lists/{list_id}/channels")).json()
        assert [(one["code"], one["identical"]) for one in public["items"]] == [(code, False)]
        finding = await channelled.client.get(
            f"/publish/v1/channel-findings/{task['subject'].split('/')[1]}",
            headers=channelled.token(("list_authority", REGION)),
        )
        assert (finding.json()["reason"], finding.json()["channel"]) == ("differs", code)
        assert (await channelled.look(code))["state"] == "current"
        assert await channelled.tasks(list_id) == []
        assert await channelled.told(list_id) == ["differs", "levelled"]
        await channelled.world.update([item], name="改名后的事项")
        await channelled.follow()
        assert (await channelled.copy(code))["state"] == "due"
        copy = await channelled.look(code)
        assert (copy["state"], copy["shown_revision"], copy["base_revision"]) == ("current", 2, 1)
        assert 0 <= copy["lag_seconds"] < 60
    events = await channelled.world.events(["channel.registered"])
    assert "127.0.0.1" not in str(events)
    assert "secret-of-channel" not in str(events)


async def test_what_one_worker_looks_at_no_other_takes_until_its_lease_ends(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    with running() as server:
        code = await channelled.put_channel(list_id, server)
        (channel,) = await channelled.world.run("SELECT id FROM qingdan.channel WHERE code = :code", code=code)
        now = clock.now()
        leased = now + timedelta(minutes=2)
        async with begin(channelled.world.engine, service="publish", actor="system:test") as tx:
            assert await states.take(tx.connection, channel["id"], now, leased) is not None
        # That worker is killed here.
        assert (await channelled.look(code, at_once=False))["state"] == "due"
        async with begin(channelled.world.engine, service="publish", actor="system:test") as tx:
            assert await states.take(tx.connection, channel["id"], leased, leased) is not None
        assert (await channelled.look(code))["state"] == "current"


@pytest.mark.req("ZZ-44")
async def test_a_channel_that_is_down_is_late_delays_no_other_and_is_level_by_itself(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    with running() as server, running() as other:
        down, well = await channelled.put_channel(list_id, server), await channelled.put_channel(list_id, other)
        server.shown.control["down"] = True
        assert (await channelled.look(down))["state"] == "unreachable"
        assert (await channelled.look(well))["state"] == "current"
        await channelled.late(down)
        late = await channelled.look(down)
        assert (late["state"], late["last_error"], late["switched_at"]) == ("late", "渠道未接收（HTTP 503）", None)
        (task,) = await channelled.tasks(list_id)
        assert task["title"].startswith("渠道逾期未更新")
        assert task["due_at"] is not None
        await jobs.tell_figures(channelled.world.engine)
        assert jobs.LAG.labels(down)._value.get() > 0
        assert jobs.LAG.labels(well)._value.get() == 0
        assert jobs.COPIES.labels("late")._value.get() >= 1
        overview = (await channelled.send("GET", "", params={"state": "late"})).json()["items"]
        assert [one["code"] for one in overview] == [down]
        server.shown.control["down"] = False
        assert (await channelled.look(down))["state"] == "current"
        assert await channelled.tasks(list_id) == []


@pytest.mark.req("ZZ-44")
async def test_the_lag_of_a_channel_that_is_down_runs_from_the_oldest_revision_it_never_showed(
    channelled: Channelled,
) -> None:
    list_id, (item, *_) = await channelled.world.enacted(1)
    with running() as server:
        code = await channelled.put_channel(list_id, server)
        server.shown.control["down"] = True
        await channelled.look(code)
        await channelled.world.run(
            "UPDATE qingdan.channel_copy SET since = since - interval '1 hour' FROM qingdan.channel AS c"
            " WHERE c.id = channel_id AND c.code = :code", code=code,
        )  # fmt: skip
        await channelled.world.update([item], name="改名后的事项")
        await channelled.follow()
        assert (await channelled.copy(code))["due_revision"] == 2
        assert (await channelled.send("GET", f"/{code}")).json()["lag_seconds"] >= 3_600
        server.shown.control["down"] = False
        assert (await channelled.look(code))["lag_seconds"] >= 3_600


async def test_a_copy_that_was_taken_and_lost_is_sent_again_when_it_is_late(channelled: Channelled) -> None:
    list_id, _ = await channelled.world.enacted(1)
    with running() as server:
        code = await channelled.put_channel(list_id, server)
        server.shown.control["deaf"] = True
        assert (await channelled.look(code))["state"] == "unreachable"
        await channelled.late(code)
        assert (await channelled.look(code))["state"] == "late"
        server.shown.control["deaf"] = False
        assert (await channelled.look(code))["state"] == "current"
        assert await channelled.tasks(list_id) == []


async def test_one_ticker_looks_at_all_channels_side_by_side(
    channelled: Channelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, _ = await channelled.world.enacted(1)
    allowed = settings.load().model_copy(update={"channel_allowed_networks": networks("127.0.0.0/8")})
    monkeypatch.setattr(settings, "load", lambda: allowed)
    with running() as slow, running() as quick:
        slow.shown.control["delay"] = 1.0
        first, second = await channelled.put_channel(list_id, slow), await channelled.put_channel(list_id, quick)
        work = jobs.Reconciliation()
        await work.tick(channelled.world.engine)
        await eventually(lambda: in_state(channelled, second, "current"))
        assert await in_state(channelled, first, "due")
        await work.tick(channelled.world.engine)
        await asyncio.gather(*work.tasks.values())
        assert (await channelled.copy(first))["state"] == "current"
        assert (slow.shown.puts, quick.shown.puts) == (1, 1)


async def test_what_was_seen_of_an_older_revision_says_nothing_of_a_newer(channelled: Channelled) -> None:
    list_id, (item,) = await channelled.world.enacted(1)
    with running() as server:
        code = await channelled.put_channel(list_id, server)
        server.shown.control["delay"] = 0.3
        looking = asyncio.create_task(channelled.look(code))
        await eventually(lambda: asyncio.sleep(0, server.shown.puts))
        await channelled.world.update([item], name="期间改名")
        await channelled.follow()
        server.shown.control["delay"] = 0
        await looking
        copy = await channelled.look(code)
        assert (copy["state"], copy["shown_revision"]) == ("current", 2)
        assert "期间改名" in server.shown.copies[str(list_id)].decode()


async def test_a_batch_of_publications_costs_the_same_however_many_lists_and_channels(channelled: Channelled) -> None:
    world: World = channelled.world
    lists = [(await world.enacted(1))[0] for _ in range(3)]
    for list_id in lists:
        for kind in ("newspaper", "radio"):
            await channelled.register(kind, list_id)
    await world.run("DELETE FROM qingdan.channel_finding")
    events = [one for one in await world.events(["list.published"]) if one.list_id in lists]
    sent = []
    for batch in (events[:1], events):
        with counted(world.engine) as statements:
            async with begin(world.engine, service="publish", actor="system:test") as tx:
                await follow(tx, batch)
        sent.append(len([one for one in statements if "qingdan.log_head" not in one]))
    assert sent[0] == sent[1] <= 7, sent
