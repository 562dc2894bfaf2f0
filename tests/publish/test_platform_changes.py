"""Peers that are changed while they are talked with: a conversation that began before takes no part in what follows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import text

from deploy.simulator.running import Simulator
from services.publish.platform import service
from services.publish.platform.peers import repository as progress
from services.publish.platform.peers import service as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.peers.schemas import PeerChange
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import WELL, Verdict
from services.publish.platform.service import Conversation
from shared.ledger.transaction import begin
from tests.publish.platform_world import ADMINISTRATOR, LOOPBACK, SECONDS, Exchange, eventually, exchange, published
from tests.publish.world import World

KEPT_WAITING = (
    "SELECT EXISTS (SELECT FROM pg_locks AS l WHERE NOT l.granted AND pg_backend_pid() = ANY (pg_blocking_pids(l.pid)))"
)


async def changed(talk: Exchange, **values: Any) -> Exchange:
    """The peer changed as an administrator changes it, and a conversation with what it is now."""
    async with begin(talk.world.engine, service="publish", actor="account:test") as tx:
        row = await peers.get(tx, ADMINISTRATOR, talk.partner.code, lock=True)
        given = {name: row[name] for name in PeerChange.model_fields if name in row}
        row = await peers.change(tx, ADMINISTRATOR, row, PeerChange.model_validate(given | values))
    return anew(talk, row)


def anew(talk: Exchange, row: Any) -> Exchange:
    partner = Partner.of(row)
    way = partner.way(Path(), SECONDS, LOOPBACK)
    return Exchange(
        talk.world, talk.simulator, partner,
        Conversation(talk.world.engine, partner, way, SECONDS, partner.batch_size),
    )  # fmt: skip


async def cursors(talk: Exchange) -> Any:
    (row,) = await talk.world.run(
        "SELECT position, feedback_cursor, catalogue_cursor FROM qingdan.peer_progress WHERE peer_id = :id",
        id=talk.partner.id,
    )
    return row


async def test_a_conversation_from_before_a_change_does_not_pass_over_what_the_peer_takes_newly(
    world: World, platform: Simulator
) -> None:
    first, _ = await published(world, 1)
    second, others = await published(world, 1)
    before = await exchange(world, platform, world.lists[first])
    await before.drain()
    after = await changed(before, list_kinds=[world.lists[first], world.lists[second]])
    assert not await service.push(before.talk)
    assert (await cursors(after))["position"] == 0
    await after.drain()
    assert str(others[0]) in platform.items()


async def test_a_page_that_was_asked_for_before_a_change_is_not_kept_after_it(
    world: World, platform: Simulator
) -> None:
    list_id, mirror = (await published(world, 1))[0], await world.new_list()
    before = await exchange(world, platform, world.lists[list_id], mirror=mirror)
    await before.drain()
    main = {"TASK_NAME": "上级目录事项", "CATALOG_CODE": "000199001000", "TASK_STATE": "1"}
    platform.say("/catalogue", list=[{"ITEM_ID": "MU-1", "TASK_VERSION": 1, "AUDIT_ITEM": main}])
    platform.say("/feedback", source=before.partner.source, ERR_TYPE="Q07", REMARK="误退",
                 TABLE_ROW_GUID=str((await before.rows())[0]["row_guid"]))  # fmt: skip
    after = await changed(before, mirror_list_id=await world.new_list())
    await before.ask()
    assert (await cursors(after))["catalogue_cursor"] == (await cursors(after))["feedback_cursor"] == ""
    assert not await world.run("SELECT 1 FROM qingdan.pulled_entry WHERE peer_id = :id", id=after.partner.id)
    await after.ask()
    assert len(await world.run("SELECT 1 FROM qingdan.pulled_entry WHERE peer_id = :id", id=after.partner.id)) == 1
    assert len(await after.rows("rejected")) == 1


async def test_nothing_more_is_sent_to_a_peer_that_was_paused(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        row = await peers.set_state(tx, ADMINISTRATOR, talk.partner.code, "paused")
    assert not await service.push(talk.talk)
    assert not await service.push(anew(talk, row).talk)
    assert platform.seen() == []


async def test_a_peer_that_is_being_changed_keeps_nobody_from_sending_and_both_come_to_an_end(
    world: World, platform: Simulator
) -> None:
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        row = await peers.get(tx, ADMINISTRATOR, talk.partner.code, lock=True)
        assert await asyncio.wait_for(service.push(talk.talk), SECONDS)
        given = PeerChange.model_validate({name: row[name] for name in PeerChange.model_fields if name in row})
        await peers.change(tx, ADMINISTRATOR, row, given.model_copy(update={"list_kinds": ["permit"]}))
    assert len(await talk.rows("accepted")) == 1


async def test_verdicts_that_are_called_in_while_the_platform_says_not_yet_wait_for_nobody_who_waits_for_them(
    world: World, platform: Simulator
) -> None:
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    due = await service._due(talk.talk)
    assert due.number is not None
    (row,) = await talk.rows("sending")
    async with begin(world.engine, service="publish", actor="client:test") as tx:
        await progress.wait_for_progress(tx.connection, talk.partner.id)
        saying = asyncio.create_task(service._wait(talk.talk, due.number, 60))

        async def waits() -> bool:
            return bool((await tx.connection.execute(text(KEPT_WAITING))).scalar_one())

        await eventually(waits)
        verdicts = [Verdict(str(row["row_guid"]), WELL, "")]
        await rows.answer(tx.connection, talk.partner.id, due.number, verdicts, now=tx.now)
    await saying
    assert [row["state"] for row in await talk.rows()] == ["accepted"]
