"""Receipts of submissions, the paper copy, bodies that submit through their department, reasons for materials."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.statements import counted
from tests.workflow.county import COUNTY
from tests.workflow.world import BASE, World, modify

FORM, SITE = {"name": "申请表", "necessity": "required"}, {"name": "场地证明", "necessity": "required"}


def justified(item: Any, material: str = "场地证明", **more: Any) -> dict[str, Any]:
    day = clock.now().astimezone(clock.ZONE).date().isoformat()
    heard = {"who": "县环保协会", "date": day, "agreed": True}
    return {"item_id": str(item), "material": material, "justification": "法律要求", "consulted": [heard]} | more


@pytest.mark.req("ZL-44")
async def test_a_submission_has_a_receipt_with_its_time_and_its_paper_copy_is_noted(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.open(modify(item, name="新名称"))
    id_ = opened["id"]
    none_yet = await world.act("审改办", id_, "paper-copy")
    assert (none_yet.status_code, none_yet.json()["code"]) == (409, "not_submitted")
    answer = await world.call("环保编制", "POST", f"{BASE}/{id_}/submit?paper_copy=true")
    assert answer.status_code == 200, answer.text
    [receipt] = (await world.call("环保编制", "GET", f"{BASE}/{id_}/receipts")).json()["items"]
    assert (receipt["receipt_number"], receipt["number"]) == (f"{opened['number']}-01", 1)
    assert (receipt["paper_copy"], receipt["paper_received_at"]) == (True, None)
    assert len(receipt["content_hash"]) == 64
    assert (await world.act("环保编制", id_, "paper-copy")).status_code == 403
    for _ in range(2):
        [noted] = (await world.act("审改办", id_, "paper-copy")).json()["items"]
        assert noted["paper_received_at"] is not None
    assert [event["type"] for event in await world.events(id_)].count("adjustment.paper_received") == 1
    await world.validated(id_)
    await world.act("环保局长", id_, "sign", {"outcome": "returned", "opinion": "请核对"})
    await world.act("环保编制", id_, "submit")
    first, second = (await world.read(id_))["receipts"]
    assert (first["content_hash"], second["number"]) == (second["content_hash"], 2), "the same content, handed in again"


@pytest.mark.req("ZL-45", "HB-26")
async def test_a_subordinate_body_prepares_and_its_department_submits_and_signs(world: World) -> None:
    world.person("监测站编制", ("compiler", COUNTY, "环境监测站"))
    world.person("监测站站长", ("principal", COUNTY, "环境监测站"))
    item = await world.item("监测资质认定", body="环境监测站")
    opened = await world.open(modify(item, name="新名称"), who="监测站编制", organ="环境监测站")
    id_ = opened["id"]
    refused = await world.act("监测站编制", id_, "submit")
    assert (refused.status_code, refused.json()["code"]) == (403, "through_department")
    assert refused.json()["department"] == str(world.organs["环保局"])
    assert "主管部门" in refused.json()["detail"]
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    await world.validated(id_)
    told = await world.read(id_)
    assert [step["organ_name"] for step in told["steps"] if step["act"] == "sign"] == ["环保局"]
    assert told["receipts"][0]["organ_id"] == str(world.organs["环保局"])
    assert (await world.sign("监测站站长", id_)).status_code == 403
    assert (await world.sign("环保局长", id_)).json()["state"] == "in_review"


@pytest.mark.req("ZL-33")
async def test_a_material_that_is_added_does_not_leave_the_department_without_argument(world: World) -> None:
    item = await world.item("环评审批", materials=[FORM])
    opened = await world.open(modify(item, materials=[FORM, SITE]))
    id_ = opened["id"]
    refused = await world.act("环保编制", id_, "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "material_not_justified")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/changes/1/elements/materials/1"]
    path = f"{BASE}/{id_}/material-justifications"
    tomorrow = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)).isoformat()
    for body, pointer in (
        (justified(item, "别的材料"), "/justifications/0/material"),
        (justified(id_), "/justifications/0/material"),
        (justified(item, consulted=[]), "/justifications/0/consulted"),
        (
            justified(item, consulted=[{"who": "协会", "date": tomorrow, "agreed": True}]),
            "/justifications/0/consulted/0/date",
        ),
        (justified(item, justification="\0"), "/justifications/0/justification"),
    ):
        answer = await world.call("环保编制", "POST", path, {"justifications": [body]})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    stranger = await world.call("外单位编制", "POST", path, {"justifications": [justified(item)]})
    assert stranger.status_code == 403
    stale = await world.call("环保编制", "POST", path, {"justifications": [justified(item)]}, **{"If-Match": '"99"'})
    assert stale.status_code == 412
    for reason in ("初稿", "法律要求提交，无可替代"):
        kept = await world.call("环保编制", "POST", path, {"justifications": [justified(item, justification=reason)]})
        assert kept.status_code == 200, kept.text
    assert [each["justification"] for each in kept.json()["items"]] == ["法律要求提交，无可替代"]
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    assert (await world.read(id_))["justifications"][0]["consulted"][0]["who"] == "县环保协会"
    closed = await world.call("环保编制", "POST", path, {"justifications": [justified(item)]})
    assert closed.status_code == 409


@pytest.mark.req("ZL-33")
async def test_a_material_that_is_dropped_kept_or_renamed_under_its_code_needs_no_argument(world: World) -> None:
    item = await world.item("环评审批", materials=[FORM, SITE | {"code": "A001"}])
    renamed = {"name": "场地使用证明", "necessity": "required", "code": "A001"}
    odd: list[Any] = [{"necessity": "required"}]
    for materials in ([FORM], [renamed], [FORM, *odd], None):
        opened = await world.open(modify(item, materials=materials), confirm_overlap=True)
        assert (await world.act("环保编制", opened["id"], "submit")).status_code == 200, materials
    assert (await world.act("环保编制", (await world.open())["id"], "submit")).status_code == 409


@pytest.mark.req("ZL-33")
async def test_a_material_under_the_code_of_another_that_stays_or_is_taken_already_is_an_addition(world: World) -> None:
    coded = SITE | {"code": "A001"}
    item = await world.item("环评审批", materials=[FORM, coded])
    beside, renamed = {"name": "选址意见", "code": "A001"}, {"name": "场地使用证明", "code": "A001"}
    for materials, place in (([FORM, coded, beside], 2), ([FORM, renamed, beside], 2)):
        opened = await world.open(modify(item, materials=materials), confirm_overlap=True)
        refused = await world.act("环保编制", opened["id"], "submit")
        assert (refused.status_code, refused.json().get("code")) == (409, "material_not_justified"), refused.text
        assert [each["pointer"] for each in refused.json()["errors"]] == [f"/changes/1/elements/materials/{place}"]


@pytest.mark.req("ZL-37")
async def test_the_page_of_an_adjustment_is_one_call_of_a_fixed_number_of_queries(world: World) -> None:
    item = await world.item("环评审批", materials=[FORM])
    opened = await world.open(modify(item, materials=[FORM, SITE]))
    id_ = opened["id"]
    path = f"{BASE}/{id_}/material-justifications"
    await world.call("环保编制", "POST", path, {"justifications": [justified(item)]})
    await world.act("环保编制", id_, "submit")
    with counted(world.engine) as before:
        await world.read(id_)
    await world.validated(id_)
    await world.sign("环保局长", id_)
    opinion = {"item_id": str(item), "element": "materials", "opinion": "请附法律条文"}
    body = {"outcome": "return", "opinion": "补充依据", "element_opinions": [opinion]}
    await world.act("审改办", id_, "review", body)
    with counted(world.engine) as after:
        told = await world.read(id_)
    assert len(after) <= len(before) <= 22, (len(before), len(after))
    assert [each["type"] for each in told["timeline"]] == [
        "adjustment.opened", "adjustment.submitted", "adjustment.validated", "adjustment.signed", "adjustment.returned",
    ]  # fmt: skip
    assert told["timeline"][-1]["title"] == "退回：审改办审核"
    assert told["timeline"][1]["details"]["receipt"] == told["receipts"][0]["receipt_number"]
    assert [wait["for_role"] for wait in told["waiting"]] == ["compiler"]
    [step] = [step for step in told["steps"] if step["act"] == "review"]
    assert step["element_opinions"] == [opinion]


async def test_a_reviewer_of_the_office_that_is_charged_notes_the_paper_copy(full: World) -> None:
    id_ = (await full.open(modify(await full.item("环评审批"), name="新名称")))["id"]
    await full.call("环保编制", "POST", f"{BASE}/{id_}/submit?paper_copy=true")
    full.person("外单位审核", ("reviewer", COUNTY, "外单位"))
    assert (await full.act("外单位审核", id_, "paper-copy")).status_code == 403
    assert (await full.act("行政审批局", id_, "paper-copy")).status_code == 200
