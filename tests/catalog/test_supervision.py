"""Who supervises what was permitted: determination, dispute, risk of what is supervised."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from shared.identifiers import new_id
from tests.catalog.register_world import COUNTY
from tests.catalog.supervision_world import BUREAU, DECISION, MARKET, WATER, Town

# As the workflow service leaves it: a step that a department did not confirm, and the element in question.
DISPUTED = """
    WITH opened AS (
        INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger, trigger_reference,
                                        legal_basis, reason, transitional_rule, state, created_by)
        VALUES (CAST(:adjustment AS uuid), CAST(:adjustment AS text), 't', '130922000000', CAST(:organ AS uuid),
                'ERROR_CORRECTION', 'r', 'b', 'r', 't', 'in_review', 'account:x')
    ), step AS (
        INSERT INTO qingdan.review_step (id, adjustment_id, submission, number, code, title, act, role, region_code,
                                         state)
        VALUES (CAST(:id AS uuid), CAST(:adjustment AS uuid), 1, 3, 'confirm', 't', 'confirm', 'principal',
                '130922000000', 'open')
    ), dispute AS (
        INSERT INTO qingdan.feedback_dispute (id, adjustment_id, region_code, organ_id, question, state, opened_by,
                                              opened_at)
        VALUES (CAST(:id AS uuid), CAST(:adjustment AS uuid), '130922000000', CAST(:organ AS uuid), 'q', 'escalated',
                'account:x', now())
    )
    INSERT INTO qingdan.disputed_element (dispute_id, item_id, element, opinion)
    VALUES (CAST(:id AS uuid), CAST(:item AS uuid), 'supervising_body', 'o')
    """


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


@pytest.mark.req("ZZ-51", "ZZ-53")
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


@pytest.mark.req("ZZ-53")
async def test_what_a_department_disputes_in_the_workflow_stays_as_it_is_in_the_catalog(town: Town) -> None:
    register = town.register
    [permit] = await town.enter("permit", register.permit(1))
    waiting = (await town.determine(permit, industry_department=town.organ[MARKET])).json()["draft_id"]
    dispute, adjustment = str(new_id()), str(new_id())
    await town.run(DISPUTED, id=dispute, adjustment=adjustment, item=permit, organ=town.organ[MARKET])
    patch = {"elements": {"supervising_body": town.organ[WATER]}}
    for refused in (
        await town.accept(waiting),
        await register.send("PATCH", f"/items/{permit}", patch, who=town.lead, headers={"If-Match": '"1"'}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "element_disputed"), refused.text
        assert refused.json()["dispute_id"] == dispute
    other = {"elements": {"consult_phone": "0317-12345"}}
    free = await register.send("PATCH", f"/items/{permit}", other, who=town.lead, headers={"If-Match": '"1"'})
    assert free.status_code == 200, "other elements are free"
    await town.run("UPDATE qingdan.feedback_dispute SET state = 'void' WHERE id = CAST(:id AS uuid)", id=dispute)
    assert (await town.accept(waiting)).status_code == 200


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
