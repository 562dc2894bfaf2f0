"""Campaigns: a plan is refused or becomes what everybody owes, within its superiors' dates; it ends with summaries."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from tests.workflow.campaigning import (
    CAMPAIGNS,
    PAPER,
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
    publish,
    receipt,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import CITY, COUNTY, PROVINCE
from tests.workflow.world import World


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world


async def refusal(world: World, body: dict[str, Any], who: str = "放管服组") -> tuple[int, str, list[str]]:
    answer = await world.call(who, "POST", CAMPAIGNS, body)
    told = answer.json()
    return answer.status_code, told.get("code", ""), [error["pointer"] for error in told.get("errors", [])]


async def test_a_plan_is_made_by_who_coordinates_the_region_and_makes_sense(county: World) -> None:
    power = await kind(county, "listed", "行政权力清单")
    good = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[power]))
    assert (await refusal(county, good, "环保编制"))[0] == 403
    assert (await refusal(county, good, "外县政府"))[0] == 403
    assert (await refusal(county, good | {"region_code": "999999000000"}))[0] == 404
    wrong = plan(milestone(1, "list", "lead", date(2017, 12, 30), kinds=[power]))
    assert await refusal(county, wrong) == (422, "plan_invalid", ["/milestones/0/due_on"])
    unknown = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=["nothing_like_it"]))
    assert await refusal(county, unknown) == (422, "kind_unknown", ["/milestones/0/kinds/0"])
    for body in (
        good | {"milestones": []}, good | {"title": "\0"}, good | {"starts_on": "0001-01-01"},
        good | {"report_day": 31}, good | {"superior_id": "nothing"}, good | {"more": 1},
    ):  # fmt: skip
        assert (await refusal(county, body))[0] == 422, body
    campaign = await planned(county, good)
    path = f"{CAMPAIGNS}/{campaign['id']}"
    assert (campaign["state"], campaign["allowed"]) == ("draft", ["update", "start"])
    change = {name: value for name, value in good.items() if name != "region_code"} | {"title": "新题"}
    assert (await county.call("放管服组", "PUT", path, change)).status_code == 428
    assert (await county.call("放管服组", "PUT", path, change, **{"If-Match": '"7"'})).status_code == 412
    changed = await county.call("放管服组", "PUT", path, change, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["title"]) == (200, "新题")
    assert (await county.call("环保编制", "POST", f"{path}/start")).status_code == 403
    assert (await county.call("外县政府", "GET", path)).status_code == 404
    assert (await county.call("环保编制", "GET", path)).json()["title"] == "新题"
    assert (await county.call("放管服组", "POST", f"{path}/close", {"note": "完"})).status_code == 409
    assert (await county.call("放管服组", "POST", f"{path}/start")).status_code == 200
    assert (await county.call("放管服组", "POST", f"{path}/start")).status_code == 409
    assert (await county.call("放管服组", "PUT", path, change, **{"If-Match": "*"})).status_code == 409


async def test_a_plan_that_obliges_nobody_does_not_start(county: World) -> None:
    fresh = await kind(county, "nowhere", "某清单")
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[fresh], levels=["village"]))
    campaign = await planned(county, body)
    answer = await county.call("放管服组", "POST", f"{CAMPAIGNS}/{campaign['id']}/start")
    assert (answer.status_code, answer.json()["code"]) == (422, "nobody_obliged")


@pytest.mark.req("HB-24")
@pytest.mark.req("HB-30")
async def test_a_county_may_be_earlier_than_the_province_but_not_later(county: World) -> None:
    set_time(at(2014, 12, 1))
    power = await kind(county, "hb", "行政权力清单")
    levels = [
        milestone(1, "list", "lead", date(2015, 3, 31), kinds=[power], levels=["province"]),
        milestone(2, "list", "lead", date(2015, 6, 30), kinds=[power], levels=["city", "county"]),
    ]
    dates = {"starts_on": "2014-12-01", "due_on": "2015-06-30"}
    body = plan(*levels, region_code=PROVINCE, title="省级清单", **dates)
    assert (await refusal(county, body))[0] == 403, "the province is not the county's to order"
    province = await started(county, body, "省协调组")
    due = {(one["region_code"], one["due_at"][:10]) for one in await owed(county, province, who="省协调组")
           if one["subject"] == "list"}  # fmt: skip
    assert {(PROVINCE, "2015-03-31"), (CITY, "2015-06-30"), (COUNTY, "2015-06-30")} <= due
    mine = {"superior_id": province["id"], **dates}

    def ours(day: date, **more: Any) -> dict[str, Any]:
        return plan(milestone(1, "list", "lead", day, kinds=[power]), **(mine | more))

    late = await county.call("放管服组", "POST", CAMPAIGNS, ours(date(2015, 7, 15), due_on="2015-07-31"))
    assert (late.status_code, late.json()["code"]) == (422, "later_than_superior")
    assert late.json()["superior"][0]["region"] == "河北省"
    own = await started(county, ours(date(2015, 5, 31)))
    move = f"{CAMPAIGNS}/{own['id']}/milestones/1/move"
    refused = await county.call("放管服组", "POST", move, {"due_on": "2015-07-01", "reason": "任务重"})
    assert refused.status_code == 422
    moved = await county.call("放管服组", "POST", move, {"due_on": "2015-06-20", "reason": "任务重"})
    assert moved.status_code == 200, moved.text
    (one,) = await owed(county, own, "subject=list")
    assert one["due_at"][:10] == "2015-06-20"
    clock = (await county.call("审改办", "GET", f"/workflow/v1/clocks/{one['id']}")).json()
    assert (clock["state"], clock["due_at"]) == ("running", one["due_at"])
    assert (await county.call("放管服组", "POST", move.replace("/1/", "/9/"), {"due_on": "2015-06-20", "reason": "x"})
            ).status_code == 404  # fmt: skip
    elsewhere = await county.call("放管服组", "POST", CAMPAIGNS, ours(date(2015, 5, 1), superior_id=own["id"]))
    assert elsewhere.json()["code"] == "superior_unknown", "a campaign of the same region is not above"


@pytest.mark.req("QX-43")
async def test_a_campaign_is_not_closed_while_a_summary_of_a_lead_unit_or_zone_is_missing(county: World) -> None:
    first = await kind(county, "one", "清单甲")
    second = await kind(county, "two", "清单乙", lead="住建局")
    await kind(county, "one", "清单甲", region=ZONE, lead="外单位")
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[first, second],
                  region_kinds=["administrative", "zone"])
    )  # fmt: skip
    campaign = await started(county, body)
    owing = await owed(county, campaign, "subject=summary")
    summaries = {one["organ_name"] or one["region_name"]: one for one in owing}
    assert set(summaries) == {"环保局", "住建局", "青县开发区"}
    path = f"{CAMPAIGNS}/{campaign['id']}/close"
    refused = await county.call("放管服组", "POST", path, {"note": "完成"})
    assert (refused.status_code, refused.json()["code"]) == (409, "summaries_missing")
    assert len(refused.json()["errors"]) == 3
    assert (await act(county, "住建编制", summaries["环保局"], "submit", PAPER)).status_code == 403
    assert (await act(county, "牵头单位", summaries["环保局"], "submit", PAPER)).status_code == 200
    assert (await act(county, "住建牵头", summaries["住建局"], "submit", PAPER)).status_code == 200
    still = await county.call("放管服组", "POST", path, {"note": "完成"})
    assert [error["message"] for error in still.json()["errors"]] == ["青县开发区尚未报送“工作总结：青县开发区”"]
    assert (await act(county, "开发区", summaries["青县开发区"], "submit", PAPER)).status_code == 200
    closed = await county.call("放管服组", "POST", path, {"note": "完成"})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    open_tasks = await county.run(
        "SELECT t.state FROM qingdan.task AS t JOIN qingdan.obligation AS o ON o.id = t.id"
        " WHERE o.campaign_id = CAST(:id AS uuid) AND t.state = 'open'",
        id=campaign["id"],
    )
    assert open_tasks == []


@pytest.mark.req("QX-42")
@pytest.mark.req("QX-44")
@pytest.mark.req("QX-46")
@pytest.mark.req("QX-50")
async def test_the_plan_of_qing_county_is_followed_from_publication_to_filing_by_county_township_and_zone(
    county: World,
) -> None:
    power, charge = await kind(county, "qx", "行政权力清单"), await kind(county, "fee", "收费清单", lead="住建局")
    await kind(county, "qx", "行政权力清单", region=TOWNSHIP)
    await kind(county, "qx", "行政权力清单", region=ZONE)
    september, october = date(2017, 9, 30), date(2017, 10, 31)
    campaign = await started(
        county,
        plan(
            milestone(1, "list", "lead", september, kinds=[power], levels=["county", "township"], filing=True),
            milestone(2, "list", "lead", october, kinds=[charge], filing=True),
            milestone(3, "list", "lead", october, kinds=[power], region_kinds=["zone"]),
        ),
    )
    lists = {one["region_code"]: one for one in await owed(county, campaign, f"subject=list&list_kind={power}")}
    assert {code: one["due_at"][:10] for code, one in lists.items()} == {
        COUNTY: "2017-09-30", TOWNSHIP: "2017-09-30", ZONE: "2017-10-31",
    }  # fmt: skip
    early = await act(county, "放管服组", lists[COUNTY], "file", receipt(date(2017, 6, 25)))
    assert early.status_code == 409, "what is not public cannot be filed"
    await enact(county, "qx", at(2017, 9, 20))
    await enact(county, "qx", at(2017, 9, 21), region=TOWNSHIP)
    await enact(county, "qx", at(2017, 10, 20), region=ZONE)
    set_time(at(2017, 10, 8))
    shown = {one["region_code"]: one for one in await owed(county, campaign, f"subject=list&list_kind={power}")}
    assert [shown[code]["state"] for code in (COUNTY, TOWNSHIP, ZONE)] == ["open", "open", "done"]
    late = {one["region_code"] for one in await owed(county, campaign, "overdue=true")}
    assert late == {COUNTY, TOWNSHIP}, "published but not filed"
    for day in (date(2017, 9, 19), date(2017, 10, 9)):
        assert (await act(county, "放管服组", shown[COUNTY], "file", receipt(day))).status_code == 422
    assert (await act(county, "牵头单位", shown[COUNTY], "file", receipt(date(2017, 9, 28)))).status_code == 403
    filed = await act(county, "放管服组", shown[COUNTY], "file", receipt(date(2017, 9, 28)))
    assert (filed.status_code, filed.json()["state"], filed.json()["late"]) == (200, "done", False)
    recorded_late = await act(county, "放管服组", shown[TOWNSHIP], "file", receipt(date(2017, 10, 8)))
    assert (recorded_late.json()["state"], recorded_late.json()["late"]) == ("done", True)
    await clocks.tick(county.engine)
    assert {one["region_code"] for one in await owed(county, campaign, "overdue=true")} == set()
    set_time(at(2017, 11, 1))
    assert {one["list_kind"] for one in await owed(county, campaign, "overdue=true")} == {charge}


@pytest.mark.req("ZL-53")
async def test_a_list_counts_only_with_a_publication_after_its_decision_and_adjusted_ones_only_with_a_new_one(
    county: World,
) -> None:
    old = await kind(county, "old", "老清单", enacted=at(2016, 5, 1))
    await publish(county, "old", at(2016, 5, 1, 10))
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[old], completion="adjusted"),
        milestone(2, "list", "lead", date(2017, 9, 30), kinds=[old], completion="enacted"),
    )
    campaign = await started(county, body)
    states = {one["milestone"]: one["state"] for one in await owed(county, campaign, "subject=list")}
    assert states == {1: "open", 2: "done"}, "what is in force already need not be made"
    await publish(county, "old", at(2017, 7, 1))
    assert (await owed(county, campaign, "milestone=1"))[0]["state"] == "open", "nothing was decided in its time"
    await county.run("UPDATE qingdan.list SET enacted_at = :at WHERE id = :id", at=at(2017, 7, 9),
                     id=county.lists[f"old@{COUNTY}"])  # fmt: skip
    await publish(county, "old", at(2017, 7, 8))
    assert (await owed(county, campaign, "milestone=1"))[0]["state"] == "open", "published before the decision"
    await publish(county, "old", at(2017, 7, 10))
    (one,) = await owed(county, campaign, "milestone=1")
    assert (one["state"], one["decided_at"] < one["published_at"]) == ("done", True)


@pytest.mark.req("ZZ-03")
@pytest.mark.req("ZL-39")
async def test_each_level_has_its_own_day_and_an_outage_makes_nobody_late(county: World) -> None:
    permit = await kind(county, "zz", "行政许可事项清单")
    await kind(county, "zz", "行政许可事项清单", region=TOWNSHIP)
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[permit]),
        milestone(2, "list", "lead", date(2017, 10, 31), kinds=[permit], levels=["township"]),
    )
    campaign = await started(county, body)
    await county.run("UPDATE qingdan.list SET state = 'in_force', enacted_at = :at WHERE id = :id",
                     at=at(2017, 9, 29), id=county.lists[f"zz@{COUNTY}"])  # fmt: skip
    set_time(datetime.fromisoformat("2017-10-10T09:00:00+08:00"))
    await publish(county, "zz", at(2017, 9, 30))
    await drain(county)
    (one,) = await owed(county, campaign, "milestone=1")
    assert (one["state"], one["late"]) == ("done", False), "heard of on 10 October, done on 30 September"
    (other,) = await owed(county, campaign, "milestone=2")
    assert (other["region_code"], other["overdue"]) == (TOWNSHIP, False)


async def test_what_was_heard_twice_counts_once(county: World) -> None:
    some = await kind(county, "twice", "清单")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some])))
    await enact(county, "twice", at(2017, 7, 1))
    await publish(county, "twice", at(2017, 8, 1))
    (one,) = await owed(county, campaign, "subject=list")
    assert (one["state"], one["published_at"][:10]) == ("done", "2017-07-01")
    said = await county.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'obligation.completed' AND refs->>'campaign' = :id",
        id=campaign["id"],
    )
    assert said[0].n == 1
