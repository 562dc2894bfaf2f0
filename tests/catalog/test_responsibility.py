"""The responsibility list over HTTP: four sections in order, what blocks its enactment, declarations, coverage."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from services.catalog.linkage.consumers import CASCADE, COMPILE
from services.catalog.responsibility import jobs
from shared.identifiers import new_id
from shared.ledger import consume, operations
from shared.ledger.operations import Running
from tests.catalog.register_world import COUNTY, RegisterWorld
from tests.catalog.responsibility_entries import boundary, duty, public_service, special, supervision
from tests.statements import counted

BUREAU, MARKET, WATER = "青县行政审批局", "青县市场监督管理局", "青县自来水公司"
DECISION = {"decision": {"meeting": "县政府常务会议", "date": "2026-11-20", "number": "8号"}}


class Lists:
    """A list of powers and a responsibility list of the county, with a lead and a decider."""

    def __init__(self, register: RegisterWorld, power: str, responsibility: str) -> None:
        self.register, self.power, self.responsibility = register, power, responsibility
        self.lead = register.token(("list_authority", COUNTY))
        self.decider = register.token(("decider", COUNTY))

    def body(self, name: str = BUREAU) -> str:
        return str(self.register.organs[name])

    async def enter(self, list_id: str, *entries: dict[str, Any], **options: Any) -> Any:
        items = [{"elements": entry} for entry in entries]
        return await self.register.post(f"/lists/{list_id}/items", {"items": items}, who=self.lead, **options)

    async def made(self, list_id: str, *entries: dict[str, Any]) -> list[str]:
        answer = (await self.enter(list_id, *entries)).json()
        assert answer.get("rejected") == 0, answer
        return [row["item_id"] for row in answer["rows"]]

    async def enact(self) -> Any:
        return await self.register.post(f"/lists/{self.responsibility}/enact", DECISION, who=self.decider)

    async def declare(self, list_id: str | None = None, **body: Any) -> Any:
        path = f"/lists/{list_id or self.responsibility}/declarations"
        return await self.register.post(path, {"reason": "经核对，没有此类事项"} | body, who=self.lead)

    async def coverage(self) -> Any:
        answer = await self.register.get(f"/lists/{self.responsibility}/duty-coverage")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def services(self, number: int = 9) -> dict[str, Any]:
        return public_service(self.register.permit(number))


@pytest.fixture
async def lists(register: RegisterWorld) -> Lists:
    members = (BUREAU, MARKET)
    power = await register.list_of("power", members=members)
    return Lists(register, power, await register.list_of("responsibility", members=members))


def power_of(register: RegisterWorld, number: int, organ: str = BUREAU) -> dict[str, Any]:
    base = f"000106{number:03d}000"
    permit = register.permit(number, organ)
    return {key: permit[key] for key in ("level", "implementing_body", "basis")} | {
        "name": f"行政检查{number}", "base_code": base, "item_type": "01", "handling_item": "",
        "implementation_code": permit["implementation_code"][:19] + base,
    }  # fmt: skip


def codes(answer: Any) -> set[str]:
    return {error["code"] for row in answer.json().get("rows", []) for error in row["errors"]} | {
        error["code"] for error in answer.json().get("errors", [])
    }


@pytest.mark.req("TH-11")
@pytest.mark.req("QX-08")
async def test_a_list_with_an_empty_section_is_enacted_only_when_somebody_declares_it_empty(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    await lists.made(lists.power, matter)
    await lists.made(lists.responsibility, duty(matter))
    refused = await lists.enact()
    assert (refused.status_code, refused.json()["code"]) == (409, "list_incomplete")
    empty = [error["pointer"] for error in refused.json()["errors"]]
    assert empty == ["/sections/boundary", "/sections/public_service", "/sections/supervision"]
    for section in ("boundary", "public_service", "supervision"):
        answer = await lists.declare(section=section)
        assert answer.status_code == 201, answer.text
    assert (await lists.register.get(answer.headers["Location"].removeprefix("/catalog/v1"))).json() == answer.json()
    [said] = [row for row in await _declarations(lists) if row["section"] == "boundary"]
    assert said["reason"] == "经核对，没有此类事项"
    assert said["declared_by"].startswith("account:")
    assert said["declared_at"]
    assert [row["state"] for row in await _sections(lists)] == ["filled", *["declared_empty"] * 3]
    assert (await lists.enact()).status_code == 200
    told = await lists.register.events("declaration.made")
    assert {row.refs["section"] for row in told} >= {"boundary", "supervision"}


async def _declarations(lists: Lists, query: str = "") -> list[dict[str, Any]]:
    answer = await lists.register.get(f"/lists/{lists.responsibility}/declarations{query}")
    return list(answer.json()["items"])


async def _sections(lists: Lists) -> list[dict[str, Any]]:
    return list((await lists.register.get(f"/lists/{lists.responsibility}/sections")).json()["items"])


@pytest.mark.req("HB-02")
@pytest.mark.req("ZL-06")
async def test_a_power_without_a_duty_stands_in_the_way_of_publication_and_is_reported(lists: Lists) -> None:
    covered, bare = power_of(lists.register, 1), power_of(lists.register, 2, MARKET)
    _, item = await lists.made(lists.power, covered, bare)
    await lists.made(lists.responsibility, duty(covered))
    for section in ("boundary", "public_service", "supervision"):
        await lists.declare(section=section)
    refused = (await lists.enact()).json()
    assert [error["code"] for error in refused["errors"]] == ["powers_without_duty"]
    gap = (await lists.coverage())["powers_without_duty"]
    assert (gap["count"], gap["items"][0]["item_id"], gap["items"][0]["organ"]) == (1, item, MARKET)
    await lists.made(lists.responsibility, duty(bare))
    assert (await lists.coverage())["powers_without_duty"] == {"count": 0, "items": []}
    assert (await lists.enact()).status_code == 200


async def test_a_kind_of_the_administration_makes_lists_in_sections_as_well(lists: Lists) -> None:
    register = lists.register
    section = {
        "key": "section",
        "title": "部分",
        "type": "choice",
        "mandatory": True,
        "vocabulary": {"z": "第一部分", "a": "第二部分"},
        "order": ["z", "a"],
    }
    note = {"key": "note", "title": "说明", "type": "text", "mandatory_when": {"section": ["a"]}}
    kind = {
        "code": "test_sections",
        "title": "分部分清单",
        "region_code": COUNTY,
        "elements": [section, {"key": "name", "title": "名称", "type": "text", "mandatory": True}, note],
    }
    assert (await register.post("/kinds", kind)).status_code == 201
    list_id = await register.list_of("test_sections", members=(BUREAU,))
    assert codes(await lists.enter(list_id, {"name": "甲", "section": "a"})) == {"missing"}
    await lists.made(list_id, {"name": "甲", "section": "z"})
    found = (await register.get(f"/lists/{list_id}/sections")).json()["items"]
    assert [(row["section"], row["state"]) for row in found] == [("z", "filled"), ("a", "empty")]
    path = f"/lists/{list_id}/enact"
    assert (await register.post(path, DECISION, who=lists.decider)).json()["code"] == "list_incomplete"
    await lists.made(list_id, {"name": "乙", "section": "a", "note": "说明"})
    assert (await register.post(path, DECISION, who=lists.decider)).status_code == 200
    coverage = await register.get(f"/lists/{list_id}/duty-coverage")
    assert coverage.json()["code"] == "not_a_responsibility_list"


@pytest.mark.req("HB-10")
@pytest.mark.req("TH-11")
async def test_a_list_is_read_as_four_sections_and_duties_in_the_order_of_their_categories(lists: Lists) -> None:
    categories = ["other", "policy", "special_business", "planning", "policy"]
    matters = [power_of(lists.register, number) for number in range(1, 6)]
    entries = [duty(matter, duty_category=one) for matter, one in zip(matters, categories, strict=True)]
    await lists.made(lists.responsibility, *entries, boundary(lists.body(), [lists.body(MARKET)]))
    found = await _sections(lists)
    assert [row["title"] for row in found] == ["责任事项", "职责边界", "公共服务事项", "事中事后监管"]
    assert [row["entries"] for row in found] == [5, 1, 0, 0]
    read: list[str] = []
    path, cursor = f"/lists/{lists.responsibility}/sections/duty/items?limit=2", ""
    while True:
        page = (await lists.register.get(path + cursor)).json()
        read += [row["elements"]["duty_category"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert read == ["planning", "policy", "policy", "special_business", "other"]
    for bad in ("?cursor=x", "?cursor=W10", "?cursor=WyJhIiwiYiJd"):
        answer = await lists.register.get(f"/lists/{lists.responsibility}/sections/duty/items{bad}")
        assert answer.status_code == 422, answer.text
    exported = await lists.register.get(f"/lists/{lists.responsibility}/export.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(exported.content)).get_sheet_by_index(0).to_python()
    titles = [str(title).removesuffix("*") for title in rows[0]]
    assert [row[titles.index("职责类别")] for row in rows[1:]] == [
        "发展规划", "政策法规", "政策法规", "专项业务", "其他", "",
    ]  # fmt: skip
    unknown = await lists.register.get(f"/lists/{lists.responsibility}/sections/nothing/items")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "section_not_found")
    plain = await lists.register.get(f"/lists/{lists.power}/sections")
    assert (plain.status_code, plain.json()["code"]) == (404, "no_sections")


@pytest.mark.req("HB-09")
@pytest.mark.req("HB-11")
@pytest.mark.req("HB-12")
@pytest.mark.req("TH-12")
async def test_a_duty_rests_on_a_law_三定_or_a_document_of_the_centre_or_the_province(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    bare = duty(matter)
    bare.pop("basis")
    assert codes(await lists.enter(lists.responsibility, bare)) == {"missing"}
    lesser = [{"document": "县政府办公室通知", "kind": "set", "document_kind": "normative", "article": "一"}]
    assert codes(await lists.enter(lists.responsibility, duty(matter, basis=lesser))) == {"no_duty_basis"}
    for kind in ("law", "regulation", "local_regulation", "provincial_rule", "department_rule", "organ_duties",
                 "central_document", "provincial_document"):  # fmt: skip
        basis = [{"document": "依据", "kind": "set", "document_kind": kind, "article": "三"}]
        items = [{"name": "编制规划", "office": "规划股"}, {"name": "组织实施"}]
        await lists.made(lists.responsibility, duty(matter, basis=basis, duty_scope="全县", work_items=items))
    found = (await lists.register.get(f"/lists/{lists.responsibility}/sections/duty/items")).json()["items"]
    assert found[0]["elements"]["work_items"] == items
    nameless = duty(matter, work_items=[{"content": "没有名称"}])
    assert codes(await lists.enter(lists.responsibility, nameless)) == {"malformed"}


@pytest.mark.req("TH-12")
@pytest.mark.req("QX-08")
async def test_a_duty_names_its_power_and_further_ones_by_links(lists: Lists) -> None:
    register = lists.register
    first, second = power_of(register, 1), power_of(register, 2)
    powers = await lists.made(lists.power, first, second)
    [item] = await lists.made(lists.responsibility, duty(first))
    await drain(lists)
    [draft] = (await register.get("/drafts?state=open&rule=K06")).json()["items"]
    assert draft["source_item_id"] == powers[1]
    link = {"to_item_id": powers[1], "type": "duty_of", "reason": "同一责任"}
    made = await register.post(f"/items/{item}/links", link, who=lists.lead)
    assert made.status_code == 201, made.text
    await drain(lists)
    assert (await register.get(f"/drafts/{draft['id']}")).json()["state"] == "superseded"
    assert (await lists.coverage())["powers_without_duty"]["count"] == 0
    path = made.headers["Location"].removeprefix("/catalog/v1")
    assert (await register.send("DELETE", path, who=lists.lead)).status_code == 204
    await drain(lists)
    assert len((await register.get("/drafts?state=open&rule=K06")).json()["items"]) == 1
    assert (await lists.coverage())["powers_without_duty"]["count"] == 1


@pytest.mark.req("HB-14")
@pytest.mark.req("HB-16")
@pytest.mark.req("TH-13")
async def test_a_boundary_has_one_lead_assisting_organs_their_shares_and_a_mechanism(lists: Lists) -> None:
    lead, other = lists.body(), lists.body(MARKET)
    shares = {"share": "负责查处"}
    two = [{"organ": lead, "role": "lead"} | shares, {"organ": other, "role": "lead"} | shares]
    none = [{"organ": lead, "role": "assist"} | shares, {"organ": other, "role": "assist"} | shares]
    for parties in (two, none):
        answer = await lists.enter(lists.responsibility, boundary(lead, [], boundary_parties=parties))
        assert codes(answer) == {"not_one_lead"}
    foreign = boundary(lead, [other])
    foreign["implementing_body"] = other
    assert codes(await lists.enter(lists.responsibility, foreign)) == {"lead_is_not_body"}
    twice = boundary(lead, [other, other])
    assert codes(await lists.enter(lists.responsibility, twice)) == {"organ_twice"}
    lacking = {key: value for key, value in boundary(lead, [other]).items() if key not in ("coordination", "field")}
    refused = await lists.enter(lists.responsibility, lacking)
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "/items/0/elements/coordination", "/items/0/elements/field",
    }  # fmt: skip
    await lists.made(lists.responsibility, boundary(lead, [other]))
    [row] = (await lists.register.get(f"/lists/{lists.responsibility}/sections/boundary/items")).json()["items"]
    assert [party["role"] for party in row["elements"]["boundary_parties"]] == ["lead", "assist"]


@pytest.mark.req("HB-15")
async def test_focus_fields_without_a_boundary_are_flagged(lists: Lists) -> None:
    lead, other = lists.body(), lists.body(MARKET)
    await lists.made(lists.responsibility, boundary(lead, [other]), boundary(lead, [other], field="other"))
    found = {row["field"]: (row["boundaries"], row["missing"]) for row in (await lists.coverage())["fields"]}
    assert found == {
        "market_supervision": (0, True), "food_safety": (0, True), "work_safety": (0, True),
        "environment": (1, False), "other": (1, False),
    }  # fmt: skip


@pytest.mark.req("HB-18")
@pytest.mark.req("HB-19")
@pytest.mark.req("HB-20")
@pytest.mark.req("HB-21")
@pytest.mark.req("TH-15")
async def test_a_supervision_record_has_six_elements_and_four_measures_in_key_areas(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    for element in ("supervision_object", "supervision_content", "supervision_method", "supervision_measures",
                    "supervision_procedure", "supervision_handling"):  # fmt: skip
        refused = await lists.enter(lists.responsibility, supervision(matter, **{element: None}))
        [error] = refused.json()["errors"]
        assert (error["code"], error["pointer"]) == ("supervision_incomplete", f"/items/0/elements/{element}")
    parties = [
        {"party_kind": "department", "party": "本部门", "share": "统筹监管", "work_focus": "重点企业"},
        {"party_kind": "lower_level", "party": "乡镇政府", "share": "日常巡查"},
        {"party_kind": "social_organisation", "party": "行业协会", "share": "行业自律"},
    ]
    key_area = supervision(matter, key_area="public_safety", daily_supervision=["巡查"], supervision_parties=parties,
                           field="work_safety")  # fmt: skip
    answer = (await lists.enter(lists.responsibility, key_area)).json()
    remarks = {one["pointer"].rsplit("/", 1)[1] for one in answer["rows"][0]["remarks"]}
    assert remarks == {"spot_checks", "hazard_investigation", "major_cases"}
    assert {one["rule"] for one in answer["rows"][0]["remarks"]} == {"V29"}
    measures = {"spot_checks": ["每季度"], "hazard_investigation": ["专项"], "major_cases": ["督办"]}
    answer = (await lists.enter(lists.responsibility, key_area | measures)).json()
    assert answer["rows"][0]["remarks"] == []
    wrong = supervision(matter, supervision_parties=[{"party_kind": "citizen", "party": "甲", "share": "乙"}])
    assert codes(await lists.enter(lists.responsibility, wrong)) == {"malformed"}


@pytest.mark.req("HB-17")
@pytest.mark.req("TH-33")
async def test_a_cancelled_power_without_a_record_is_an_error_until_somebody_answers_for_it(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    [item] = await lists.made(lists.power, matter | {"state": "cancelled"})
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2)))
    await drain(lists)
    [found] = await findings(lists, "K25")
    assert (found["item_id"], found["severity"]) == (item, "error")
    assert (await lists.coverage())["unsupervised"]["count"] == 1
    wrong = await lists.declare(list_id=lists.power, item_id=item)
    assert (wrong.status_code, wrong.json()["code"]) == (404, "no_sections")
    answer = await lists.declare(item_id=item, reason="审批取消后不再需要监管")
    assert answer.status_code == 201, answer.text
    assert answer.json()["rule"] == "K25"
    assert not await findings(lists, "K25")
    assert (await lists.coverage())["unsupervised"]["count"] == 0
    assert (await lists.declare(item_id=item)).json()["code"] == "declaration_exists"
    path = f"/declarations/{answer.json()['id']}"
    assert (await lists.register.send("DELETE", path, who=lists.lead, params={"reason": "仍需监管"})).status_code == 204
    assert [row["item_id"] for row in await findings(lists, "K25")] == [item]
    assert [row["withdrawn_at"] is None for row in await _declarations(lists, "?withdrawn=true")] == [False]
    assert not await _declarations(lists)
    await lists.made(lists.responsibility, supervision(matter, disposition="cancelled"))
    await drain(lists)
    assert not await findings(lists, "K25")


async def test_what_is_there_or_blocks_is_not_declared_away(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    [item] = await lists.made(lists.power, matter)
    await lists.made(lists.responsibility, duty(matter))
    assert (await lists.declare(section="duty")).json()["code"] == "section_not_empty"
    assert (await lists.declare(item_id=item)).json()["code"] == "nothing_to_declare"
    assert (await lists.declare(item_id=str(new_id()))).status_code == 404
    assert (await lists.declare(section="nowhere")).json()["code"] == "section_not_found"
    assert (await lists.declare()).status_code == 422
    assert (await lists.declare(section="boundary", item_id=item)).status_code == 422
    body = {"section": "boundary", "reason": "无"}
    stranger = lists.register.token(("compiler", COUNTY))
    path = f"/lists/{lists.responsibility}/declarations"
    assert (await lists.register.post(path, body, who=stranger)).status_code == 403


@pytest.mark.req("HB-04")
async def test_k07_organs_with_powers_and_organs_with_duties_are_the_same_or_the_difference_is_shown(
    lists: Lists,
) -> None:
    await lists.made(lists.power, power_of(lists.register, 1))
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2, MARKET)))
    found = await lists.coverage()
    assert [row["organ"] for row in found["organs_without_duties"]] == [BUREAU]
    assert [row["organ"] for row in found["organs_without_powers"]] == [MARKET]
    await lists.made(lists.responsibility, duty(power_of(lists.register, 1)))
    await lists.made(lists.power, power_of(lists.register, 2, MARKET))
    found = await lists.coverage()
    assert found["organs_without_duties"] == found["organs_without_powers"] == []


@pytest.mark.req("QX-23")
@pytest.mark.req("QX-24")
async def test_k19_departments_of_a_special_list_have_a_duty_of_its_field(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    list_id = await lists.register.list_of("environment_responsibility", members=(BUREAU, MARKET))
    await lists.made(list_id, special(matter, [(lists.body(MARKET), "assist")], environment_element="水"))
    await lists.made(lists.responsibility, duty(matter, field="environment"))
    found = (await lists.coverage())["special_departments"]
    assert [(row["list_kind"], row["organ"]) for row in found] == [("environment_responsibility", MARKET)]
    await lists.made(lists.responsibility, duty(power_of(lists.register, 2, MARKET), field="environment"))
    assert (await lists.coverage())["special_departments"] == []


@pytest.mark.req("ZL-15")
@pytest.mark.req("ZL-16")
@pytest.mark.req("HB-22")
@pytest.mark.req("HB-23")
@pytest.mark.req("TH-14")
async def test_public_services_belong_to_one_of_nine_domains_and_four_natures(lists: Lists) -> None:
    register = lists.register
    list_id = await register.list_of("public_service", members=(BUREAU,))
    for element in ("service_domain", "service_nature"):
        answer = await lists.enter(list_id, lists.services() | {element: None})
        assert codes(answer) == {"missing"}
        shown = lists.services() | {"section": "public_service", element: None}
        shown.pop("item_type")
        assert codes(await lists.enter(lists.responsibility, shown)) == {"missing"}
    domains = ["education", "employment", "social_insurance", "social_service", "health", "population", "housing",
               "culture_sport", "disability"]  # fmt: skip
    natures = ["basic", "economic", "safety", "social"]
    entries = [
        public_service(register.permit(100 + number), service_domain=domain, service_nature=natures[number % 4])
        for number, domain in enumerate(domains)
    ]
    await lists.made(list_id, *entries)
    assert codes(await lists.enter(list_id, lists.services() | {"service_domain": "sailing"})) == {"malformed"}


@pytest.mark.req("ZL-19")
async def test_services_of_the_departments_that_the_catalogue_lacks_are_counted(lists: Lists) -> None:
    list_id = await lists.register.list_of("public_service", members=(BUREAU,))
    await lists.made(list_id, lists.services())
    gap = (await lists.coverage())["services_not_in_catalogue"]
    assert (gap["count"], gap["items"][0]["organ"]) == (1, BUREAU)
    catalogue = await lists.register.list_of("catalogue", members=(BUREAU,))
    same = {key: value for key, value in lists.services().items() if key != "service_content"}
    await lists.made(catalogue, same)
    assert (await lists.coverage())["services_not_in_catalogue"]["count"] == 0


@pytest.mark.req("HB-41")
async def test_each_power_of_a_department_becomes_one_draft_of_a_duty_however_often_it_is_asked_for(
    lists: Lists,
) -> None:
    register = lists.register
    mine = [power_of(register, number) for number in range(1, 8)]
    await lists.made(lists.power, *mine, power_of(register, 20, MARKET))
    await lists.made(lists.responsibility, duty(mine[0]))
    body = {"organ_id": lists.body()}
    answer = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert answer.status_code == 202, answer.text
    assert await run(lists, UUID(answer.json()["operation_id"])) == {"powers": 7, "opened_drafts": 6}
    again = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert await run(lists, UUID(again.json()["operation_id"])) == {"powers": 7, "opened_drafts": 0}
    drafts = (await register.get(f"/drafts?list_id={lists.responsibility}")).json()["items"]
    assert len(drafts) == 6
    assert {one["elements"]["power_name"] for one in drafts} == {matter["name"] for matter in mine[1:]}
    refuse = {"ids": [drafts[0]["id"]], "opinion": "该项职权并入另一责任"}
    assert (await register.post("/drafts/object", refuse, who=lists.lead)).status_code == 200
    accept = {"list_id": lists.responsibility, "reason": "据此编辑"}
    taken = (await register.post("/drafts/accept", accept, who=lists.lead)).json()
    assert (taken["accepted"], taken["remaining"]) == (5, 0)
    item = taken["item_ids"][0]
    row = await register.get(f"/items/{item}")
    edit = {"elements": {"duty_category": "policy", "name": "经编辑的责任"}}
    changed = await register.send("PATCH", f"/items/{item}", edit, who=lists.lead,
                                  headers={"If-Match": row.headers["ETag"]})  # fmt: skip
    assert changed.status_code == 200, changed.text
    third = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert await run(lists, UUID(third.json()["operation_id"])) == {"powers": 7, "opened_drafts": 0}


async def test_duties_are_drafted_by_those_who_lead_the_list_or_compile_for_the_organ(lists: Lists) -> None:
    path, body = f"/lists/{lists.responsibility}/duty-drafts", {"organ_id": lists.body()}
    stranger = lists.register.token(("compiler", COUNTY, lists.register.organs[MARKET]))
    assert (await lists.register.post(path, body, who=stranger)).status_code == 403
    own = lists.register.token(("compiler", COUNTY, lists.register.organs[BUREAU]))
    assert (await lists.register.post(path, body, who=own)).status_code == 202
    wrong = await lists.register.post(f"/lists/{lists.power}/duty-drafts", body, who=lists.lead)
    assert wrong.json()["code"] == "not_a_responsibility_list"
    assert (await lists.register.post(path, {"organ_id": str(new_id())}, who=lists.lead)).status_code == 404


@pytest.mark.req("HB-13")
async def test_an_organ_proposes_to_strengthen_or_add_a_duty_and_the_lead_answers_once(lists: Lists) -> None:
    register = lists.register
    [item] = await lists.made(lists.responsibility, duty(power_of(register, 1)))
    path = f"/lists/{lists.responsibility}/duty-proposals"
    own = register.token(("compiler", COUNTY, register.organs[BUREAU]))
    asked = {"organ_id": lists.body(), "target": "add", "name": "网络餐饮监管责任", "opinion": "建议增加日常监测职责"}
    assert (await register.post(path, asked | {"target": "strengthen"}, who=own)).status_code == 422
    assert (await register.post(path, asked | {"item_id": item}, who=own)).status_code == 422
    assert (await register.post(path, asked | {"organ_id": lists.body(MARKET)}, who=own)).status_code == 403
    added = await register.post(path, asked, who=own)
    assert added.status_code == 201, added.text
    strengthened = await register.post(path, asked | {"target": "strengthen", "item_id": item}, who=own)
    assert strengthened.status_code == 201, strengthened.text
    proposal = f"/duty-proposals/{added.json()['id']}"
    assert (await register.post(f"{proposal}/adopt", {"reason": "同意"}, who=own)).status_code == 403
    answer = await register.post(f"{proposal}/adopt", {"reason": "已列入动态调整"}, who=lists.lead)
    assert (answer.json()["state"], answer.json()["answer"]) == ("adopted", "已列入动态调整")
    assert (await register.post(f"{proposal}/reject", {"reason": "迟了"}, who=lists.lead)).status_code == 409
    assert (await register.get(proposal)).json()["state"] == "adopted"
    left = (await register.get(f"{path}?state=open")).json()["items"]
    assert [row["target"] for row in left] == ["strengthen"]
    assert [row.refs["target"] for row in await register.events("duty_proposal.adopted")][-1:] == ["add"]


@pytest.mark.req("ZL-12")
async def test_a_department_enters_the_items_of_its_enterprises_which_keep_their_body(lists: Lists) -> None:
    register = lists.register
    water = f"/organs/{register.organs[WATER]}"
    row = await register.get(water)
    fields = ("name", "kind", "credit_code", "region_code")
    change = {key: row.json()[key] for key in fields} | {"supervising_organ_id": lists.body()}
    tag = {"If-Match": row.headers["ETag"]}
    list_id = await register.list_of("public_service", members=(BUREAU,))
    entry = public_service(register.permit(3, WATER))
    parent = register.token(("compiler", COUNTY, register.organs[BUREAU]))
    entries = {"items": [{"elements": entry}]}
    assert (await register.post(f"/lists/{list_id}/items", entries, who=parent)).status_code == 403
    assert (await register.put(water, change, headers=tag)).status_code == 200
    stranger = register.token(("compiler", COUNTY, register.organs[MARKET]))
    assert (await register.post(f"/lists/{list_id}/items", entries, who=stranger)).status_code == 403
    answer = await register.post(f"/lists/{list_id}/items", entries, who=parent)
    assert answer.json()["created"] == 1, answer.text
    item = (await register.get(f"/items/{answer.json()['rows'][0]['item_id']}")).json()
    assert item["elements"]["implementing_body"] == str(register.organs[WATER])


@pytest.mark.req("QX-07")
async def test_the_power_list_carries_type_body_and_basis_and_is_enacted(lists: Lists) -> None:
    register = lists.register
    matter = power_of(register, 1)
    for element in ("item_type", "implementing_body", "basis"):
        answer = await lists.enter(lists.power, {key: matter[key] for key in matter if key != element})
        assert codes(answer) == {"missing"}
    [item] = await lists.made(lists.power, matter)
    shown = (await register.get(f"/items/{item}")).json()["elements"]
    assert (shown["item_type"], shown["basis"]) == ("01", matter["basis"])
    template = await register.get("/kinds/power/template.xlsx")
    assert template.status_code == 200
    assert (await register.post(f"/lists/{lists.power}/enact", DECISION, who=lists.decider)).status_code == 200
    assert [row.list_kind for row in await register.events("list.enacted")][-1] == "power"


async def test_coverage_takes_a_bounded_number_of_queries(lists: Lists) -> None:
    await lists.made(lists.power, *[power_of(lists.register, number) for number in range(1, 30)])
    with counted(lists.register.engine) as sent:
        await lists.coverage()
    assert len(sent) <= 14, sent


async def drain(lists: Lists) -> None:
    for _ in range(50):
        if not any([await consume.step(lists.register.engine, one) for one in (CASCADE, COMPILE)]):
            return
    raise AssertionError("the consumers do not come to an end")


async def findings(lists: Lists, rule: str) -> Sequence[dict[str, Any]]:
    answer = await lists.register.get(f"/findings?state=open&rule={rule}")
    return list(answer.json()["items"])


async def run(lists: Lists, operation_id: UUID) -> dict[str, Any]:
    """The result of an operation, run here instead of by a worker."""
    engine = lists.register.engine
    async with engine.begin() as connection:
        row = await operations.claim(connection, operation_id, "catalog")
    assert row is not None
    return dict(await jobs.run_drafting(engine, Running(engine, row)))


@pytest.fixture(autouse=True)
async def consumers(register: RegisterWorld) -> None:
    """The consumers start where this test starts; drafts and findings of the tests before are nobody's business."""
    async with register.owner.begin() as connection:
        await connection.execute(text("TRUNCATE qingdan.draft, qingdan.finding"))
        for consumer in (CASCADE, COMPILE):
            await connection.execute(
                text(
                    "INSERT INTO qingdan.consumer (name, service, position)"
                    " SELECT :name, 'catalog', position FROM qingdan.log_head"
                    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
                ),
                {"name": consumer.name},
            )
