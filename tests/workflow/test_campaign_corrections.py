"""What a campaign must not lose or show: papers given back while it closes, work done before it was put in, drafts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.campaigns import service
from services.workflow.clocks import jobs as clocks
from services.workflow.reports.jobs import begin_months
from shared.ledger.transaction import begin
from tests.workflow.campaigning import (
    CAMPAIGNS,
    OBLIGATIONS,
    PAPER,
    REPORTS,
    TOWNSHIP,
    ZONE,
    act,
    at,
    drain,
    enact,
    kind,
    milestone,
    owed,
    plan,
    planned,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import COUNTY
from tests.workflow.september import noted, settled
from tests.workflow.world import World, modify


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world
    await world.run("UPDATE qingdan.campaign SET state = 'closed' WHERE state = 'running'")


async def waits(world: World) -> bool:
    found = await world.run(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        " AND query LIKE '%qingdan.campaign%'"
    )
    return bool(found[0].n)


@pytest.mark.req("QX-43")
async def test_a_summary_cannot_be_given_back_while_the_campaign_is_being_closed(county: World) -> None:
    some = await kind(county, "gb", "清单")
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some]),
        milestone(2, "summary", "obliged", date(2017, 11, 30), filing=True),
    )
    campaign = await started(county, body)
    (summary,) = await owed(county, campaign, "subject=summary")
    assert (await act(county, "牵头单位", summary, "submit", PAPER)).json()["state"] == "submitted"
    group = county.tokens.people[county.token("放管服组")]
    async with begin(county.engine, service="workflow", actor=group.actor) as tx:
        await service.close(tx, group, campaign["id"], note="完成", if_match=None)
        returning = asyncio.create_task(act(county, "放管服组", summary, "return", {"reason": "不全"}))
        for _ in range(200):
            if await waits(county):
                break
            await asyncio.sleep(0.02)
        else:
            raise AssertionError("giving back does not wait for the closing")
    refused = await returning
    assert (refused.status_code, refused.json()["allowed"]) == (409, [])
    assert (await owed(county, campaign, "subject=summary"))[0]["state"] == "submitted"


async def test_a_paper_that_was_given_back_is_kept_with_the_reason(county: World) -> None:
    some = await kind(county, "kp", "清单")
    campaign = await started(county, plan(milestone(1, "plan", "lead", date(2017, 7, 5), kinds=[some], filing=True)))
    (one,) = await owed(county, campaign, "subject=plan")
    await act(county, "牵头单位", one, "submit", PAPER)
    returned = (await act(county, "放管服组", one, "return", {"reason": "缺时间安排"})).json()
    assert returned["document"] is None
    assert [(each["reference"], each["returned"]["reason"]) for each in returned["returned"]] == [
        (PAPER["reference"], "缺时间安排"),
    ]  # fmt: skip


@pytest.mark.req("HB-25")
async def test_what_was_submitted_before_the_plan_was_put_in_counts_from_its_first_day(county: World) -> None:
    permit = f"permit_{county.suffix}"
    set_time(at(2017, 8, 18))
    await county.until("checking", modify(await county.item("太早"), name="新名称"))
    set_time(at(2017, 8, 22))
    await county.until("checking", modify(await county.item("环评审批"), name="新名称"))
    await drain(county)
    set_time(at(2017, 8, 25))
    body = plan(
        milestone(1, "submission", "member", date(2017, 8, 31), kinds=[permit]),
        starts_on="2017-08-20", due_on="2017-09-30",
    )  # fmt: skip
    campaign = await started(county, body)
    await drain(county)
    submissions = await owed(county, campaign, "subject=submission")
    states = {one["organ_name"]: one["submitted_at"] and one["submitted_at"][:10] for one in submissions}
    assert states == {"环保局": "2017-08-22", "住建局": None, "环境监测站": None}
    every = (await county.call("放管服组", "GET", f"{CAMPAIGNS}/{campaign['id']}/submissions")).json()["items"]
    assert [one["submitted_at"][:10] for one in every] == ["2017-08-22"]


@pytest.mark.req("QX-60")
async def test_what_was_waived_after_the_end_of_a_month_was_open_in_its_report(county: World) -> None:
    some = await kind(county, "wm", "清单")
    body = plan(milestone(1, "list", "lead", date(2017, 7, 15), kinds=[some]), report_day=5)
    campaign = await started(county, body)
    (one,) = await owed(county, campaign, "subject=list")
    set_time(at(2017, 8, 3))
    assert (await act(county, "放管服组", one, "waive", {"reason": "无须调整"})).status_code == 200
    await begin_months(county.engine)
    path = f"{REPORTS}?campaign={campaign['id']}&month=2017-07-01"
    (report,) = (await county.call("牵头单位", "GET", path)).json()["items"]
    figures = report["figures"]
    assert (figures["waived"], figures["open"], figures["overdue"]) == (0, 2, 1)
    assert figures["waiting"][0]["title"] == one["title"]


@pytest.mark.req("QX-60")
async def test_reports_of_a_plan_that_moves_days_off_are_due_on_the_next_working_day(county: World) -> None:
    some = await kind(county, "rd", "清单")
    body = plan(milestone(1, "list", "lead", date(2017, 10, 31), kinds=[some]), report_day=5,
                report_rule="next_working_day")  # fmt: skip
    assert (await county.call("放管服组", "POST", CAMPAIGNS, body | {"report_rule": "whenever"})).status_code == 422
    campaign = await started(county, body)
    set_time(at(2017, 10, 2))
    await begin_months(county.engine)
    found = (await county.call("牵头单位", "GET", f"{REPORTS}?campaign={campaign['id']}")).json()["items"]
    assert {each["month"]: each["due_at"][:10] for each in found} == {
        "2017-06-01": "2017-07-05", "2017-07-01": "2017-08-07", "2017-08-01": "2017-09-05",
        "2017-09-01": "2017-10-09",
    }  # fmt: skip


async def test_a_draft_is_not_read_below_until_it_is_started(county: World) -> None:
    some = await kind(county, "dr", "清单")
    county.person("镇审改办", ("reviewer", TOWNSHIP, None))
    campaign = await planned(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some])))
    path = f"{CAMPAIGNS}/{campaign['id']}"

    async def seen(who: str) -> tuple[int, bool]:
        listed = (await county.call(who, "GET", f"{CAMPAIGNS}?limit=200")).json()["items"]
        return (await county.call(who, "GET", path)).status_code, campaign["id"] in [one["id"] for one in listed]

    assert [await seen(who) for who in ("镇审改办", "环保编制", "省协调组")] == [
        (404, False), (200, True), (200, True),
    ]  # fmt: skip
    assert (await county.call("放管服组", "POST", f"{path}/start")).status_code == 200
    assert await seen("镇审改办") == (200, True)


async def late_clocks_count_for_the_obligation(county: World, campaign: Any, lead: str) -> None:
    """Each organ that organises has a clock of its own; what they say is evidence, and nothing is parked."""
    await settled(county)
    set_time(at(2017, 10, 21))
    await clocks.tick(county.engine)
    await noted(county)
    parked = await county.run("SELECT error FROM qingdan.parked WHERE consumer = 'standings'")
    assert parked == [], "the clocks of those who organise speak of the obligation as well"
    path = f"{CAMPAIGNS}/{campaign['id']}/standings/evidence?organ={lead}"
    (behind,) = (await county.call("放管服组", "GET", path)).json()["items"]
    assert [event["type"] for event in behind["events"]].count("clock.overdue") == 2


@pytest.mark.req("QX-49")
async def test_lists_of_a_zone_are_organised_by_the_two_organs_the_plan_names(county: World) -> None:
    power = await kind(county, "zo", "行政权力清单")
    for name in ("县商工信局", "县发改局"):
        await county.organ(name)
        county.person(name, ("list_authority", COUNTY, name))
    two = [str(county.organs[name]) for name in ("县商工信局", "县发改局")]

    def body(*organs: str) -> dict[str, Any]:
        given = {"region_kinds": ["zone"], "organ_ids": list(organs), "attachment": "落实措施"}
        return plan(milestone(1, "list", "lead", date(2017, 10, 31), kinds=[power], **given))

    refused = await county.call("放管服组", "POST", CAMPAIGNS, body(two[0], "0197f3a0-0000-7000-8000-000000000099"))
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/milestones/0/organ_ids/1"]
    campaign = await started(county, body(*two))
    (one,) = await owed(county, campaign, "subject=list")
    assert (one["region_code"], one["organ_id"], one["organisers"]) == (ZONE, two[0], [two[1]])
    for who, organ in (("县商工信局", two[0]), ("县发改局", two[1])):
        inbox = (await county.call(who, "GET", "/workflow/v1/tasks?kind=obligation")).json()["items"]
        mine = [task for task in inbox if task["href"] == f"{OBLIGATIONS}/{one['id']}"]
        assert [(task["organ_id"], task["due_at"]) for task in mine] == [(organ, one["due_at"])]
        assert (await county.call(who, "GET", f"{OBLIGATIONS}/{one['id']}")).status_code == 200
    assert (await act(county, "住建牵头", one, "submit", PAPER)).status_code == 403
    assert (await act(county, "县发改局", one, "submit", PAPER)).status_code == 200
    moved = await county.call("放管服组", "POST", f"{CAMPAIGNS}/{campaign['id']}/milestones/1/move",
                              {"due_on": "2017-10-20", "reason": "提前"})  # fmt: skip
    assert moved.status_code == 200, moved.text
    inbox = (await county.call("县发改局", "GET", "/workflow/v1/tasks?kind=obligation")).json()["items"]
    assert [task["due_at"][:10] for task in inbox if one["id"] in task["href"]] == ["2017-10-20"]
    await late_clocks_count_for_the_obligation(county, campaign, two[0])
    await kind(county, "zo", "行政权力清单", region=ZONE)
    await enact(county, "zo", at(2017, 7, 10), region=ZONE)
    assert (await owed(county, campaign, "subject=list"))[0]["state"] == "done"
    for who in ("县商工信局", "县发改局"):
        inbox = (await county.call(who, "GET", "/workflow/v1/tasks?kind=obligation")).json()["items"]
        assert [task for task in inbox if one["id"] in task["href"]] == []
    summaries = await owed(county, campaign, "subject=summary")
    assert [(each["region_code"], each["organ_id"]) for each in summaries] == [(ZONE, None)], "the zone sums up"
