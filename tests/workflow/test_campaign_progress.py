"""Progress by lead, organ, region and phase without anybody typing it; targets; guides whose days are due dates."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from tests.statements import counted
from tests.workflow.campaigning import (
    CAMPAIGNS,
    PAPER,
    TOWNSHIP,
    act,
    at,
    enact,
    kind,
    milestone,
    owed,
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


async def standing(world: World, campaign: Any, what: str = "progress", who: str = "放管服组") -> Any:
    answer = await world.call(who, "GET", f"{CAMPAIGNS}/{campaign['id']}/{what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.req("QX-53")
@pytest.mark.req("HB-38")
@pytest.mark.req("ZL-47")
@pytest.mark.req("ZL-39")
@pytest.mark.req("QX-42")
async def test_progress_follows_what_happens_per_lead_organ_region_kind_phase_and_milestone(county: World) -> None:
    first, second = await kind(county, "ga", "清单甲"), await kind(county, "gb", "清单乙", lead="住建局")
    await kind(county, "ga", "清单甲", region=TOWNSHIP)
    phases = [
        {"number": 1, "title": "集中审核阶段", "act": "review", "starts_on": "2017-09-01", "ends_on": "2017-09-20"},
        {"number": 2, "title": "公开公布阶段", "act": "publication", "starts_on": "2017-09-21",
         "ends_on": "2017-09-30"},
    ]  # fmt: skip
    document = {"organ_ids": [str(county.organs["外单位"])]}
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[first, second], levels=["county", "township"], phase=2),
        milestone(2, "document", "organ", date(2017, 9, 10), phase=1, **document),
        phases=phases,
    )
    campaign = await started(county, body)
    assert (await standing(county, campaign))["total"] | {"total": 0} == dict.fromkeys(
        ("total", "done", "late", "overdue", "waived", "submitted", "decided", "published", "filed"), 0
    ) | {"open": 7}, "four lists, a document of the outsiders, and two summaries"
    await enact(county, "ga", at(2017, 9, 22))
    set_time(at(2017, 10, 2))
    with counted(county.engine) as sent:
        shown = await standing(county, campaign)
    assert len(sent) <= 8, sent
    assert (shown["total"]["done"], shown["total"]["overdue"], shown["total"]["published"]) == (1, 4, 1)
    assert (shown["starts_on"], shown["due_on"], shown["overdue"]) == ("2017-06-20", "2017-11-30", False)
    leads = {each["organ_name"]: (each["done"], each["overdue"]) for each in shown["leads"]}
    assert leads["环保局"] == (1, 1)
    assert leads["住建局"] == (0, 1)
    assert [(each["organ_name"], each["overdue"]) for each in shown["organs"]] == [("外单位", 1)]
    regions = {each["region_code"]: each["overdue"] for each in shown["regions"]}
    assert (regions[COUNTY], regions[TOWNSHIP]) == (2, 2)
    assert [(each["number"], each["done"], each["due_on"]) for each in shown["milestones"]][:2] == [
        (1, 1, "2017-09-30"), (2, 0, "2017-09-10"),
    ]  # fmt: skip
    assert [(each["number"], each["overdue"], each["ends_on"]) for each in shown["phases"]] == [
        (1, 1, "2017-09-20"), (2, 3, "2017-09-30"),
    ]  # fmt: skip
    assert {each["list_kind"]: each["done"] for each in shown["kinds"]} == {first: 1, second: 0}
    set_time(at(2017, 12, 1))
    assert (await standing(county, campaign))["overdue"] is True, "the whole was due by the end of November"


@pytest.mark.req("QX-04")
@pytest.mark.req("QX-05")
async def test_the_targets_count_published_lists_of_each_class(county: World) -> None:
    targets = [
        {"list_class": "comprehensive", "at_least": 2, "due_on": "2017-12-31",
         "together": [[f"tc_{county.suffix}", f"td_{county.suffix}"]]},
        {"list_class": "special", "at_least": 1, "due_on": "2017-12-31"},
    ]  # fmt: skip
    first = await kind(county, "ta", "清单甲")
    for name in ("tc", "td"):
        await kind(county, name, f"清单{name}")
    await kind(county, "ts", "安全生产监管责任清单", list_class="special")
    before = await county.run(
        "SELECT count(*) AS n FROM qingdan.published_list AS p JOIN qingdan.list AS l ON l.id = p.list_id"
        " WHERE p.region_code = :region AND l.state = 'in_force'",
        region=COUNTY,
    )
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[first]), targets=targets)
    campaign = await started(county, body)
    await enact(county, "ta", at(2017, 9, 1))
    await enact(county, "tc", at(2017, 9, 2))
    shown = {each["list_class"]: each for each in (await standing(county, campaign, "targets"))["items"]}
    assert shown["comprehensive"]["actual"] == before[0].n + 1
    assert (shown["special"]["actual"], shown["special"]["met"], shown["special"]["overdue"]) == (0, False, False)
    await enact(county, "td", at(2017, 9, 3))
    await enact(county, "ts", at(2017, 9, 4))
    shown = {each["list_class"]: each for each in (await standing(county, campaign, "targets"))["items"]}
    assert (shown["comprehensive"]["actual"], shown["comprehensive"]["met"]) == (before[0].n + 2, True)
    assert (shown["special"]["actual"], shown["special"]["met"]) == (1, True)
    assert shown["special"]["counted"] == ["安全生产监管责任清单"]


@pytest.mark.req("QX-37")
@pytest.mark.req("QX-38")
async def test_a_guide_has_its_four_parts_and_its_days_become_due_dates(county: World) -> None:
    some = await kind(county, "gu", "行政执法事项清单")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 10, 31), kinds=[some])))
    path = f"{CAMPAIGNS}/{campaign['id']}/guides/{some}"
    nodes = [{"title": "报送", "act": "submission", "ends_on": "2017-08-31"},
             {"title": "公布", "act": "publication", "ends_on": "2017-10-20"}]  # fmt: skip
    guide = {"principles": "职权法定", "scope": "执法部门", "review_standard": "口径统一", "time_nodes": nodes}
    for part in guide:
        lacking = {name: value for name, value in guide.items() if name != part}
        answer = await county.call("牵头单位", "PUT", path, lacking, **{"If-Match": '"0"'})
        assert answer.status_code == 422, part
    assert (await county.call("住建牵头", "PUT", path, guide, **{"If-Match": '"0"'})).status_code == 403
    assert (await county.call("牵头单位", "PUT", path, guide)).status_code == 428
    late = guide | {"time_nodes": [nodes[0], nodes[1] | {"ends_on": "2017-11-01"}]}
    refused = await county.call("牵头单位", "PUT", path, late, **{"If-Match": '"0"'})
    assert [error["code"] for error in refused.json()["errors"]] == ["later_than_milestone"]
    unknown = path.replace(some, "nothing_like_it")
    assert (await county.call("放管服组", "PUT", unknown, guide, **{"If-Match": '"0"'})).status_code == 404
    saved = await county.call("牵头单位", "PUT", path, guide, **{"If-Match": '"0"'})
    assert (saved.status_code, saved.headers["etag"]) == (200, '"1"')
    (one,) = await owed(county, campaign, "subject=list")
    assert one["due_at"][:10] == "2017-10-20"
    listed = (await county.call("环保编制", "GET", f"{CAMPAIGNS}/{campaign['id']}/guides")).json()["items"]
    assert [(each["list_kind"], len(each["time_nodes"])) for each in listed] == [(some, 2)]


async def test_leads_who_summed_up_are_no_longer_open(county: World) -> None:
    some = await kind(county, "su", "清单")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some])))
    (summary,) = await owed(county, campaign, "subject=summary")
    assert (await act(county, "牵头单位", summary, "submit", PAPER)).status_code == 200
    (lead,) = (await standing(county, campaign))["leads"]
    assert (lead["total"], lead["done"], lead["open"]) == (2, 1, 1)
