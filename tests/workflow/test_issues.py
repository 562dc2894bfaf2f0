"""The issue log: who has to solve a major problem by when, what is overdue, and the office that keeps the log."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from tests.workflow.campaigning import CAMPAIGNS, TOWNSHIP, at, kind, milestone, plan, set_time, settle_in, started
from tests.workflow.county import COUNTY, OTHER_COUNTY
from tests.workflow.world import World

ISSUES = "/workflow/v1/campaign-issues"
BODY = {"severity": "major", "title": "监管主体不明", "description": "两部门意见不一"}


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 9, 1))
    await settle_in(world)
    yield world


async def log(world: World, who: str, query: str = "") -> list[Any]:
    answer = await world.call(who, "GET", f"{ISSUES}?{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


async def tasks_of(world: World, who: str) -> dict[str, Any]:
    answer = await world.call(who, "GET", "/workflow/v1/tasks?kind=issue")
    return {task["id"]: task for task in answer.json()["items"]}


@pytest.mark.req("QX-54")
async def test_an_issue_about_an_entry_has_an_owner_and_a_day_and_shows_when_the_day_is_over(county: World) -> None:
    item = await county.item("环评审批")
    body = BODY | {"list_id": str(county.lists["permit"]), "item_id": str(item)}
    made = await county.call("环保编制", "POST", ISSUES, body)
    assert made.status_code == 201, made.text
    issue = made.json()
    assert (issue["list_title"], issue["item_name"], issue["owner_id"]) == ("行政许可事项清单", "环评审批", None)
    assert issue["due_at"][:10] == "2017-09-15", "ten working days until somebody says otherwise"
    path = f"{ISSUES}/{issue['id']}"
    owner = {"organ_id": str(county.organs["住建局"]), "due_on": "2017-09-08", "note": "请提出意见"}
    assert (await county.call("环保编制", "POST", f"{path}/assign", owner)).status_code == 403
    past = await county.call("审改办", "POST", f"{path}/assign", owner | {"due_on": "2017-08-31"})
    assert [error["pointer"] for error in past.json()["errors"]] == ["/due_on"]
    given = await county.call("审改办", "POST", f"{path}/assign", owner, **{"If-Match": '"1"'})
    assert (given.status_code, given.json()["owner_name"], given.json()["due_at"][:10]) == (
        200, "住建局", "2017-09-08",
    )  # fmt: skip
    assert issue["id"] not in await tasks_of(county, "审改办"), "it has moved to the owner"
    assert (await tasks_of(county, "住建牵头"))[issue["id"]]["due_at"] == given.json()["due_at"]
    assert issue["id"] not in [each["id"] for each in await log(county, "审改办", "overdue=true")]
    set_time(at(2017, 9, 9))
    await clocks.tick(county.engine)
    (late,) = [each for each in await log(county, "审改办", "overdue=true") if each["id"] == issue["id"]]
    assert (late["overdue"], late["late"]) == (True, True)
    flagged = await county.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'clock.overdue' AND refs->>'subject' = :subject",
        subject=f"issue/{issue['id']}",
    )
    assert flagged[0].n == 1
    solved = await county.call("住建牵头", "POST", f"{path}/resolve", {"resolution": "由环保局负责"})
    assert (solved.status_code, solved.json()["state"], solved.json()["late"]) == (200, "resolved", True)
    assert [each["act"] for each in solved.json()["history"]] == ["assigned", "resolved"]
    again = {"reason": "划分仍不明确", "due_on": "2017-09-20"}
    assert (await county.call("住建牵头", "POST", f"{path}/reopen", again)).status_code == 403
    reopened = await county.call("审改办", "POST", f"{path}/reopen", again)
    assert (reopened.json()["state"], reopened.json()["resolution"]) == ("open", None)
    assert (await tasks_of(county, "住建牵头"))[issue["id"]]["due_at"][:10] == "2017-09-20"


@pytest.mark.req("ZZ-33")
async def test_the_office_of_the_approval_reform_keeps_the_log_of_its_region_and_solves_what_is_open(
    county: World,
) -> None:
    mine = (await county.call("环保编制", "POST", ISSUES, BODY | {"region_code": COUNTY})).json()
    assert (await tasks_of(county, "审改办"))[mine["id"]]["due_at"] == mine["due_at"]
    county.person("镇审改办", ("reviewer", TOWNSHIP, None))
    below = await county.call("镇审改办", "POST", ISSUES, BODY | {"region_code": TOWNSHIP, "severity": "critical"})
    assert below.json()["due_at"][:10] == "2017-09-06", "three working days"
    seen = {each["id"] for each in await log(county, "审改办", f"region_code={COUNTY}&state=open")}
    assert {mine["id"], below.json()["id"]} <= seen
    assert mine["id"] not in {each["id"] for each in await log(county, "镇审改办")}
    assert await log(county, "外县政府") == []
    assert (await county.call("住建编制", "GET", f"{ISSUES}/{mine['id']}")).status_code == 404
    solve = f"{ISSUES}/{mine['id']}/resolve"
    assert (await county.call("环保编制", "POST", solve, {"resolution": "…"})).status_code == 403
    assert (await county.call("审改办", "POST", solve, {"resolution": "明确由环保局负责"})).status_code == 200
    left = {each["id"] for each in await log(county, "审改办", "state=open")}
    assert mine["id"] not in left
    assert mine["id"] not in await tasks_of(county, "审改办")


async def test_an_owner_below_finds_the_issue_among_its_tasks_and_one_elsewhere_is_refused(county: World) -> None:
    issue = (await county.call("环保编制", "POST", ISSUES, BODY | {"region_code": COUNTY})).json()
    for name, region in (("镇政府", TOWNSHIP), ("外县局", OTHER_COUNTY)):
        id_ = await county.organ(name)
        await county.run("UPDATE qingdan.organ SET region_code = :region WHERE id = :id", region=region, id=id_)
        county.person(name, ("list_authority", region, name))
    path = f"{ISSUES}/{issue['id']}/assign"
    refused = await county.call("审改办", "POST", path,
                                {"organ_id": str(county.organs["外县局"]), "due_on": "2017-09-08"})  # fmt: skip
    assert refused.json()["errors"][0]["code"] == "organ_elsewhere"
    given = await county.call("审改办", "POST", path,
                              {"organ_id": str(county.organs["镇政府"]), "due_on": "2017-09-08"})  # fmt: skip
    assert given.status_code == 200, given.text
    assert issue["id"] in await tasks_of(county, "镇政府")
    solve = f"{ISSUES}/{issue['id']}/resolve"
    assert (await county.call("外县局", "POST", solve, {"resolution": "…"})).status_code == 404
    assert (await county.call("镇政府", "POST", solve, {"resolution": "已协调"})).status_code == 200


async def test_what_an_issue_names_has_to_be_there_and_the_callers_own(county: World) -> None:
    item = str(await county.item("环评审批"))
    permit, power = str(county.lists["permit"]), str(county.lists["power"])
    for more, code in (
        ({"list_id": str(UUID(int=7))}, "list_unknown"), ({"item_id": item}, "item_unknown"),
        ({"list_id": power, "item_id": item}, "item_unknown"),
        ({"list_id": permit, "list_kind": f"power_{county.suffix}"}, "kind_differs"),
        ({"list_id": permit, "region_code": TOWNSHIP}, "region_differs"),
        ({"organ_id": str(UUID(int=7))}, "unknown_organ"),
    ):  # fmt: skip
        answer = await county.call("环保编制", "POST", ISSUES, BODY | more)
        assert (answer.status_code, answer.json()["code"]) == (422, code), more
    assert (await county.call("审改办", "POST", ISSUES, BODY)).json()["code"] == "region_missing"
    assert (await county.call("外县政府", "POST", ISSUES, BODY | {"region_code": COUNTY})).status_code == 403
    assert (await county.call("环保编制", "POST", ISSUES, BODY | {"title": "\0"})).status_code == 422


@pytest.mark.req("QX-61")
async def test_an_issue_of_a_campaign_lies_with_the_regions_own_people_before_those_above(county: World) -> None:
    async def account(name: str, role: str, region: str) -> None:
        (row,) = await county.run(
            "INSERT INTO qingdan.account (id, login, name, password_hash) VALUES (gen_random_uuid(), :name, :name, '')"
            " RETURNING id",
            name=f"{name}{county.suffix}",
        )
        await county.run("INSERT INTO qingdan.account_role (id, account_id, role, region_code)"
                         " VALUES (gen_random_uuid(), :id, :role, :region)",
                         id=row.id, role=role, region=region)  # fmt: skip

    some = await kind(county, "ia", "清单")
    campaign = await started(county, plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[some])))
    await account("省组", "coordination_group", "130000000000")
    await account("县审改办", "reviewer", COUNTY)
    path = f"{CAMPAIGNS}/{campaign['id']}/issues"
    first = (await county.call("环保编制", "POST", path, BODY)).json()
    assert first["id"] in await tasks_of(county, "审改办"), "the province's group is not the county's"
    await account("县组", "coordination_group", COUNTY)
    second = (await county.call("环保编制", "POST", path, BODY)).json()
    assert second["id"] in await tasks_of(county, "放管服组")
    assert second["id"] not in await tasks_of(county, "审改办")
    await county.run("DELETE FROM qingdan.account_role AS g USING qingdan.account AS a WHERE a.id = g.account_id"
                     " AND a.login LIKE :mine", mine=f"%{county.suffix}")  # fmt: skip
