"""The figures of an evaluation: what waits by law is not late, what was waived is settled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflow.county import COUNTY
from tests.workflow.timing import CLOCKS, PAUSE, day, in_review, set_time
from tests.workflow.world import World


async def figures(world: World, month: int) -> Any:
    body = {"region_code": COUNTY, "first_day": f"2026-{month:02}-01", "last_day": f"2026-{month:02}-28",
            "title": "评估", "conclusion": "基本及时"}  # fmt: skip
    answer = await world.call("审改办", "POST", "/workflow/v1/evaluations", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["metrics"]


@pytest.mark.req("ZZ-60")
async def test_a_task_whose_clock_stands_still_is_not_late(world: World) -> None:
    _, clock = await in_review(world)
    set_time(day(10))
    paused = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)
    assert paused.status_code == 200, paused.text
    set_time(day(30, month=4))
    found = await figures(world, 3)
    assert (found["tasks_due"], found["tasks_late"]) == (2, 0), "signed in time, and waiting"


@pytest.mark.req("ZZ-60")
async def test_a_finding_that_was_waived_is_not_open_at_the_end(world: World) -> None:
    item = await world.item("环评审批")
    await world.run(
        "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element, message,"
        "  state, opened_at)"
        " SELECT gen_random_uuid(), 'K22', 'error', :list, 'permit', :region, :item, s, '疑似', s, :at"
        " FROM unnest(ARRAY['open', 'waived']) AS s",
        list=world.lists["permit"], region=COUNTY, item=item, at=day(12, month=5),
    )  # fmt: skip
    set_time(day(30, month=6))
    found = await figures(world, 5)
    assert (found["findings_opened"], found["findings_open_at_end"]) == (2, 1)
