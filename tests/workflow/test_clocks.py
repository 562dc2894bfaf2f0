"""Clocks: who may move them, and how they wait and are extended together with task and step."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.workflow.clocks import jobs
from tests.statements import counted
from tests.workflow.timing import BEGIN, CLOCKS, PAUSE, day, in_review, on, set_time, shown, step_of, told
from tests.workflow.world import DECISION, World, modify


async def test_only_who_is_charged_reviews_or_administers_may_move_a_clock(world: World) -> None:
    _, clock = await in_review(world)
    for who, status in (("环保编制", 403), ("环保局长", 403), ("县政府", 403), ("外县政府", 404)):
        answer = await world.call(who, "POST", f"{CLOCKS}/{clock}/pause", PAUSE)
        assert answer.status_code == status, (who, answer.text)
    assert (await world.call("外县政府", "GET", f"{CLOCKS}/{clock}")).status_code == 404
    assert (await world.call("外县政府", "GET", CLOCKS)).json()["items"] == []
    assert clock in [one["id"] for one in (await world.call("环保编制", "GET", f"{CLOCKS}?limit=200")).json()["items"]]
    assert (await world.call(None, "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 401
    assert (await world.call("管理员", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 200


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("pause", {"reason": "评审"}, 422),
        ("pause", {"reason": "", "basis": "x"}, 422),
        ("pause", PAUSE | {"reason": "空\x00字符"}, 422),
        ("resume", {"reason": "恢复"}, 409),
        ("extend", {"amount": 0, "reason": "x"}, 422),
        ("extend", {"amount": 10**20, "reason": "x"}, 422),
        ("extend", {"amount": 9, "reason": "超过一半"}, 422),
        ("extend", {"amount": 1, "reason": "x", "until": "2026-01-01"}, 422),
    ],
)
async def test_what_cannot_be_done_with_a_clock_is_a_clear_refusal(
    world: World, act: str, body: dict[str, Any], status: int
) -> None:
    _, clock = await in_review(world)
    answer = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/{act}", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert (await shown(world, clock))["state"] == "running"


async def test_a_clock_nobody_knows_or_a_stale_version_is_refused(world: World) -> None:
    _, clock = await in_review(world)
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{uuid4()}/pause", PAUSE)).status_code == 404
    assert (await world.call("审改办", "POST", f"{CLOCKS}/nonsense/pause", PAUSE)).status_code == 422
    stale = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE, **{"If-Match": '"7"'})
    assert stale.status_code == 412
    assert (await world.call("审改办", "GET", f"{CLOCKS}?cursor=x")).status_code == 422
    for path in (CLOCKS, "/workflow/v1/tasks"):
        for instant in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"):
            answer = await world.call("审改办", "GET", f"{path}?due_before={instant}")
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/due_before")


async def test_a_clock_of_a_step_that_is_done_stands_still(world: World) -> None:
    adjustment, clock = await in_review(world)
    assert (await world.act("审改办", adjustment, "review", {"outcome": "pass"})).status_code == 200
    assert (await shown(world, clock))["state"] == "stopped"
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 409
    set_time(day(30, month=12))
    await jobs.tick(world.engine)
    assert [grade for _, grade in await told(world, adjustment)] == ["overdue"], "that of the step before the decider"


@pytest.mark.req("QX-27")
async def test_a_step_waits_for_an_appraisal_and_its_task_and_its_clock_move_together(world: World) -> None:
    adjustment, clock = await in_review(world)
    before = await step_of(world, adjustment)
    assert (before.due_at, before.due_at) == (before.task_due, before.step_due)
    assert on(before.due_at.isoformat()) == date(2026, 3, 26)
    set_time(day(10))
    paused = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)
    assert (paused.json()["state"], paused.json()["allowed"]) == ("paused", ["resume", "extend"])
    assert paused.json()["remaining_working_days"] == 12
    set_time(day(30, month=4))
    await jobs.tick(world.engine)
    assert await told(world, adjustment) == [], "nothing is counted meanwhile, nobody is late"
    resumed = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/resume", {"reason": "评审结束"})
    assert resumed.status_code == 200, resumed.text
    assert resumed.json()["remaining_working_days"] == 12
    after = await step_of(world, adjustment)
    # 12 working days were left on 10 March. 1 to 5 May 2026 are off, 9 May (Saturday) makes up.
    assert on(after.due_at.isoformat()) == date(2026, 5, 20)
    assert (after.due_at, after.due_at) == (after.task_due, after.step_due)
    extended = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/extend", {"amount": 5, "reason": "经批准延长"})
    assert on(extended.json()["due_at"]) == date(2026, 5, 27)
    assert [(pause["reason"], pause["basis"]) for pause in extended.json()["pauses"]] == [tuple(PAUSE.values())]
    types = [row.type for row in await world.events(adjustment) if row.type.startswith("clock.")]
    assert types == ["clock.paused", "clock.resumed", "clock.extended"]
    reasons = {row.type: (row.reason, row.legal_basis) for row in await world.events(adjustment)}
    assert reasons["clock.paused"] == tuple(PAUSE.values())
    history = await world.call("审改办", "GET", f"/workflow/v1/tasks/{clock}/history")
    assert [act["act"] for act in history.json()["items"]] == ["opened", "paused", "resumed", "extended"]


async def test_a_decision_costs_no_statement_more_for_its_clock(world: World) -> None:
    set_time(BEGIN)
    opened = await world.until("reviewed", modify(await world.item("环评审批"), name="新名称"))
    with counted(world.engine) as sent:
        answer = await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    assert answer.status_code == 200, answer.text
    touching = [statement for statement in sent if "qingdan.clock" in statement]
    assert len(touching) == 1, "folded into the closing of the task"
    assert "UPDATE qingdan.task" in touching[0]
    assert len(sent) <= 13, "\n".join(sent)
