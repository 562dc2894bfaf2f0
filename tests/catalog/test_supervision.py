"""Who supervises what was permitted: determination, dispute, gate before publication, coverage, mapping sheet."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from services.catalog.supervision import jobs
from shared.ledger import operations
from tests.catalog.register_world import COUNTY, RegisterWorld
from tests.statements import counted

BUREAU, MARKET, WATER = "青县行政审批局", "青县市场监督管理局", "青县自来水公司"
DECISION = {"meeting": "县政府第12次常务会议", "date": "2026-11-20", "number": "青政办发〔2026〕8号"}
MEASURES = ["日常巡查", "投诉处置"]


class Town:
    """A county with permits, and those who act in it."""

    def __init__(self, register: RegisterWorld) -> None:
        self.register = register
        self.lead = register.token(("list_authority", COUNTY))
        self.decider = register.token(("decider", COUNTY))
        self.organ = {name: str(organ) for name, organ in register.organs.items()}

    async def enter(self, kind: str, *entries: dict[str, Any]) -> list[str]:
        """A list of a kind with entries; their ids."""
        self.list_id = await self.register.list_of(kind)
        rows = [{"elements": entry} for entry in entries]
        answer = await self.register.post(f"/lists/{self.list_id}/items", {"items": rows}, who=self.lead)
        assert answer.json().get("rejected") == 0, answer.text
        return [row["item_id"] for row in answer.json()["rows"]]

    async def determine(self, item: str, **facts: Any) -> Any:
        return await self.register.post(f"/items/{item}/supervision", facts, who=self.lead)

    async def accept(self, draft: str) -> Any:
        return await self.register.post("/drafts/accept", {"ids": [draft], "reason": "核对一致"}, who=self.lead)

    async def elements(self, item: str) -> dict[str, Any]:
        return dict((await self.register.get(f"/items/{item}")).json()["elements"])

    async def checked(self) -> set[tuple[str, str]]:
        """Findings of V17 after a check, as (item, element)."""
        started = await self.register.post("/supervision/checks", {}, who=self.lead)
        assert started.status_code == 202
        kinds = {one.kind: one for one in jobs.OPERATIONS}
        await operations.execute(self.register.engine, "catalog", kinds, UUID(started.json()["operation_id"]))
        found = (await self.register.get("/findings?rule=V17&state=open&limit=200")).json()["items"]
        return {(row["item_id"], row["element"]) for row in found}


@pytest.fixture
def town(register: RegisterWorld) -> Town:
    return Town(register)


@pytest.mark.req("ZZ-50")
async def test_a_concentrated_permit_is_answered_for_by_the_bureau_and_supervised_by_the_department(town: Town) -> None:
    [permit] = await town.enter("permit", town.register.permit(1))
    found = await town.determine(permit, concentrated=True, industry_department=town.organ[MARKET], reason="划转")
    assert found.status_code == 201, found.text
    result = found.json()
    assert (result["branch"], result["approval_responsible"]) == ("concentrated", town.organ[BUREAU])
    assert result["supervising_body"] == town.organ[MARKET]
    assert "supervising_body" not in await town.elements(permit), "a draft until the list's authority accepts it"
    assert (await town.accept(result["draft_id"])).status_code == 200
    stated = await town.elements(permit)
    assert stated["approval_responsible"] == town.organ[BUREAU]
    assert stated["supervising_body"] == town.organ[MARKET]
    assert "青县市场监督管理局负责监管" in stated["supervision_reason"]
    assert stated["supervision_source"] == result["source"]
    [kept] = (await town.register.get(f"/items/{permit}/supervision")).json()["items"]
    assert kept == result
    told = (await town.register.events("supervision.determined"))[-1]
    assert (told.reason, told.refs["branch"]) == ("划转", "concentrated")


@pytest.mark.req("ZZ-50")
async def test_what_was_moved_to_the_bureau_needs_no_saying(town: Town) -> None:
    matter = town.register.permit(1)
    [permit] = await town.enter("permit", matter)
    keys = ("base_code", "implementation_code", "implementing_body")
    moved = {key: matter[key] for key in keys} | {
        "name": "划转事项", "transfer_from": town.organ[MARKET], "supervising_body": town.organ[MARKET],
    }  # fmt: skip
    await town.enter("one_seal_transfer", moved)
    result = (await town.determine(permit)).json()
    assert (result["branch"], result["supervising_body"]) == ("concentrated", town.organ[MARKET])


@pytest.mark.req("ZZ-51")
async def test_a_permit_of_the_department_itself_is_supervised_by_law_and_when_silent_by_both(town: Town) -> None:
    [permit] = await town.enter("permit", town.register.permit(1))
    stated = [{"body": town.organ[WATER], "source": "《城市供水条例》第七条"}]
    by_law = (await town.determine(permit, stated=stated)).json()
    assert (by_law["branch"], by_law["supervising_body"]) == ("by_law", town.organ[WATER])
    assert by_law["source"] == "《城市供水条例》第七条"
    silent = (await town.determine(permit, industry_department=town.organ[MARKET])).json()
    assert (silent["branch"], silent["supervising_body"]) == ("silent", town.organ[MARKET])
    assert silent["joint_bodies"] == [town.organ[BUREAU]]
    drafts = (await town.register.get("/drafts?limit=200")).json()["items"]
    states = {row["id"]: row["state"] for row in drafts}
    assert states[by_law["draft_id"]] == "superseded", "the newer determination takes the place of the older"
    assert states[silent["draft_id"]] == "open"
    newest = (await town.register.get(f"/items/{permit}/supervision?limit=1")).json()
    assert newest["items"][0]["id"] == silent["id"]
    assert newest["next"]


@pytest.mark.req("ZZ-52")
async def test_several_departments_have_one_lead_and_the_others_beside_it(town: Town) -> None:
    [permit] = await town.enter("permit", town.register.permit(1))
    sharing = [town.organ[WATER], town.organ[MARKET]]
    refused = await town.determine(permit, sharing=sharing)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/industry_department")
    result = (await town.determine(permit, sharing=sharing, industry_department=town.organ[MARKET])).json()
    assert (result["branch"], result["supervising_body"]) == ("several", town.organ[MARKET])
    await town.accept(result["draft_id"])
    assert (await town.elements(permit))["joint_supervision"] == [{"body": town.organ[WATER]}]


async def test_only_those_of_the_list_or_the_organ_determine_and_only_for_permits(town: Town) -> None:
    [permit] = await town.enter("permit", town.register.permit(1))
    for who in (town.register.token(("auditor", COUNTY)), town.register.token(("compiler", COUNTY, UUID(int=7)))):
        answer = await town.register.post(f"/items/{permit}/supervision", {}, who=who)
        assert answer.status_code == 403
    own = town.register.token(("compiler", COUNTY, town.register.organs[BUREAU]))
    assert (await town.register.post(f"/items/{permit}/supervision", {}, who=own)).status_code == 201
    unknown = await town.determine(permit, industry_department=str(UUID(int=9)))
    assert (unknown.status_code, unknown.json()["code"]) == (422, "organ_unknown")
    assert (await town.determine(str(UUID(int=9)))).status_code == 404
    [power] = await town.enter("power", town.register.permit(2))
    assert (await town.determine(power)).json()["code"] == "not_a_permit"


@pytest.mark.req("ZZ-51")
async def test_a_dispute_locks_who_supervises_until_the_government_has_decided(town: Town) -> None:
    register = town.register
    [permit] = await town.enter("permit", register.permit(1))
    waiting = (await town.determine(permit, industry_department=town.organ[MARKET])).json()["draft_id"]
    body = {"organ_ids": [town.organ[MARKET], town.organ[WATER]], "question": "二次供水由谁监管"}
    opened = await register.post(f"/items/{permit}/supervision/disputes", body, who=town.lead)
    assert opened.status_code == 201, opened.text
    dispute = opened.json()["id"]
    again = await register.post(f"/items/{permit}/supervision/disputes", body, who=town.lead)
    assert (again.status_code, again.json()["dispute_id"]) == (409, dispute)
    patch = {"elements": {"supervising_body": town.organ[WATER]}}
    for refused in (
        await town.determine(permit, industry_department=town.organ[WATER]),
        await town.accept(waiting),
        await register.send("PATCH", f"/items/{permit}", patch, who=town.lead, headers={"If-Match": '"1"'}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "supervision_disputed"), refused.text
        assert refused.json()["dispute_id"] == dispute
        assert "二次供水由谁监管" in refused.json()["detail"]
    other = {"elements": {"consult_phone": "0317-12345"}}
    free = await register.send("PATCH", f"/items/{permit}", other, who=town.lead, headers={"If-Match": '"1"'})
    assert free.status_code == 200, "other elements are free"
    decision = {"supervising_body": town.organ[WATER], "joint_bodies": [town.organ[MARKET]], "decision": DECISION}
    by_lead = await register.post(f"/supervision/disputes/{dispute}/decide", decision, who=town.lead)
    assert by_lead.status_code == 403
    decided = await register.post(f"/supervision/disputes/{dispute}/decide", decision, who=town.decider)
    assert (decided.status_code, decided.json()["state"]) == (200, "decided"), decided.text
    twice = await register.post(f"/supervision/disputes/{dispute}/decide", decision, who=town.decider)
    assert (twice.status_code, twice.json()["code"]) == (409, "dispute_decided")
    newest = (await register.get(f"/items/{permit}/supervision")).json()["items"][0]
    assert (newest["branch"], newest["dispute_id"]) == ("decided", dispute)
    assert "青政办发〔2026〕8号" in newest["source"]
    assert (await town.accept(newest["draft_id"])).status_code == 200
    assert (await town.elements(permit))["supervising_body"] == town.organ[WATER]
    shown = (await register.get("/supervision/disputes?state=decided&region_code=130922")).json()["items"]
    assert [row["id"] for row in shown] == [dispute]
    assert [len(await register.events(f"dispute.{word}")) for word in ("opened", "decided")] == [1, 1]


@pytest.mark.req("ZZ-49")
@pytest.mark.req("ZZ-08")
async def test_a_permit_list_is_not_published_while_a_permit_states_no_supervision(town: Town) -> None:
    register = town.register
    complete = register.permit(1) | {"supervising_body": town.organ[MARKET], "supervision_measures": MEASURES}
    ids = await town.enter("permit", complete, register.permit(2))
    permits = town.list_id
    about = {key: complete[key] for key in ("base_code", "implementing_body")}
    supervision = about | {"name": "对许可的监管", "permit_name": "测试许可1", "supervising_body": town.organ[MARKET]}
    await town.enter("internet_supervision", supervision)
    missing = {(ids[1], element) for element in ("supervising_body", "supervision_items", "supervision_measures")}
    assert await town.checked() == missing
    gate = {"mode": "block", "reason": "审管衔接"}
    path = "/supervision/gates/130922"
    assert (await register.get(path)).json() == {"region_code": COUNTY, "mode": "report", "version": 0}
    assert (await register.put(path, gate)).status_code == 428
    assert (await register.put(path, gate, who=town.lead, headers={"If-Match": '"0"'})).status_code == 403
    assert (await register.put(path, gate, headers={"If-Match": '"0"'})).json()["mode"] == "block"
    refused = await register.post(f"/lists/{permits}/enact", {"decision": DECISION}, who=town.decider)
    assert (refused.status_code, refused.json()["code"]) == (409, "supervision_missing")
    assert {error["pointer"].rsplit("/", 1)[1] for error in refused.json()["errors"]} == {
        "supervising_body", "supervision_items", "supervision_measures",
    }  # fmt: skip
    patch = {"elements": {"supervising_body": town.organ[MARKET], "supervision_measures": MEASURES}}
    await register.send("PATCH", f"/items/{ids[1]}", patch, who=town.lead, headers={"If-Match": '"1"'})
    assert await town.checked() == {(ids[1], "supervision_items")}
    lines = [{"supervision_code": "JG001", "base_code": register.permit(2)["base_code"]}]
    [item] = (await register.get("/items?kind=internet_supervision")).json()["items"]
    code = {"elements": {"supervision_code": "JG001"}}
    await register.send("PATCH", f"/items/{item['id']}", code, who=town.lead, headers={"If-Match": '"1"'})
    linked = await register.post("/supervision/mappings", {"region_code": "130922", "rows": lines}, who=town.lead)
    assert linked.json()["created"] == 1, linked.text
    assert await town.checked() == set()
    enacted = await register.post(f"/lists/{permits}/enact", {"decision": DECISION}, who=town.decider)
    assert enacted.status_code == 200, enacted.text


@pytest.mark.req("ZZ-54")
@pytest.mark.req("ZZ-55")
@pytest.mark.req("ZZ-56")
@pytest.mark.req("ZZ-57")
async def test_a_supervision_item_has_a_risk_level_that_was_assessed_and_what_follows_from_it(town: Town) -> None:
    register = town.register
    matter = register.permit(1)
    item = {
        "name": "对餐饮的监管", "permit_name": "食品经营许可", "supervising_body": town.organ[MARKET],
        "base_code": matter["base_code"], "implementing_body": matter["implementing_body"],
        "sub_items": [{"code": "ZX1", "name": "后厨检查", "scope": "3", "check_list_code": "JC1"}],
        "check_items": [{"content": "索证索票", "kind": "daily", "sub_item_code": "ZX1"}],
        "key_links": ["原料采购", "餐具消毒"],
        "rule_documents": [{"title": "餐饮服务食品安全操作规范", "issuer": "省市场监督管理局", "number": "DB13/T 1"}],
    }  # fmt: skip
    [entry] = await town.enter("internet_supervision", item)
    assert (await town.elements(entry))["rule_documents"][0]["number"] == "DB13/T 1"

    async def change(version: int, **elements: Any) -> Any:
        headers = {"If-Match": f'"{version}"'}
        return await register.send("PATCH", f"/items/{entry}", {"elements": elements}, who=town.lead, headers=headers)

    refused = await change(1, risk_level="general")
    assert [error["code"] for error in refused.json()["errors"]] == ["assessment_missing"]
    assert (await change(1, risk_level="extreme", risk_assessment="x")).status_code == 422
    assert (await change(1, risk_level="general", risk_assessment="近两年无事故")).status_code == 200
    unassessed = await change(2, risk_level="elevated")
    assert [error["code"] for error in unassessed.json()["errors"]] == ["assessment_missing"], (
        "a change needs a new one"
    )
    high = {"risk_level": "high", "risk_assessment": "一年内发生两起事故"}
    assert [error["code"] for error in (await change(2, **high)).json()["errors"]] == ["priority_missing"]
    assert (await change(2, **high, priority_supervision=True)).status_code == 200
    assert (await change(3, priority_supervision=False)).status_code == 422
    wrong = await change(3, sub_items=[{"name": "没有编码"}])
    assert wrong.json()["errors"][0]["pointer"] == "/elements/sub_items/0/code"


@pytest.mark.req("TH-32")
async def test_the_coverage_report_shows_what_random_inspection_does_not_reach(town: Town) -> None:
    register = town.register
    powers = [register.permit(number, item_type="06", base_code=f"000616{number:03d}000", name=f"检查{number}",
                              implementation_code=None) for number in (1, 2)]  # fmt: skip
    ids = await town.enter("power", *powers)
    inspection = {
        "name": "双随机抽查", "item_type": "06", "base_code": powers[0]["base_code"], "inspection_object": "企业",
        "implementing_body": powers[0]["implementing_body"], "inspection_ratio": "5", "basis": powers[0]["basis"],
        "inspection_frequency": "每年1次", "inspection_methods": ["on_site"], "check_list_code": "JC1",
    }  # fmt: skip
    stray = inspection | {"name": "无编码", "base_code": "000616009000", "check_list_code": "JC9"}
    await town.enter("random_inspection", inspection, stray)
    sub_items = [
        {"code": f"ZX{number}", "name": f"子项{number}", "check_list_code": f"JC{number}"} for number in (1, 2)
    ]
    supervision = {
        "name": "监管", "permit_name": "许可", "base_code": "000116001000", "supervising_body": town.organ[MARKET],
        "implementing_body": town.organ[BUREAU], "sub_items": sub_items,
    }  # fmt: skip
    await town.enter("internet_supervision", supervision)
    await town.enter("permit", register.permit(1))
    with counted(register.engine) as sent:
        report = (await register.get("/supervision/coverage/130922", who=town.lead)).json()
    assert len(sent) <= 5
    assert report["inspection_powers"] == {"covered": 1, "total": 2}
    assert report["supervision_sub_items"] == {"covered": 1, "total": 2}
    assert report["random_inspections"] == {"covered": 1, "total": 2}
    assert report["permits_with_items"] == {"covered": 1, "total": 1}
    assert report["permits_with_body"] == report["permits_with_measures"] == {"covered": 0, "total": 1}
    assert [(row["kind"], row["name"]) for row in report["uncovered"]] == [
        ("inspection_power", "检查2"), ("supervision_sub_item", "子项2"),
    ]  # fmt: skip
    assert report["uncovered"][0]["item_id"] == ids[1]
    assert [(row["name"], row["inspection_powers"]) for row in report["organs"]] == [
        (BUREAU, {"covered": 1, "total": 2})
    ]
    assert (await register.get("/supervision/coverage/999999")).status_code == 422


@pytest.mark.req("ZZ-37")
@pytest.mark.req("ZZ-08")
async def test_the_mapping_sheet_links_many_supervision_items_with_many_permits(town: Town) -> None:
    register = town.register
    permits = await town.enter("permit", register.permit(1), register.permit(2), register.permit(3))
    items = [
        {"name": f"监管{number}", "permit_name": "许可", "base_code": register.permit(number)["base_code"],
         "implementing_body": town.organ[BUREAU], "supervising_body": town.organ[MARKET],
         "supervision_code": f"3301310010000{number}"}
        for number in (1, 2)
    ]  # fmt: skip
    supervised = await town.enter("internet_supervision", *items)
    bases = [register.permit(number)["base_code"] for number in (1, 2, 3)]
    rows = [
        {"supervision_code": "33013100100001", "base_code": bases[0]},
        {"supervision_code": "33013100100001", "base_code": bases[2]},
        {"supervision_code": "33013100100002", "base_code": bases[2], "implementing_body": town.organ[BUREAU]},
        {"supervision_code": "33013100100009", "base_code": bases[0]},
        {"supervision_code": "33013100100001", "base_code": "000116999000"},
    ]
    before = len(await register.events("supervision.mapped"))
    body = {"region_code": "130922", "rows": rows}
    assert (await register.post("/supervision/mappings", body, who=town.decider)).status_code == 403
    answer = (await register.post("/supervision/mappings", body, who=town.lead)).json()
    assert (answer["created"], answer["present"]) == (3, 3)
    assert [row["state"] for row in answer["rows"]] == [
        "linked", "linked", "linked", "unknown_supervision_item", "unknown_permit",
    ]  # fmt: skip
    again = (await register.post("/supervision/mappings", body, who=town.lead)).json()
    assert (again["created"], again["present"]) == (0, 3)
    links = (await register.get(f"/items/{permits[2]}/links?type=supervises")).json()["items"]
    assert {link["from_item_id"] for link in links} == set(supervised)
    stated = (await register.post("/supervision/mappings", {"region_code": "130922"}, who=town.lead)).json()
    assert (stated["created"], stated["present"]) == (1, 2), "what entries say themselves is linked as well"
    assert len(await register.events("supervision.mapped")) == before + 2


ODD: list[Any] = ["\x00", "\ud800", "", 10**30, -1, None, [], {}, ["x"] * 3, {"a": {"b": [[[{}]]]}}, "🐉" * 6_000, 0.5]


async def test_no_odd_value_in_a_request_about_supervision_breaks_anything(town: Town) -> None:
    [permit] = await town.enter("permit", town.register.permit(1))
    nobody = str(UUID(int=9))
    bodies = {
        f"/items/{permit}/supervision": ("industry_department", "concentrated", "stated", "sharing", "reason"),
        f"/items/{permit}/supervision/disputes": ("organ_ids", "question"),
        f"/supervision/disputes/{nobody}/decide": ("supervising_body", "joint_bodies", "decision"),
        "/supervision/checks": ("list_id",),
        "/supervision/mappings": ("region_code", "rows", "reason"),
    }
    for path, names in bodies.items():
        for name in names:
            for value in ODD:
                content = json.dumps({name: value})
                headers = {"content-type": "application/json"} | town.lead
                answer = await town.register.client.post(f"/catalog/v1{path}", content=content, headers=headers)
                assert answer.status_code < 500, (path, name, value, answer.text)
    addresses = (
        "/supervision/gates/%00",
        "/supervision/coverage/🐉",
        "/supervision/disputes?state=x",
        "/items/0/supervision",
        "/supervision/disputes/0",
        f"/items/{permit}/supervision?cursor=zz",
    )
    for path in addresses:
        assert 400 <= (await town.register.get(path)).status_code < 500, path
