"""Adjustments that rest: nothing is counted or done meanwhile, and what was decided only the government stops."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from shared import clock
from tests.workflow.county import COUNTY
from tests.workflow.full_chain import TASKS, of_act, tasks_of
from tests.workflow.preparing import CALL, assessing, later, prepared_so_far
from tests.workflow.world import DECISION, World, modify

WHY = {"reason": "上级正在修改依据"}
STOP = WHY | {"decision": DECISION | {"number": "青政审〔2026〕9号"}}
CLOCKS = "/workflow/v1/clocks"


async def clocks_of(world: World, id_: str) -> list[Any]:
    answer = await world.call("审改办", "GET", f"{CLOCKS}?adjustment_id={id_}")
    items: list[Any] = answer.json()["items"]
    return [one for one in items if one["state"] != "stopped"]


async def decided(world: World, **delay: int) -> str:
    """An adjustment that is decided and takes effect later."""
    at = (clock.now() + timedelta(**delay)).isoformat()
    return str((await world.until("decided", modify(await world.item("环评审批"), name="甲"), effective_at=at))["id"])


async def test_only_who_runs_the_procedure_suspends_and_nothing_is_done_meanwhile(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    for who in ("环保编制", "环保局长", "外县政府", "法制办", "管理员"):
        assert (await world.act(who, id_, "suspend", WHY)).status_code == 403, who
    for wrong in ({}, {"reason": " "}, {"reason": "a\0"}, WHY | {"decision": {}}, WHY | {"more": 1}):
        assert (await world.act("审改办", id_, "suspend", wrong)).status_code == 422, wrong
    before = await world.act("审改办", id_, "resume", WHY)
    assert (before.status_code, before.json()["code"]) == (409, "illegal_transition")
    answer = await world.act("审改办", id_, "suspend", WHY)
    assert (answer.status_code, answer.json()["state_title"]) == (200, "已中止"), answer.text
    for who, act, body in (
        ("审改办", "review", {"outcome": "pass"}),
        ("审改办", "review", {"outcome": "return", "opinion": "改"}),
        ("县政府", "decide", {"decision": DECISION}),
        ("审改办", "suspend", WHY),
        ("环保编制", "submit", None),
        ("县政府", "revoke", STOP),
    ):
        refused = await world.act(who, id_, act, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "illegal_transition"), (act, refused.text)
    told = await world.read(id_)
    assert told["allowed"] == ["withdraw", "resume"]
    assert [(one["for_role"], one["what"]) for one in told["waiting"]] == [("reviewer", "恢复办理")]
    drafted = (await world.until("draft", modify(await world.item("二"), name="乙")))["id"]
    assert (await world.act("审改办", drafted, "suspend", WHY)).status_code == 409


async def test_limits_stand_still_and_tasks_are_parked_until_it_goes_on_at_the_same_step(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    [clock_before] = await clocks_of(world, id_)
    [task] = await tasks_of(world, "审改办", id_)
    await world.act("审改办", id_, "suspend", WHY)
    [resting] = await clocks_of(world, id_)
    assert (resting["state"], resting["pauses"][-1]["reason"]) == ("paused", WHY["reason"])
    assert resting["allowed"] == [], "it goes on with its adjustment, and not by itself"
    alone = await world.call("审改办", "POST", f"{CLOCKS}/{resting['id']}/resume", WHY)
    assert (alone.status_code, alone.json()["code"]) == (409, "adjustment_suspended")
    assert await tasks_of(world, "审改办", id_) == []
    assert [one["id"] for one in await tasks_of(world, "审改办", id_, "parked")] == [task["id"]]
    assert (await world.call("审改办", "POST", f"{TASKS}/{task['id']}/take")).status_code == 409
    later(days=28)
    answer = await world.act("县政府", id_, "resume", {"reason": "依据已施行"})
    assert (answer.status_code, answer.json()["state"]) == (200, "in_review"), answer.text
    [running] = await clocks_of(world, id_)
    moved = datetime.fromisoformat(running["due_at"]) - datetime.fromisoformat(clock_before["due_at"])
    assert (running["state"], moved >= timedelta(days=26)) == ("running", True), moved
    [step] = of_act(await world.read(id_), "review")
    [open_again] = await tasks_of(world, "审改办", id_)
    assert (step["state"], open_again["id"], open_again["due_at"]) == ("open", task["id"], step["due_at"])
    told = (await world.call("审改办", "GET", f"/workflow/v1/adjustments/{id_}/suspensions")).json()["items"]
    assert [(one["reason"], one["resumption"]) for one in told] == [(WHY["reason"], "依据已施行")]
    assert (await world.act("审改办", id_, "review", {"outcome": "pass"})).status_code == 200
    kinds = [row["type"] for row in await world.events(id_)]
    assert [kinds.count(type_) for type_ in ("adjustment.suspended", "adjustment.resumed")] == [1, 1]
    unseen = await world.call("外县政府", "GET", f"/workflow/v1/adjustments/{id_}/suspensions")
    assert unseen.status_code == 404


async def test_a_clock_that_somebody_has_paused_is_not_set_going_by_the_resumption(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    [running] = await clocks_of(world, id_)
    pause = {"reason": "听证", "basis": "行政许可法第四十五条"}
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{running['id']}/pause", pause)).status_code == 200
    await world.act("审改办", id_, "suspend", WHY)
    await world.act("审改办", id_, "resume", WHY)
    assert [one["state"] for one in await clocks_of(world, id_)] == ["paused"]
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{running['id']}/resume", WHY)).status_code == 200


async def test_nobody_moves_a_clock_by_hand_while_its_adjustment_rests(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    [waiting] = await clocks_of(world, id_)
    path = f"{CLOCKS}/{waiting['id']}"
    await world.call("审改办", "POST", f"{path}/pause", {"reason": "听证", "basis": "行政许可法第四十五条"})
    await world.act("审改办", id_, "suspend", WHY)
    for act, body in (("resume", WHY), ("extend", WHY | {"amount": 1})):
        refused = await world.call("审改办", "POST", f"{path}/{act}", body)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "adjustment_suspended"), (act, refused.text)
        assert problem["errors"][0]["pointer"] == "path/clock_id"
        assert "恢复办理" in problem["detail"]
    assert [one["state"] for one in await clocks_of(world, id_)] == ["paused"]


async def test_a_clock_that_had_run_out_is_not_set_going_while_its_adjustment_rests(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    [running] = await clocks_of(world, id_)
    later(days=40)
    await world.act("审改办", id_, "suspend", WHY)
    more = {"reason": "经批准延长", "amount": 7}
    refused = await world.call("审改办", "POST", f"{CLOCKS}/{running['id']}/extend", more)
    assert (refused.status_code, refused.json()["code"]) == (409, "adjustment_suspended"), refused.text
    await world.act("审改办", id_, "resume", WHY)
    extended = await world.call("审改办", "POST", f"{CLOCKS}/{running['id']}/extend", more)
    assert extended.status_code == 200, extended.text


async def test_one_that_is_taken_back_while_it_rests_leaves_no_task_and_no_clock(world: World) -> None:
    id_ = (await world.until("in_review", modify(await world.item("环评审批"), name="甲")))["id"]
    await world.act("审改办", id_, "suspend", WHY)
    answer = await world.act("环保编制", id_, "withdraw", WHY)
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn"), answer.text
    assert await clocks_of(world, id_) == []
    assert await tasks_of(world, "审改办", id_, "parked") == []
    assert {step["state"] for step in (await world.read(id_))["steps"]} == {"passed", "void"}


async def test_what_is_decided_only_the_government_holds_back_and_it_takes_effect_when_it_goes_on(world: World) -> None:
    id_ = await decided(world, days=3)
    for who in ("环保编制", "审改办"):
        assert (await world.act(who, id_, "suspend", STOP)).status_code == 403, who
    bare = await world.act("县政府", id_, "suspend", WHY)
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/decision")
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    early = await world.act("县政府", id_, "suspend", STOP | {"decision": DECISION | {"date": tomorrow}})
    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/decision/date")
    assert (await world.act("县政府", id_, "suspend", STOP)).json()["state"] == "held"
    later(days=10)
    await world.fall_due()
    assert (await world.read(id_))["state"] == "held", "its instant has passed, and nothing happens"
    assert (await world.act("环保编制", id_, "withdraw", WHY)).status_code == 409
    assert (await world.act("审改办", id_, "resume", WHY)).status_code == 403
    resumed = await world.act("县政府", id_, "resume", WHY)
    assert (resumed.status_code, resumed.json()["state"]) == (200, "scheduled"), resumed.text
    assert datetime.fromisoformat(resumed.json()["effective_at"]) == clock.now(), "never for a time in which it rested"
    await world.fall_due()
    [announced] = [row for row in await world.events(id_) if row["type"] == "adjustment.effective"]
    assert announced["effective_at"] == clock.now()


async def test_a_decision_is_taken_back_before_it_takes_effect_and_not_after(world: World) -> None:
    id_ = await decided(world, days=3)
    compiler = world.person("兼任", ("decider", COUNTY, None))
    await world.run(
        "UPDATE qingdan.adjustment SET compiled_by = compiled_by || to_jsonb(CAST(:who AS text))"
        " WHERE id = CAST(:id AS uuid)",
        who=str(compiler.account_id),
        id=id_,
    )
    assert (await world.act("兼任", id_, "revoke", STOP)).json()["code"] == "own_compilation"
    assert (await world.act("环保编制", id_, "withdraw", WHY)).status_code == 409
    assert (await world.act("审改办", id_, "revoke", STOP)).status_code == 403
    assert (await world.act("县政府", id_, "revoke", WHY)).status_code == 422
    answer = await world.act("县政府", id_, "revoke", STOP)
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn"), answer.text
    later(days=4)
    await world.fall_due()
    assert "adjustment.effective" not in [row["type"] for row in await world.events(id_)]
    at_once = (await world.until("decided", modify(await world.item("二"), name="乙")))["id"]
    late = await world.act("县政府", at_once, "revoke", STOP)
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")


async def test_the_public_has_all_its_days_when_the_draft_rested_meanwhile(full: World) -> None:
    await assessing(full)
    id_ = await prepared_so_far(full)
    period = (await full.act("审批服务局", id_, "comment-period", CALL)).json()
    running = "SELECT running FROM qingdan.workflow_comment_period_v1 WHERE id = CAST(:id AS uuid)"
    assert (await full.run(running, id=period["id"]))[0]["running"]
    await full.act("行政审批局", id_, "suspend", WHY)
    assert not (await full.run(running, id=period["id"]))[0]["running"]
    later(days=7)
    assert (await full.act("行政审批局", id_, "resume", WHY)).status_code == 200
    [told] = (await full.read(id_))["comment_periods"]
    closing = datetime.fromisoformat(told["closes_at"])
    assert closing - datetime.fromisoformat(period["closes_at"]) == timedelta(days=7)
    assert (await full.run(running, id=period["id"]))[0]["running"]
