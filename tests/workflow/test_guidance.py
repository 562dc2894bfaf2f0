"""Guidance between levels: leads guide townships, which is owed and recorded; questions go to the counterpart above."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
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
    receipt,
    set_time,
    settle_in,
    started,
)
from tests.workflow.county import CITY, COUNTY, PROVINCE
from tests.workflow.test_templates import BASE as TEMPLATES
from tests.workflow.test_templates import DECIDE, REVIEW, SIGN, template
from tests.workflow.world import World, modify

RECORDS, QUESTIONS = "/workflow/v1/guidance-records", "/workflow/v1/guidance-questions"


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    yield world


async def organ(world: World, name: str, region: str, system: str | None = None) -> UUID:
    id_ = await world.organ(name)
    await world.run(
        "UPDATE qingdan.organ SET region_code = :region, system = :system WHERE id = :id",
        region=region, system=system, id=id_,
    )  # fmt: skip
    return id_


def guided(world: World, *kinds: str, **more: Any) -> dict[str, Any]:
    given = {"organ_id": str(world.organs["环保局"]), "region_codes": [TOWNSHIP], "list_kinds": list(kinds),
             "method": "visit", "held_on": "2017-08-15", "content": "核对权力事项名称和依据"}  # fmt: skip
    return given | more


@pytest.mark.req("QX-55")
async def test_the_lead_owes_each_township_guidance_and_meets_it_by_what_it_records(county: World) -> None:
    power = await kind(county, "gd", "行政权力清单")
    await kind(county, "gd", "行政权力清单", region=TOWNSHIP, lead="外单位")
    body = plan(
        milestone(1, "list", "lead", date(2017, 9, 30), kinds=[power], levels=["county", "township"]),
        milestone(2, "guidance", "lead", date(2017, 8, 31), kinds=[power], levels=["township"], title="指导乡镇"),
        report_day=5,
    )
    campaign = await started(county, body)
    (duty,) = await owed(county, campaign, "subject=guidance", who="牵头单位")
    assert (duty["organ_name"], duty["region_code"], duty["allowed"]) == ("环保局", TOWNSHIP, ["waive"])
    inbox = (await county.call("牵头单位", "GET", "/workflow/v1/tasks?kind=obligation")).json()["items"]
    assert duty["id"] in [task["id"] for task in inbox]
    assert (await act(county, "牵头单位", duty, "submit", PAPER)).status_code == 409, "guided, not handed in"
    set_time(at(2017, 9, 1))
    for wrong, code in (
        ({"region_codes": [COUNTY]}, "not_below"), ({"held_on": "2017-09-02"}, "date_out_of_range"),
        ({"list_kinds": ["nothing_here"]}, "kind_unknown"), ({"organ_id": str(UUID(int=1))}, "unknown_organ"),
    ):  # fmt: skip
        answer = await county.call("牵头单位", "POST", RECORDS, guided(county, power) | wrong)
        assert answer.status_code == 422, wrong
        assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert (await county.call("住建牵头", "POST", RECORDS, guided(county, power))).status_code == 403
    too_early = await county.call("牵头单位", "POST", RECORDS, guided(county, power, held_on="2017-06-01"))
    assert too_early.status_code == 201, too_early.text
    assert (await owed(county, campaign, "subject=guidance"))[0]["overdue"], "guided before the campaign began"
    recorded = await county.call("牵头单位", "POST", RECORDS, guided(county, power))
    assert (recorded.status_code, recorded.json()["method_title"]) == (201, "实地指导")
    (met,) = await owed(county, campaign, "subject=guidance")
    assert (met["state"], met["late"], met["done_at"][:10]) == ("done", True, "2017-09-01"), "late"
    assert met["document"]["reference"] == recorded.json()["id"]
    county.person("镇里", ("compiler", TOWNSHIP, "外单位"))
    path = f"{RECORDS}/{recorded.json()['id']}"
    assert (await county.call("镇里", "GET", path)).status_code == 200, "whom it was for reads it"
    assert (await county.call("外县政府", "GET", path)).status_code == 404
    listed = (await county.call("镇里", "GET", f"{RECORDS}?region_code={TOWNSHIP}&list_kind={power}")).json()["items"]
    assert [each["held_on"] for each in listed] == ["2017-08-15", "2017-06-01"]
    units = await county.call("放管服组", "GET", f"{CAMPAIGNS}/{campaign['id']}/progress")
    counted = [(each["total"], each["done"]) for each in units.json()["leads"] if each["organ_name"] == "环保局"]
    assert counted == [(3, 1)], "its list, its guidance and its summary"


@pytest.mark.req("QX-55")
async def test_the_lead_of_a_list_sees_the_lists_of_townships_in_step_with_its_own(county: World) -> None:
    power = await kind(county, "sl", "行政权力清单")
    await kind(county, "sl", "行政权力清单", region=TOWNSHIP, lead="外单位")
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[power], levels=["county", "township"]))
    campaign = await started(county, body)
    await enact(county, "sl", at(2017, 7, 1), region=TOWNSHIP)
    seen = await owed(county, campaign, f"region_code={TOWNSHIP}&subject=list", who="牵头单位")
    assert [(each["region_code"], each["state"]) for each in seen] == [(TOWNSHIP, "done")]


@pytest.mark.req("QX-55")
async def test_where_the_lead_unit_reviews_it_is_the_lead_of_each_list_that_is_changed(county: World) -> None:
    set_time(at(2026, 3, 2))
    await county.new_list("fee", "收费清单", members=("环保局",), lead="住建局")
    code = f"lead_{county.suffix}"
    steps = [SIGN, REVIEW | {"role": "list_authority"}, DECIDE]
    assert (await county.call("管理员", "POST", TEMPLATES, template(code, *steps))).status_code == 201
    items = await county.item("一"), await county.item("二", of="fee")
    opened = await county.until("in_review", *(modify(item, name="新名称") for item in items), procedure=code)
    id_ = opened["id"]
    reviews = [step for step in (await county.read(id_))["steps"] if step["act"] == "review"]
    assert {step["organ_id"] for step in reviews} == {str(county.organs[name]) for name in ("环保局", "住建局")}
    assert (await county.act("审改办", id_, "review", {"outcome": "pass"})).status_code == 403
    assert (await county.act("牵头单位", id_, "review", {"outcome": "pass"})).status_code == 200
    assert (await county.read(id_))["state"] == "in_review", "the lead of the other list has not passed it"
    passed = await county.act("住建牵头", id_, "review", {"outcome": "pass"})
    assert passed.status_code == 200, passed.text
    assert [step["act"] for step in (await county.read(id_))["steps"] if step["state"] == "open"] == ["decide"]


@pytest.mark.req("HB-31")
async def test_each_region_below_hands_in_its_own_plan(county: World) -> None:
    body = plan(milestone(1, "plan", "region", date(2017, 7, 5), levels=["county", "township"], filing=True))
    campaign = await started(county, body)
    slots = {one["region_code"]: one for one in await owed(county, campaign, "subject=plan")}
    assert {code: one["paper_state"] for code, one in slots.items()} == {
        COUNTY: "not_submitted", TOWNSHIP: "not_submitted",
    }  # fmt: skip
    county.person("镇审改办", ("reviewer", TOWNSHIP, None))
    assert (await act(county, "镇审改办", slots[COUNTY], "submit", PAPER)).status_code == 404
    handed = await act(county, "镇审改办", slots[TOWNSHIP], "submit", PAPER)
    assert (handed.status_code, handed.json()["paper_state"]) == (200, "submitted")
    filed = await act(county, "放管服组", slots[TOWNSHIP], "file", receipt(date(2017, 6, 25)))
    assert filed.json()["paper_state"] == "filed"


async def counterparts(world: World) -> None:
    """An office of markets in the province, in the city, in the county and one in the town, which also asks."""
    for name, region in (("省市场局", PROVINCE), ("市市场局", CITY), ("县市场局", COUNTY), ("镇市场所", TOWNSHIP)):
        await organ(world, name, region, f"市场监管{world.suffix}")
        world.person(f"{name}人员", ("compiler", region, name))


def question(world: World, asking: str, **more: Any) -> dict[str, Any]:
    given = {"organ_id": str(world.organs[asking]), "title": "受委托的许可列入哪级清单", "content": "实施主体写谁？"}
    return given | more


@pytest.mark.req("QX-58")
@pytest.mark.req("HB-39")
async def test_a_question_goes_to_the_nearest_counterpart_above_and_is_answered_within_the_limit(county: World) -> None:
    await counterparts(county)
    set_time(at(2017, 9, 28))
    assert (await county.call("环保编制", "POST", QUESTIONS, question(county, "镇市场所"))).status_code == 403
    asked = await county.call("镇市场所人员", "POST", QUESTIONS, question(county, "镇市场所"))
    assert asked.status_code == 201, asked.text
    own = asked.json()
    assert (own["asked_organ_name"], own["state"], own["allowed"]) == ("县市场局", "open", ["answer", "close"])
    assert own["due_at"][:10] == "2017-10-11", "29 and 30 September (make-up), 9 to 11 October"
    path = f"{QUESTIONS}/{own['id']}"
    inbox = (await county.call("县市场局人员", "GET", "/workflow/v1/tasks?kind=guidance")).json()["items"]
    assert [(task["id"], task["href"]) for task in inbox] == [(own["id"], path)]
    for who, status in (("外县政府", 404), ("住建编制", 404), ("镇市场所人员", 403)):
        assert (await county.call(who, "POST", f"{path}/answer", {"content": "…"})).status_code == status, who
    set_time(at(2017, 10, 13))
    await clocks.tick(county.engine)
    late = (await county.call("放管服组", "GET", f"{QUESTIONS}?overdue=true")).json()["items"]
    assert own["id"] in [each["id"] for each in late]
    answered = await county.call("县市场局人员", "POST", f"{path}/answer", {"content": "写委托机关。", "shared": True})
    assert (answered.status_code, answered.json()["state"]) == (200, "answered")
    again = await county.call("镇市场所人员", "POST", f"{path}/follow-up", {"content": "没有委托书呢？"})
    assert (again.json()["state"], again.json()["due_at"][:10]) == ("open", "2017-10-20")
    task = (await county.call("县市场局人员", "GET", f"/workflow/v1/tasks/{own['id']}")).json()
    assert (task["state"], task["due_at"]) == ("open", again.json()["due_at"])
    assert (await county.call("县市场局人员", "POST", f"{path}/close")).status_code == 403, "only who asked closes it"
    assert (await county.call("县市场局人员", "POST", f"{path}/answer", {"content": "先补签。"})).status_code == 200
    closed = await county.call("镇市场所人员", "POST", f"{path}/close")
    assert [each["act"] for each in closed.json()["messages"]] == ["question", "answer", "follow_up", "answer"]
    assert (await county.call("镇市场所人员", "POST", f"{path}/follow-up", {"content": "x"})).status_code == 409


@pytest.mark.req("HB-39")
async def test_the_county_asks_the_city_and_the_city_the_province(county: World) -> None:
    await counterparts(county)
    for asking, asked in (("县市场局", "市市场局"), ("市市场局", "省市场局")):
        answer = await county.call(f"{asking}人员", "POST", QUESTIONS, question(county, asking))
        assert answer.json()["asked_organ_name"] == asked
    nobody = await county.call("省市场局人员", "POST", QUESTIONS, question(county, "省市场局"))
    assert (nobody.status_code, nobody.json()["code"]) == (422, "no_counterpart")
    below = question(county, "市市场局", asked_organ_id=str(county.organs["县市场局"]))
    refused = await county.call("市市场局人员", "POST", QUESTIONS, below)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/asked_organ_id"]
    chosen = question(county, "县市场局", asked_organ_id=str(county.organs["省市场局"]))
    assert (await county.call("县市场局人员", "POST", QUESTIONS, chosen)).json()["asked_organ_name"] == "省市场局"


async def test_an_answer_for_everybody_is_read_below_without_the_names_of_who_asked(county: World) -> None:
    await counterparts(county)
    bad = question(county, "镇市场所", list_id=str(UUID(int=1)))
    assert (await county.call("镇市场所人员", "POST", QUESTIONS, bad)).json()["code"] == "list_unknown"
    about = question(county, "镇市场所", list_id=str(county.lists["permit"]), item_id=str(await county.item("许可")))
    own = (await county.call("镇市场所人员", "POST", QUESTIONS, about)).json()
    assert own["list_kind"] == f"permit_{county.suffix}"
    path = f"{QUESTIONS}/{own['id']}"
    assert (await county.call("住建编制", "GET", path)).status_code == 404
    await county.call("县市场局人员", "POST", f"{path}/answer", {"content": "列县局。", "shared": True})
    shown = (await county.call("住建编制", "GET", path)).json()
    assert (shown["organ_id"], shown["region_code"], shown["allowed"]) == (None, None, [])
    assert (shown["list_id"], shown["item_id"]) == (None, None), "the list says whose it is"
    assert shown["list_kind"] == own["list_kind"]
    assert [(each["organ_name"], each["written_by"]) for each in shown["messages"]] == [
        (None, None), ("县市场局", None),
    ]  # fmt: skip
    assert (await county.call("外县政府", "GET", path)).status_code == 404, "not below the county"
    listed = (await county.call("住建编制", "GET", f"{QUESTIONS}?shared=true&list_kind={own['list_kind']}")).json()[
        "items"
    ]
    assert [each["organ_name"] for each in listed] == [None]
    for body in ({"content": "\0"}, {"content": ""}, {}):
        assert (await county.call("县市场局人员", "POST", f"{path}/answer", body)).status_code == 422
    for query in ("cursor=x", "state=other", "asked_organ=7", "limit=0"):
        assert (await county.call("住建编制", "GET", f"{QUESTIONS}?{query}")).status_code == 422, query
