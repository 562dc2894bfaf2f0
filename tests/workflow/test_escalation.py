"""Escalation: what stays late rises to the next role, step by step, each told once."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.workflow.clocks import jobs as clocks
from services.workflow.escalations import jobs
from shared.settings import Settings, load
from tests.shared.room import ended, working
from tests.workflow.county import COUNTY
from tests.workflow.messaging import begin, gather, told
from tests.workflow.test_inbox import account, post
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import CLOCKS, day, in_review, set_time
from tests.workflow.world import World

RULES = f"/workflow/v1/escalation-rules/{COUNTY}"
# The step of the reviewers is due on the 26th of March 2026, a Thursday; three working days later it rises.
LATE, RISES = day(27, 0), day(1, 1, month=4)


async def risen(world: World, who: str, clock: str) -> list[Any]:
    return [task for task in await tasks_of(world, who, "&escalated=true") if task["id"] == clock]


async def tick(world: World, at: datetime) -> None:
    set_time(at)
    await clocks.tick(world.engine)
    await jobs.escalate(world.engine)


async def steps_told(world: World, clock: str) -> list[str]:
    rows = await world.run(
        "SELECT refs->>'role' AS role FROM qingdan.event WHERE type = 'task.escalated' AND refs->'tasks' ? :task"
        " ORDER BY position",
        task=clock,
    )
    return [row.role for row in rows]


@pytest.mark.parametrize(
    ("who", "body", "if_match", "status"),
    [
        ("审改办", {"steps": []}, '"0"', 403),
        ("管理员", {"steps": []}, None, 428),
        ("管理员", {"steps": []}, '"7"', 412),
        ("管理员", {"steps": [{"role": "auditor", "to": "decider", "after_working_days": 1}]}, '"0"', 422),
        ("管理员", {"steps": [{"role": "reviewer", "to": "decider", "after_working_days": -1}]}, '"0"', 422),
        ("管理员", {"steps": [{"role": "reviewer", "to": "decider", "after_working_days": 1}] * 2}, '"0"', 422),
    ],
)
async def test_steps_are_set_by_who_administers_the_region_and_make_sense(
    world: World, who: str, body: Any, if_match: str | None, status: int
) -> None:
    headers = {"If-Match": if_match} if if_match else {}
    assert (await world.call(who, "PUT", RULES, body, **headers)).status_code == status


async def test_steps_that_lead_in_a_circle_are_refused_with_the_circle(world: World) -> None:
    steps = [
        {"role": "reviewer", "to": "decider", "after_working_days": 1},
        {"role": "decider", "to": "reviewer", "after_working_days": 1},
    ]
    answer = await world.call("管理员", "PUT", RULES, {"steps": steps}, **{"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "circle")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/steps/0/to", "/steps/1/to"]


async def test_what_stays_late_rises_once_and_who_it_rose_to_can_hand_it_to_somebody(world: World) -> None:
    await account(world, "审核甲", "reviewer")
    decider = await account(world, "分管县长", "decider")
    adjustment, clock = await in_review(world)
    await begin(world)
    await tick(world, LATE)
    assert await risen(world, "分管县长", clock) == []
    await tick(world, RISES - timedelta(hours=2))
    assert await steps_told(world, clock) == []
    await tick(world, RISES)
    await tick(world, RISES + timedelta(days=60))
    assert await steps_told(world, clock) == ["decider"]
    (task,) = await risen(world, "分管县长", clock)
    assert task["overdue"] is True
    assert clock not in [one["id"] for one in await tasks_of(world, "分管县长")], "it is not his to do"
    assert (await post(world, "分管县长", clock, "take")).status_code == 403
    await gather(world)
    mine = [message["act"] for message in await told(world, "分管县长") if message["href"].endswith(clock)]
    assert mine == ["escalated"]
    reviewer = await account(world, "审核乙", "reviewer")
    given = {"account_id": str(reviewer.account_id), "reason": "请三日内办结"}
    assert (await post(world, "分管县长", clock, "assign", given)).status_code == 200
    assert decider
    assert adjustment


async def test_who_is_given_more_time_begins_anew(world: World) -> None:
    await account(world, "分管县长", "decider")
    _, clock = await in_review(world)
    await tick(world, LATE)
    await tick(world, RISES)
    assert len(await risen(world, "分管县长", clock)) == 1
    longer = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/extend", {"amount": 5, "reason": "经批准"})
    assert longer.status_code == 200
    await tick(world, RISES)
    assert await risen(world, "分管县长", clock) == []
    late_again = day(15, 1, month=4)
    await tick(world, late_again)
    await tick(world, late_again + timedelta(days=10))
    assert await steps_told(world, clock) == ["decider", "decider"]


async def test_a_region_sets_its_own_steps_and_after_an_outage_two_who_look_let_it_rise_once(world: World) -> None:
    steps = [{"role": "reviewer", "to": "principal", "after_working_days": 0}]
    put = await world.call("管理员", "PUT", RULES, {"steps": steps}, **{"If-Match": '"0"'})
    assert put.status_code == 200
    try:
        assert (await world.call("审改办", "GET", RULES)).json()["steps"] == steps
        _, clock = await in_review(world)
        set_time(day(30, 9, month=6))
        await clocks.tick(world.engine)
        await asyncio.gather(*(jobs.escalate(world.engine) for _ in range(4)))
        assert await steps_told(world, clock) == ["principal"]
    finally:
        await world.run("DELETE FROM qingdan.escalation_rule")


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


async def test_a_kill_lets_nothing_rise_that_is_not_told(world: World, configured: Settings) -> None:
    _, clock = await in_review(world)
    set_time(LATE)
    await clocks.tick(world.engine)

    crash = {"QINGDAN_CRASH_POINT": "tasks-escalated"}
    with working(configured, "services.workflow.worker", "gatherers", **crash) as killed:
        assert await ended(killed) == -9
    assert await steps_told(world, clock) == []
    await jobs.escalate(world.engine)
    for _ in range(2):
        await tick(world, RISES)
    assert await steps_told(world, clock) == ["decider"]
