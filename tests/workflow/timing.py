"""Clocks in tests: the day it is, an adjustment whose step has a limit, and what was said of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson

from shared import clock as shared_clock
from tests.workflow.world import World, modify

CLOCKS = "/workflow/v1/clocks"
# The announced year of the tests: a Thursday, with no holiday for months.
BEGIN = datetime(2026, 3, 5, 10, tzinfo=shared_clock.ZONE)
PAUSE = {"reason": "组织专家评审", "basis": "《中华人民共和国行政许可法》第四十五条"}


def day(number: int, hour: int = 10, month: int = 3) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=shared_clock.ZONE)


def set_time(at: datetime) -> None:
    shared_clock.use(lambda: at)


async def step_of(world: World, adjustment: str) -> Any:
    """The open step of an adjustment with its task and clock, as the database has them."""
    rows = await world.run(
        "SELECT c.id::text, c.due_at, t.due_at AS task_due, s.due_at AS step_due, c.state, c.amount, c.warnings::text,"
        "  t.overdue_at"
        " FROM qingdan.clock c JOIN qingdan.task t ON t.id = c.id JOIN qingdan.review_step s ON s.id = c.id"
        " WHERE c.adjustment_id = CAST(:id AS uuid) AND s.state = 'open'",
        id=adjustment,
    )
    assert len(rows) == 1
    return rows[0]


async def in_review(world: World, at: datetime = BEGIN) -> tuple[str, str]:
    """An adjustment before the reviewers, whose step has 15 working days from `at`; its id and that of the clock."""
    set_time(at)
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    return opened["id"], (await step_of(world, opened["id"])).id


async def told(world: World, adjustment: str) -> list[tuple[str, str]]:
    """What was said of the clocks of an adjustment: type and grade, in order."""
    types = ("clock.warned", "clock.overdue", "clock.rescheduled")
    return [
        (row.type, orjson.loads(row.refs).get("grade")) for row in await world.events(adjustment) if row.type in types
    ]


async def shown(world: World, clock: str, who: str = "审改办") -> Any:
    answer = await world.call(who, "GET", f"{CLOCKS}/{clock}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def on(value: str) -> date:
    return datetime.fromisoformat(value).astimezone(shared_clock.ZONE).date()
