"""Monthly reports open by themselves, filled in; missing ones show on the 6th; problems are reported at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from services.workflow.reports.jobs import begin_months
from shared import clock as shared_clock
from tests.workflow.campaigning import (
    CAMPAIGNS,
    REPORTS,
    ZONE,
    at,
    enact,
    kind,
    milestone,
    plan,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import COUNTY
from tests.workflow.world import World


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world
    await world.run("UPDATE qingdan.campaign SET state = 'closed' WHERE state = 'running'")


async def reporting(county: World) -> Any:
    """A campaign whose units report on the 5th: 环保局, 住建局 and the zone."""
    first, second = await kind(county, "ra", "清单甲"), await kind(county, "rb", "清单乙", lead="住建局")
    await kind(county, "ra", "清单甲", region=ZONE, lead="外单位")
    return await started(
        county,
        plan(
            milestone(1, "list", "lead", date(2017, 9, 30), kinds=[first, second]),
            milestone(2, "list", "lead", date(2017, 10, 31), kinds=[first], region_kinds=["zone"]),
            report_day=5,
        ),
    )


async def reports(world: World, campaign: Any, query: str = "", who: str = "放管服组") -> dict[str, Any]:
    answer = await world.call(who, "GET", f"{REPORTS}?campaign={campaign['id']}&{query}")
    assert answer.status_code == 200, answer.text
    return {each["organ_name"] or each["region_name"]: each for each in answer.json()["items"]}


@pytest.mark.req("QX-60")
@pytest.mark.req("QX-62")
async def test_reports_open_with_the_month_filled_in_and_are_due_on_the_5th(county: World) -> None:
    campaign = await reporting(county)
    await begin_months(county.engine)
    assert await reports(county, campaign) == {}, "the month it starts in is not over"
    set_time(at(2017, 8, 1, 0))
    await begin_months(county.engine)
    set_time(at(2017, 9, 1, 0))
    await enact(county, "ra", at(2017, 8, 20))
    await begin_months(county.engine)
    await begin_months(county.engine)
    found = await reports(county, campaign, "month=2017-08-01")
    assert set(found) == {"环保局", "住建局", "青县开发区"}
    own = found["环保局"]
    assert (own["due_at"][:10], own["standing"]) == ("2017-09-05", "open")
    assert (own["figures"]["total"], own["figures"]["done"], own["figures"]["done_in_month"]) == (2, 1, 1)
    assert own["progress"].startswith("截至2017年8月底，应完成事项2项，已完成1项（其中本月完成1项")
    inbox = (await county.call("牵头单位", "GET", "/workflow/v1/tasks?kind=report")).json()["items"]
    mine = next(task for task in inbox if task["id"] == own["id"])
    assert (mine["title"], mine["href"]) == ("报送月报：完善清单管理制度（2017年8月）", f"{REPORTS}/{own['id']}")
    for who, status in (("住建编制", 404), ("外县政府", 404), ("放管服组", 403)):
        assert (await county.call(who, "POST", f"{REPORTS}/{own['id']}/submit", {})).status_code == status, who
    bad = await county.call("牵头单位", "POST", f"{REPORTS}/{own['id']}/submit", {"figures": {"done": 9}})
    assert bad.status_code == 422, "figures are never typed"
    said = {"difficulties": "省级清单尚未公布", "next_steps": "10月提交审定"}
    handed = await county.call("牵头单位", "POST", f"{REPORTS}/{own['id']}/submit", said)
    assert (handed.status_code, handed.json()["standing"], handed.json()["progress"]) == (
        200, "submitted", own["progress"],
    )  # fmt: skip
    assert (await county.call("牵头单位", "POST", f"{REPORTS}/{own['id']}/submit", said)).status_code == 409


@pytest.mark.req("QX-60")
async def test_who_has_not_reported_on_the_5th_is_missing_on_the_6th_and_late_afterwards(county: World) -> None:
    campaign = await reporting(county)
    set_time(at(2017, 9, 1, 0))
    await begin_months(county.engine)
    found = await reports(county, campaign, "month=2017-08-01")
    own = found["环保局"]["id"]
    assert (await county.call("牵头单位", "POST", f"{REPORTS}/{own}/submit", {})).status_code == 200
    set_time(datetime(2017, 9, 5, 23, 59, 59, tzinfo=shared_clock.ZONE))
    await clocks.tick(county.engine)
    assert await reports(county, campaign, "month=2017-08-01&standing=missing") == {}
    set_time(datetime(2017, 9, 6, tzinfo=shared_clock.ZONE))
    await clocks.tick(county.engine)
    assert set(await reports(county, campaign, "month=2017-08-01&standing=missing")) == {"住建局", "青县开发区"}
    zone = found["青县开发区"]["id"]
    flagged = await county.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'clock.overdue' AND refs->>'subject' = :subject",
        subject=f"report/{zone}",
    )
    assert flagged[0].n == 1
    late = await county.call("开发区", "POST", f"{REPORTS}/{zone}/submit", {"progress": "正在编制"})
    assert (late.status_code, late.json()["standing"]) == (200, "late")
    assert set(await reports(county, campaign, "month=2017-08-01", "住建牵头")) == {"住建局"}, "its own and no other"


@pytest.mark.req("QX-60")
async def test_months_that_passed_while_everything_was_down_open_once_with_their_own_figures(county: World) -> None:
    campaign = await reporting(county)
    await enact(county, "ra", at(2017, 8, 20))
    set_time(at(2017, 10, 7))
    await asyncio.gather(begin_months(county.engine), begin_months(county.engine))
    await begin_months(county.engine)
    answer = await county.call("牵头单位", "GET", f"{REPORTS}?campaign={campaign['id']}")
    months = {each["month"]: each for each in answer.json()["items"]}
    assert {month: (each["figures"]["done"], each["standing"]) for month, each in months.items()} == {
        "2017-06-01": (0, "missing"), "2017-07-01": (0, "missing"), "2017-08-01": (1, "missing"),
        "2017-09-01": (1, "missing"),
    }  # fmt: skip
    await asyncio.gather(clocks.tick(county.engine), clocks.tick(county.engine))
    await clocks.tick(county.engine)
    flagged = await county.run(
        "SELECT p.id, count(e.id) AS n, count(DISTINCT t.id) AS tasks FROM qingdan.monthly_report AS p"
        " LEFT JOIN qingdan.task AS t ON t.subject = 'report/' || p.id LEFT JOIN qingdan.event AS e"
        " ON e.type = 'clock.overdue' AND e.refs->>'subject' = 'report/' || p.id"
        " WHERE p.campaign_id = CAST(:id AS uuid) GROUP BY p.id",
        id=campaign["id"],
    )
    assert len(flagged) == 12, "three units, four months"
    assert {(row.n, row.tasks) for row in flagged} == {(1, 1)}, "each flagged once, by one task"


@pytest.mark.req("QX-61")
@pytest.mark.req("HB-38")
async def test_a_major_problem_lies_with_the_coordinating_group_at_once_and_its_solution_is_kept(county: World) -> None:
    campaign = await reporting(county)
    path = f"{CAMPAIGNS}/{campaign['id']}/issues"
    body = {"severity": "major", "title": "监管主体不明", "description": "两部门意见不一", "list_kind": "nothing_here"}
    assert (await county.call("外县政府", "POST", path, body)).status_code == 404
    assert (await county.call("环保编制", "POST", path, body)).json()["code"] == "kind_unknown"
    body["list_kind"] = f"ra_{county.suffix}"
    assert (await county.call("环保编制", "POST", path, body | {"severity": "small"})).status_code == 422
    foreign = body | {"organ_id": str(county.organs["住建局"])}
    assert (await county.call("环保编制", "POST", path, foreign)).status_code == 403
    issue = (await county.call("环保编制", "POST", path, body)).json()
    assert (issue["state"], issue["organ_name"], issue["region_code"]) == ("open", "环保局", COUNTY)
    inbox = (await county.call("审改办", "GET", "/workflow/v1/tasks?kind=issue")).json()["items"]
    assert issue["id"] in [task["id"] for task in inbox], "nobody holds the group's role: it lies with the reviewer"
    assert (await county.call("住建编制", "GET", path)).json()["items"] == []
    solve = f"/workflow/v1/campaign-issues/{issue['id']}/resolve"
    assert (await county.call("环保编制", "POST", solve, {"resolution": "已解决"})).status_code == 403
    solved = await county.call("放管服组", "POST", solve, {"resolution": "由环保局负责"})
    assert (solved.status_code, solved.json()["state"]) == (200, "resolved")
    assert (await county.call("放管服组", "POST", solve, {"resolution": "再次"})).status_code == 409
    log = (await county.call("放管服组", "GET", f"{path}?state=resolved")).json()["items"]
    assert [each["resolution"] for each in log] == ["由环保局负责"]


@pytest.mark.req("QX-60")
async def test_what_was_due_on_the_last_day_of_a_month_and_is_not_done_is_overdue_in_its_report(county: World) -> None:
    campaign = await reporting(county)
    await enact(county, "ra", at(2017, 9, 30, 22))
    set_time(at(2017, 10, 1, 0))
    await begin_months(county.engine)
    found = await reports(county, campaign, "month=2017-09-01")
    figures = found["住建局"]["figures"]
    assert (figures["open"], figures["overdue"]) == (2, 1)
    assert [each["overdue"] for each in figures["waiting"]] == [True, False]
    assert "逾期未完成1项" in found["住建局"]["progress"]
    own = found["环保局"]["figures"]
    assert (own["done"], own["done_in_month"], own["late"]) == (1, 1, 0)


@pytest.mark.req("ZZ-60")
async def test_what_is_due_on_the_last_day_of_the_period_is_not_late_before_the_day_is_over(county: World) -> None:
    await reporting(county)
    body = {"region_code": COUNTY, "first_day": "2017-09-30", "title": "评估", "conclusion": "进行中"}
    base = "/workflow/v1/evaluations"
    set_time(at(2017, 9, 30, 17))
    on_the_day = await county.call("放管服组", "POST", base, body | {"last_day": "2017-09-30"})
    assert on_the_day.status_code == 201, on_the_day.text
    metrics = on_the_day.json()["metrics"]
    assert metrics["obligations_due"] >= 2
    assert (metrics["obligations_late"], metrics["tasks_late"]) == (0, 0)
    set_time(at(2017, 10, 1, 9))
    after = await county.call("放管服组", "POST", base, body | {"last_day": "2017-10-01"})
    assert after.json()["metrics"]["obligations_late"] >= 2


@pytest.mark.req("ZZ-60")
async def test_an_evaluation_keeps_the_figures_the_system_counts(county: World) -> None:
    await reporting(county)
    await enact(county, "ra", at(2017, 8, 20))
    set_time(at(2017, 11, 1))
    await begin_months(county.engine)
    body = {"region_code": COUNTY, "first_day": "2017-07-01", "last_day": "2017-10-31", "title": "评估",
            "conclusion": "基本及时"}  # fmt: skip
    base = "/workflow/v1/evaluations"
    county.person("监督人员", ("auditor", COUNTY, None))
    for who in ("环保编制", "监督人员"):
        assert (await county.call(who, "POST", base, body)).status_code == 403, who
    for wrong in ({"last_day": "2017-06-30"}, {"last_day": "2017-12-31"}, {"metrics": {}}):
        assert (await county.call("放管服组", "POST", base, body | wrong)).status_code == 422, wrong
    recorded = await county.call("放管服组", "POST", base, body)
    assert recorded.status_code == 201, recorded.text
    metrics = recorded.json()["metrics"]
    assert metrics["obligations_due"] >= 3
    assert metrics["obligations_late"] >= 1
    assert metrics["reports_late"] >= 3
    assert metrics["lists_published"] >= 1
    assert (await county.call("放管服组", "POST", base, body)).status_code == 409
    listed = (await county.call("审改办", "GET", f"{base}?region_code={COUNTY}")).json()["items"]
    assert recorded.json()["id"] in [each["id"] for each in listed]
    assert (await county.call("外县政府", "GET", f"{base}/{recorded.json()['id']}")).status_code == 404
