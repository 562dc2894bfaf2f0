"""A campaign of 40 kinds of list, 60 organs and 20 townships takes as many statements as one of two lists."""

import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.reports.jobs import begin_months
from tests.statements import counted
from tests.workflow.campaigning import (
    ABOVE,
    CAMPAIGNS,
    at,
    drain,
    milestone,
    owed,
    plan,
    planned,
    set_time,
    settle_in,
)
from tests.workflow.county import COUNTY
from tests.workflow.world import World

KINDS, ORGANS, TOWNSHIPS = 40, 60, 20
# County and townships make each list, each organ of the county submits to each, each lead guides each township.
EXPECTED = KINDS * (1 + TOWNSHIPS) + KINDS * ORGANS + KINDS * TOWNSHIPS


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    await world.run(
        "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
        " SELECT '130922' || (100 + n) || '000', '第' || n || '镇', 'township', 'administrative', :county, :above"
        " FROM generate_series(2, :townships) AS n",
        county=COUNTY, above=ABOVE, townships=TOWNSHIPS,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.organ (id, name, kind, region_code)"
        " SELECT gen_random_uuid(), '第' || n || '局', 'department', :county FROM generate_series(1, :organs) AS n",
        county=COUNTY, organs=ORGANS,
    )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.list_kind (code, title, origin) SELECT 'many_' || n, '第' || n || '类清单', 'custom'"
        " FROM generate_series(1, :kinds) AS n",
        kinds=KINDS,
    )
    await world.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
        " SELECT gen_random_uuid(), k.code, r.code, k.title, o.id, 'compiling'"
        " FROM qingdan.list_kind AS k CROSS JOIN qingdan.region AS r"
        " JOIN qingdan.organ AS o ON o.name = '第' || (1 + CAST(substr(k.code, 6) AS int) % 12) || '局'"
        " WHERE k.code LIKE 'many%' AND (r.code = :county OR r.name LIKE '第%镇')",
        county=COUNTY,
    )
    await world.run(
        "INSERT INTO qingdan.list_member (list_id, organ_id) SELECT l.id, o.id FROM qingdan.list AS l"
        " CROSS JOIN qingdan.organ AS o WHERE l.kind LIKE 'many%' AND l.region_code = :county AND o.name LIKE '第%局'",
        county=COUNTY,
    )
    yield world


def arranged(*, kinds: int) -> dict[str, Any]:
    names = [f"many_{number}" for number in range(1, kinds + 1)]
    both = {"kinds": names, "levels": ["county", "township"]}
    return plan(
        milestone(1, "submission", "member", date(2017, 8, 31), kinds=names),
        milestone(2, "guidance", "lead", date(2017, 8, 31), kinds=names, levels=["township"]),
        milestone(3, "list", "lead", date(2017, 9, 30), **both),
        report_day=5,
    )


async def costs(world: World, body: dict[str, Any]) -> tuple[Any, dict[str, tuple[int, float]]]:
    """A campaign begun, its progress, its first reports: how many statements, and seconds, each takes."""
    campaign = await planned(world, body)
    path = f"{CAMPAIGNS}/{campaign['id']}"
    found = {}
    for what, method, where in (("start", "POST", f"{path}/start"), ("progress", "GET", f"{path}/progress")):
        begun = time.perf_counter()
        with counted(world.engine) as sent:
            answer = await world.call("放管服组", method, where)
        assert answer.status_code == 200, answer.text
        found[what] = len(sent), time.perf_counter() - begun
    set_time(at(2017, 7, 1))
    begun = time.perf_counter()
    with counted(world.engine) as sent:
        await begin_months(world.engine)
    found["reports"] = len(sent), time.perf_counter() - begun
    set_time(at(2017, 6, 25))
    await drain(world)
    return answer.json(), found


@pytest.mark.req("QX-53")
async def test_the_statements_do_not_grow_with_kinds_organs_and_townships(county: World) -> None:
    _, small = await costs(county, arranged(kinds=1))
    await county.run("UPDATE qingdan.campaign SET state = 'closed'")
    progress, large = await costs(county, arranged(kinds=KINDS))
    print("statements and seconds:", large)
    leads = 12
    assert progress["total"]["total"] == EXPECTED + leads, "and the summaries"
    assert len(progress["regions"]) == 1 + TOWNSHIPS
    assert len(progress["kinds"]) == KINDS
    for what, (statements, _) in large.items():
        assert statements <= small[what][0] + 2, (what, small, large)
    assert large["progress"][0] <= 8
    assert large["progress"][1] < 2, "half a second on a quiet machine; four times that beside others"
    moved = await county.call("放管服组", "POST", f"{CAMPAIGNS}/{progress['campaign_id']}/milestones/3/move",
                              {"due_on": "2017-09-20", "reason": "提前"})  # fmt: skip
    assert moved.status_code == 200, moved.text
    few = await owed(county, {"id": progress["campaign_id"]}, "milestone=3")
    assert {one["due_at"][:10] for one in few} == {"2017-09-20"}
