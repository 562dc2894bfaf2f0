"""What a platform answers: rejections become findings and tasks, and are taken once."""

import pytest

from deploy.simulator.running import SOURCE, Simulator
from services.catalog.linkage.jobs import run_check
from services.publish.platform import service
from shared.identifiers import new_id
from shared.ledger import operations
from shared.ledger.operations import Running
from shared.ledger.transaction import begin
from tests.publish.platform_world import begun, digest, exchange, findings, published, tasks
from tests.publish.world import World


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
