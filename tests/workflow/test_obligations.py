"""Obligations: papers handed in and filed, submissions that follow the log, documents beside lists, what is waived."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from tests.workflow.campaigning import (
    CAMPAIGNS,
    OBLIGATIONS,
    PAPER,
    ZONE,
    act,
    at,
    drain,
    enact,
    kind,
    milestone,
    owed,
    plan,
    receipt,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import COUNTY
from tests.workflow.world import World, modify


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world


@pytest.mark.req("QX-35")
@pytest.mark.req("QX-47")
async def test_plans_are_handed_in_and_filed_and_the_missing_ones_are_listed_on_6_july(county: World) -> None:
    first, second = await kind(county, "pa", "清单甲"), await kind(county, "pb", "清单乙", lead="住建局")
    body = plan(milestone(1, "plan", "lead", date(2017, 7, 5), kinds=[first, second], filing=True))
    campaign = await started(county, body)
    plans = {one["organ_name"]: one for one in await owed(county, campaign, "subject=plan")}
    assert {name: one["paper_state"] for name, one in plans.items()} == {
        "环保局": "not_submitted", "住建局": "not_submitted",
    }  # fmt: skip
    inbox = (await county.call("牵头单位", "GET", "/workflow/v1/tasks?kind=obligation")).json()["items"]
    assert plans["环保局"]["id"] in [task["id"] for task in inbox]
    mine = next(task for task in inbox if task["id"] == plans["环保局"]["id"])
    assert mine["href"] == f"{OBLIGATIONS}/{mine['id']}"
    typed = await county.call("牵头单位", "POST", f"/workflow/v1/tasks/{mine['id']}/complete", {"note": "已完成"})
    assert (typed.status_code, typed.json()["code"]) == (409, "closes_by_itself"), "progress is never typed"
    longer = f"/workflow/v1/clocks/{mine['id']}/extend"
    assert (await county.call("牵头单位", "POST", longer, {"amount": 1, "reason": "忙"})).status_code == 422
    assert (await act(county, "放管服组", plans["环保局"], "file", receipt(date(2017, 6, 25)))).status_code == 409
    handed = await act(county, "牵头单位", plans["环保局"], "submit", PAPER | {"sha256": "a" * 64})
    assert (handed.status_code, handed.json()["paper_state"]) == (200, "submitted")
    assert handed.json()["document"]["reference"] == PAPER["reference"]
    returned = await act(county, "放管服组", plans["环保局"], "return", {"reason": "缺时间安排"})
    assert (returned.json()["state"], returned.json()["due_at"]) == ("open", plans["环保局"]["due_at"])
    task = (await county.call("牵头单位", "GET", f"/workflow/v1/tasks/{mine['id']}")).json()
    assert task["state"] == "open"
    set_time(at(2017, 7, 5, 22))
    assert (await act(county, "牵头单位", plans["环保局"], "submit", PAPER)).status_code == 200
    set_time(at(2017, 7, 6, 0))
    await clocks.tick(county.engine)
    assert [one["organ_name"] for one in await owed(county, campaign, "overdue=true")] == ["住建局"]
    late = (await county.call("住建牵头", "GET", "/workflow/v1/tasks?kind=obligation&overdue=true")).json()["items"]
    assert plans["住建局"]["id"] in [task["id"] for task in late]
    set_time(at(2017, 7, 8))
    filed = await act(county, "放管服组", plans["环保局"], "file", receipt(date(2017, 7, 7)))
    assert (filed.json()["paper_state"], filed.json()["late"]) == ("filed", False), "handed in on the 5th"
    stale = await county.call("放管服组", "POST", f"{OBLIGATIONS}/{plans['住建局']['id']}/waive", {"reason": "并入"},
                              **{"If-Match": '"9"'})  # fmt: skip
    assert stale.status_code == 412


@pytest.mark.req("HB-25")
@pytest.mark.req("ZL-40")
async def test_what_departments_submit_after_the_end_of_the_phase_is_late_with_its_entries(county: World) -> None:
    permit = f"permit_{county.suffix}"
    phases = [
        {"number": 1, "title": "清理优化阶段", "act": "submission", "starts_on": "2017-08-20", "ends_on": "2017-08-31"},
        {"number": 2, "title": "集中审核阶段", "act": "review", "starts_on": "2017-09-01", "ends_on": "2017-09-20"},
        {"number": 3, "title": "公开公布阶段", "act": "publication", "starts_on": "2017-09-21",
         "ends_on": "2017-09-30"},
    ]  # fmt: skip
    set_time(at(2017, 8, 20))
    body = plan(
        milestone(1, "submission", "member", date(2017, 8, 31), kinds=[permit], phase=1), phases=phases,
        starts_on="2017-08-20", due_on="2017-09-30",
    )  # fmt: skip
    campaign = await started(county, body)
    members = {one["organ_name"]: one for one in await owed(county, campaign, "subject=submission")}
    assert set(members) == {"环保局", "住建局", "环境监测站"}
    assert (await act(county, "环保编制", members["环保局"], "submit", PAPER)).status_code == 409
    set_time(at(2017, 8, 31, 23))
    await county.until("checking", modify(await county.item("环评审批"), name="新名称"))
    await drain(county)
    set_time(at(2017, 9, 1, 8))
    await county.until("checking", modify(await county.item("排污许可"), name="新名称"))
    await drain(county)
    states = {one["organ_name"]: (one["state"], one["late"]) for one in await owed(county, campaign)
              if one["subject"] == "submission"}  # fmt: skip
    assert states == {"环保局": ("done", False), "住建局": ("open", True), "环境监测站": ("open", True)}
    path = f"{CAMPAIGNS}/{campaign['id']}"
    late = (await county.call("放管服组", "GET", f"{path}/submissions?late=true")).json()["items"]
    assert [(one["organ_name"], one["entries"], one["phase"]) for one in late] == [("环保局", 1, 1)]
    every = (await county.call("放管服组", "GET", f"{path}/submissions")).json()["items"]
    assert [one["late"] for one in every] == [False, True]
    first = (await county.call("放管服组", "GET", f"{path}/progress")).json()["phases"][0]
    assert (first["adjustments"], first["late_adjustments"], first["late_entries"]) == (2, 1, 1)


@pytest.mark.req("QX-34")
async def test_a_zone_that_builds_a_list_hands_in_its_implementing_measures_too(county: World) -> None:
    power = await kind(county, "za", "行政权力清单")
    await kind(county, "za", "行政权力清单", region=ZONE)
    body = plan(
        milestone(1, "list", "lead", date(2017, 10, 31), kinds=[power], region_kinds=["zone"], attachment="落实措施")
    )
    campaign = await started(county, body)
    (one,) = await owed(county, campaign, "subject=list")
    assert (one["region_code"], one["allowed"]) == (ZONE, ["submit", "waive"])
    await enact(county, "za", at(2017, 10, 1), region=ZONE)
    assert (await owed(county, campaign, "subject=list"))[0]["state"] == "open", "the measures are missing"
    set_time(at(2017, 10, 20))
    handed = await act(county, "牵头单位", one, "submit", {"title": "落实措施", "reference": "档案号 1"})
    assert (handed.status_code, handed.json()["state"], handed.json()["done_at"][:10]) == (200, "done", "2017-10-20")


@pytest.mark.req("TH-10")
@pytest.mark.req("TH-30")
async def test_each_department_hands_in_a_document_by_the_end_of_june(county: World) -> None:
    set_time(at(2016, 3, 1))
    organs = [str(county.organs[name]) for name in ("环保局", "住建局")]
    body = plan(
        milestone(1, "document", "organ", date(2016, 6, 30), organ_ids=organs, title="修订事中事后监管办法"),
        starts_on="2016-03-01", due_on="2016-12-31",
    )  # fmt: skip
    campaign = await started(county, body)
    owing = {one["organ_name"]: one for one in await owed(county, campaign)}
    assert {name: one["due_at"][:10] for name, one in owing.items()} == {"环保局": "2016-06-30", "住建局": "2016-06-30"}
    handed = await act(county, "环保编制", owing["环保局"], "submit", {"title": "监管办法", "reference": "档案 7"})
    assert (handed.json()["state"], handed.json()["paper_state"]) == ("done", "filed")
    set_time(at(2016, 7, 1))
    assert [one["organ_name"] for one in await owed(county, campaign, "overdue=true")] == ["住建局"]


async def test_what_need_not_be_done_is_waived_with_a_reason_and_counted_apart(county: World) -> None:
    some = await kind(county, "wa", "清单")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some])))
    (one,) = await owed(county, campaign, "subject=list")
    assert (await act(county, "牵头单位", one, "waive", {"reason": "无须调整"})).status_code == 403
    assert (await act(county, "放管服组", one, "waive", {})).status_code == 422
    waived = await act(county, "放管服组", one, "waive", {"reason": "无须调整"})
    assert (waived.json()["state"], waived.json()["waiver"]["reason"]) == ("waived", "无须调整")
    assert (await act(county, "放管服组", one, "waive", {"reason": "再次"})).status_code == 409
    await enact(county, "wa", at(2017, 7, 1))
    set_time(at(2017, 12, 1))
    counts = (await county.call("放管服组", "GET", f"{CAMPAIGNS}/{campaign['id']}/progress")).json()["kinds"]
    assert [(each["waived"], each["done"], each["overdue"]) for each in counts] == [(1, 0, 0)]


async def test_obligations_are_seen_in_their_region_and_above_and_bad_input_is_refused(county: World) -> None:
    some = await kind(county, "se", "清单")
    campaign = await started(county, plan(milestone(1, "plan", "lead", date(2017, 9, 30), kinds=[some])))
    (one,) = await owed(county, campaign, "subject=plan")
    path = f"{OBLIGATIONS}/{one['id']}"
    assert (await county.call("外县政府", "GET", path)).status_code == 404
    assert (await county.call(None, "GET", path)).status_code == 401
    assert (await county.call("省协调组", "GET", path)).status_code == 200
    assert (await county.call("开发区", "GET", path)).status_code == 404, "below, and not its own"
    bad: list[tuple[str, dict[str, Any]]] = [
        ("submit", {"title": "x", "reference": "\0"}), ("submit", {"title": "x"}),
        ("submit", PAPER | {"sha256": "A" * 64}), ("file", receipt(date(2017, 6, 25)) | {"date": "yesterday"}),
    ]  # fmt: skip
    for what, body in bad:
        assert (await act(county, "牵头单位", one, what, body)).status_code == 422, body
    listing = f"{CAMPAIGNS}/{campaign['id']}/obligations"
    for query in ("cursor=x", "state=other", "organ=7", "milestone=0", "limit=0"):
        assert (await county.call("放管服组", "GET", f"{listing}?{query}")).status_code == 422, query
    page = (await county.call("放管服组", "GET", f"{listing}?limit=1")).json()
    rest = (await county.call("放管服组", "GET", f"{listing}?limit=1&cursor={page['next']}")).json()
    assert page["items"][0]["id"] != rest["items"][0]["id"]
    assert rest["next"] is None
    assert datetime.fromisoformat(page["items"][0]["due_at"]) <= datetime.fromisoformat(rest["items"][0]["due_at"])
    assert one["region_code"] == COUNTY
