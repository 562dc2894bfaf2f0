"""What a platform answers: rejections become findings and tasks, lies are found by the comparison and put right."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.running import SOURCE, Simulator, simulator
from services.catalog.linkage.jobs import run_check
from services.catalog.mirrors.consumers import REJECTIONS
from services.publish.platform import service
from services.publish.platform.jobs import Exchange as Tasks
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import Verdict
from services.workflow.worker import CONSUMERS as WORKFLOW
from shared.identifiers import new_id
from shared.ledger import consume, operations, position
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.publish.platform_world import Exchange, eventually, exchange, published
from tests.publish.world import World


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Simulator]:
    with simulator(tmp_path) as running:
        yield running


async def begun(world: World, platform: Simulator, count: int = 3) -> tuple[Exchange, list[UUID]]:
    list_id, items = await published(world, count)
    talk = await exchange(world, platform, world.lists[list_id])
    await talk.drain()
    return talk, items


async def digest(world: World) -> None:
    """Let catalog and workflow take what the exchange has told."""
    async with world.engine.begin() as connection:
        await position.register(connection, [REJECTIONS.name], "catalog")
        await position.register(connection, [consumer.name for consumer in WORKFLOW], "workflow")
    for consumer in (REJECTIONS, *WORKFLOW):
        while await consume.step(world.engine, consumer):
            pass


async def findings(world: World, item: UUID) -> list[Any]:
    return await world.run("SELECT * FROM qingdan.finding WHERE item_id = :item ORDER BY opened_at", item=item)


async def tasks(world: World, finding: UUID) -> list[Any]:
    return await world.run("SELECT * FROM qingdan.task WHERE subject = :subject", subject=f"finding/{finding}")


@pytest.mark.req("ZL-02")
async def test_a_rejection_becomes_a_finding_and_a_task_and_the_accepted_correction_closes_both(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    code = world.current[items[0]]["implementation_code"]
    await world.update(items[:1], implementation_code=code[:17] + ("0" if code[17] != "0" else "1") + code[18:])
    await talk.drain()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["task_version"], rejected["err_type"]) == (items[0], 2, "E03")
    await digest(world)
    (finding,) = await findings(world, items[0])
    assert (finding["rule"], finding["state"], finding["element"]) == ("P01", "open", talk.partner.code)
    assert "广东省政务服务平台" in finding["message"]
    assert "校验位错误" in finding["message"]
    (task,) = await tasks(world, finding["id"])
    assert (task["state"], task["role"], task["organ_id"]) == ("open", "list_authority", world.organ)
    await full_check(world)
    assert (await findings(world, items[0]))[0]["state"] == "open", "the linkage rules know nothing of it"
    await world.update(items[:1], implementation_code=code)
    await talk.drain()
    await digest(world)
    assert [one["state"] for one in await findings(world, items[0])] == ["closed"]
    assert (await tasks(world, finding["id"]))[0]["state"] == "done"
    await talk.assert_equal()


async def full_check(world: World) -> None:
    """The check of everything, recording what it finds."""
    async with begin(world.engine, service="catalog", actor="account:test") as tx:
        started = await operations.create(tx, kind="linkage_check", parameters={"record": True})
    async with world.engine.begin() as connection:
        row = await operations.claim(connection, started, "catalog")
    assert row is not None
    await run_check(world.engine, Running(world.engine, row))


async def test_quality_control_rejects_later_and_is_taken_once(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform)
    (row,) = [one for one in await talk.rows() if one["item_id"] == items[1]]
    message = {"ERR_TYPE": "Q07", "REMARK": "设定依据已失效", "TABLE_NAME": "UP_TASK_GENERAL_BASIC",
               "TABLE_ROW_GUID": str(row["row_guid"]), "TABLE_CD_BATCH": row["batch"]}  # fmt: skip
    platform.say("/feedback", source=SOURCE, **message)
    await talk.ask()
    await talk.ask()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"], rejected["remark"]) == (items[1], "Q07", "设定依据已失效")
    told = await world.run("SELECT * FROM qingdan.event WHERE type = 'exchange.rejected' AND :item = ANY (item_ids)",
                           item=items[1])  # fmt: skip
    assert [event["refs"]["codes"] for event in told] == [["Q07"]]
    await digest(world)
    assert [one["state"] for one in await findings(world, items[1])] == ["open"]
    await world.update(items[1:2], basis=[{"document": "新法", "kind": "set", "document_kind": "law"}])
    await talk.drain()
    await digest(world)
    assert [one["state"] for one in await findings(world, items[1])] == ["closed"]


async def test_feedback_about_a_version_that_was_corrected_meanwhile_asks_nobody(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    (old,) = [one for one in await talk.rows() if one["item_id"] == items[0]]
    await world.update(items[:1], name="已更正的名称")
    await talk.drain()
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q01", REMARK="旧版有误", TABLE_ROW_GUID=str(old["row_guid"]))
    await talk.ask()
    await digest(world)
    assert await findings(world, items[0]) == []
    states = [row["state"] for row in await talk.rows() if row["item_id"] == items[0]]
    assert states == ["rejected", "accepted"]


async def test_a_complaint_that_overtakes_the_lost_answer_still_counts(world: World, platform: Simulator) -> None:
    list_id, items = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    platform.say(lose=1)
    with pytest.raises(service.PeerFailure):
        await service.push(talk.talk)
    (row,) = await talk.rows("sending")
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q02", REMARK="材料缺失", TABLE_ROW_GUID=str(row["row_guid"]))
    await talk.ask()
    await talk.drain()
    assert [(one["item_id"], one["err_type"]) for one in await talk.rows("rejected")] == [(items[0], "Q02")]


async def test_feedback_about_a_row_that_is_not_ours_is_kept(world: World, platform: Simulator) -> None:
    talk, _ = await begun(world, platform)
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q09", REMARK="查无此行\0", TABLE_ROW_GUID=str(new_id()))
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q09", REMARK="没有行号")
    await talk.ask()
    kept = await world.run("SELECT * FROM qingdan.peer_feedback WHERE peer_id = :peer ORDER BY feedback_id",
                           peer=talk.partner.id)  # fmt: skip
    assert [(one["item_id"], one["remark"]) for one in kept] == [(None, "查无此行"), (None, "没有行号")]
    assert await talk.rows("rejected") == []


async def test_a_lying_acknowledgement_is_found_by_the_comparison_and_repaired(
    world: World, platform: Simulator
) -> None:
    platform.say(lie=2)
    talk, items = await begun(world, platform, 4)
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert len(platform.items()) == 2
    found = await talk.compare()
    assert (found["differences"], found["missing"], found["repaired"]) == (2, 2, 0)
    found = await talk.compare(repair=True)
    assert found["repaired"] == 2
    await talk.drain()
    assert set(platform.items()) == {str(item) for item in items}
    await talk.assert_equal()


async def test_surplus_stale_and_foreign_entries_are_told_apart_and_put_right(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform, 4)
    columns = platform.items()[str(items[0])]["content"]["ROW"]
    tampered = {"TASK_GUID": str(items[0]), "ROW_GUID": "x", "TASK_VERSION": 9, "CD_OPERATION": "U",
                "ROW": columns | {"TASK_NAME": "被改动的名称"}, "CHILDREN": {}}  # fmt: skip
    stranger = tampered | {"TASK_GUID": str(new_id()), "ROW_GUID": "y", "TASK_VERSION": 1}
    foreign = tampered | {"TASK_GUID": "!0", "ROW_GUID": "z", "TASK_VERSION": 1}
    await talk.talk.platform.send(SOURCE, "2099010100001", [tampered, stranger, foreign])
    found = await talk.compare(repair=True)
    assert {key: found[key] for key in ("differs", "surplus", "foreign", "missing")} == {
        "differs": 1, "surplus": 1, "foreign": 1, "missing": 0,
    }  # fmt: skip
    await talk.drain()
    held = platform.items()
    assert held[str(items[0])]["version"] == 10, "above what the platform had"
    assert set(held) == {str(item) for item in items} | {"!0"}
    again = await talk.compare()
    assert (again["differences"], again["foreign"]) == (1, 1)


async def test_what_was_rejected_waits_for_a_correction_unless_asked_for(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform, 2)
    await world.update(items[:1], item_type="15")
    await talk.drain()
    found = await talk.compare(repair=True)
    assert (found["rejected"], found["differences"], found["repaired"]) == (1, 0, 0)
    found = await talk.compare(repair=True, include_rejected=True)
    assert found["repaired"] == 1


async def test_a_comparison_in_pieces_finds_the_same(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.publish.platform.comparisons.service.STRETCH", 3)
    monkeypatch.setattr("services.publish.platform.client.INVENTORY_PAGE", 4)
    talk, items = await begun(world, platform, 11)
    for item in (items[0], items[5], items[10]):
        platform.say("/forget", source=SOURCE, guid=str(item))
    found = await talk.compare(repair=True)
    assert (found["compared"], found["equal"], found["missing"]) == (11, 8, 3)
    await talk.drain()
    await talk.assert_equal()


@pytest.mark.req("ZL-02")
async def test_after_a_restore_both_sides_are_compared_and_end_equal(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform)
    # What the platform took after the point that was restored: this installation knows nothing of it any more.
    await world.update(items[:1], name="恢复点之后的名称")
    await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    await world.run("DELETE FROM qingdan.peer_batch WHERE peer_id = :peer", peer=talk.partner.id)
    await world.run("UPDATE qingdan.peer_progress SET last_batch = NULL WHERE peer_id = :peer", peer=talk.partner.id)
    await world.update(items[:1], name="恢复之后的名称")
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=new_id())
    await talk.drain()
    queued = await world.run("SELECT id FROM qingdan.operation WHERE kind = 'platform_comparison' AND state = 'queued'")
    assert len(queued) == 1
    found = await talk.compare(repair=True)
    assert found["differs"] == 1
    await talk.drain()
    assert platform.items()[str(items[0])]["content"]["ROW"]["TASK_NAME"] == "恢复之后的名称"
    await talk.assert_equal()


@pytest.mark.req("ZL-02")
async def test_a_version_held_from_before_a_restore_is_overtaken_and_nobody_is_asked(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    for name in ("恢复点之后的名称", "恢复点之后的另一个名称"):
        await world.update(items[:1], name=name)
        await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    await world.update(items[:1], name="恢复之后的名称")
    await talk.drain()
    held = platform.items()[str(items[0])]
    assert (held["version"], held["content"]["ROW"]["TASK_NAME"]) == (4, "恢复之后的名称")
    assert await talk.rows("rejected") == []
    await digest(world)
    assert await findings(world, items[0]) == []
    await talk.assert_equal()


async def test_the_same_content_under_a_version_of_another_history_is_sent_again(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    await world.update(items[:1], name="恢复点之后的名称")
    await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    found = await talk.compare(repair=True)
    assert (found["differs"], found["repaired"]) == (1, 1)
    await talk.drain()
    (mine, *_) = sorted(await talk.rows("accepted"), key=lambda row: -row["task_version"])
    held = platform.items()[str(items[0])]
    assert (held["version"], held["row_guid"]) == (3, str(mine["row_guid"]))
    await talk.assert_equal()


async def test_a_platform_that_always_holds_a_newer_version_is_taken_at_its_word(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    platform.say(down=True)
    await world.update(items[:1], name="新名称")
    for _ in range(2):
        with pytest.raises(service.PeerFailure):
            await service.push(talk.talk)
        (row,) = await talk.rows("sending")
        refused = Verdict(str(row["row_guid"]), "E10", "版本过低", held=row["task_version"] + 3)
        async with begin(world.engine, service="publish", actor="system:test") as tx:
            await rows.answer(tx.connection, talk.partner.id, row["batch"], [refused], now=tx.now)
    mine = [row for row in await talk.rows() if row["item_id"] == items[0]]
    assert [(row["task_version"], row["state"]) for row in mine] == [
        (1, "accepted"),
        (2, "superseded"),
        (6, "rejected"),
    ]


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
        assert status["last_error"] == "无法连接或未及时应答（ReadError）"
        await well.assert_equal()
        platform.say(down=False)
        await eventually(lambda: _as_many(platform, 3), 60)
        await eventually(lambda: _nothing_left(down), 60)
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
