"""What must be on record before the government decides: assessment, hearing, consultation, report, confirmation."""

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.workflow.full_chain import LEGAL, of_act
from tests.workflow.preparing import CALL, DOCUMENT, EXPERT, assessing, assessment, later, left_out, prepared_so_far
from tests.workflow.world import BASE, DECISION, World, modify


def today() -> str:
    return clock.now().astimezone(clock.ZONE).date().isoformat()


@pytest.mark.req("ZL-52")
async def test_an_assessment_names_its_experts_and_is_recorded_by_whoever_organises_it(full: World) -> None:
    await assessing(full)
    id_ = await prepared_so_far(full)
    for who in ("环保编制", "行政审批局", "县政府", "司法局"):
        answer = await full.act(who, id_, "assess", assessment(today()))
        assert answer.status_code == 403, who
    tomorrow = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)).isoformat()
    for body, pointer in (
        (assessment(today(), experts=[]), ""),
        (assessment(tomorrow), "/date"),
        (assessment("2020-01-01"), "/date"),
        (assessment(today(), experts=[EXPERT | {"name": "\0"}]), "/experts/0/name"),
        (assessment(today(), outcome="maybe"), "/outcome"),
    ):
        answer = await full.act("审批服务局", id_, "assess", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    missing = await full.act("审批服务局", id_, "assess", left_out(today(), "不需要"))
    assert (missing.status_code, missing.json()["code"]) == (409, "step_not_optional")
    answer = await full.act("审批服务局", id_, "assess", assessment(today(), document=DOCUMENT))
    assert (answer.status_code, answer.json()["state"]) == (200, "in_review"), answer.text
    [step] = of_act(await full.read(id_), "assess")
    assert (step["state"], step["record"]["experts"], step["record"]["document"]) == ("passed", [EXPERT], DOCUMENT)
    again = await full.act("审批服务局", id_, "assess", assessment(today()))
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")


async def test_what_is_not_feasible_goes_back_to_those_who_compile_it(full: World) -> None:
    await assessing(full)
    id_ = await prepared_so_far(full)
    answer = await full.act("审批服务局", id_, "assess", assessment(today(), outcome="infeasible", conclusion="风险大"))
    assert answer.json()["state"] == "returned"
    told = await full.read(id_)
    assert {step["state"] for step in told["steps"] if step["number"] > 2} == {"returned", "void"}


@pytest.mark.req("ZL-33", "TH-55")
async def test_a_hearing_and_a_consultation_are_held_or_left_out_with_a_reason(full: World) -> None:
    await assessing(full)
    id_ = await prepared_so_far(full)
    without = {"outcome": "held", "date": today(), "conclusion": "多数赞成"}
    assert (await full.act("审批服务局", id_, "hear", without)).status_code == 422
    speaker = {"name": "某企业", "represents": "申请人", "opinion": "赞成"}
    held = without | {"presided_by": "听证主持人", "speakers": [speaker], "minutes": DOCUMENT}
    assert (await full.act("审批服务局", id_, "hear", held)).status_code == 200
    one, other = str(full.organs["环保局"]), str(full.organs["住建局"])
    both = [{"organ_id": one, "agreed": True}, {"organ_id": other, "agreed": False, "opinion": "应保留原名称"}]
    agreed = {"outcome": "agreed", "date": today(), "organs": both, "conclusion": "同意"}
    for wrong in (
        agreed,
        agreed | {"organs": both[:1]},
        agreed | {"organs": [both[0], both[0]]},
        agreed | {"organs": [both[0], {"organ_id": other, "agreed": False}]},
        agreed | {"organs": [both[0], {"organ_id": "0197f3a0-0000-7000-8000-000000000999", "agreed": True}]},
    ):
        assert (await full.act("审批服务局", id_, "consult", wrong)).status_code == 422, wrong
    answer = await full.act("审批服务局", id_, "consult", left_out(today(), "不涉及其他部门"))
    assert answer.status_code == 200, answer.text
    assert of_act(await full.read(id_), "hear")[0]["record"]["minutes"] == DOCUMENT


@pytest.mark.req("ZZ-09", "HB-28")
async def test_nothing_is_decided_before_the_superior_has_given_a_receipt(full: World) -> None:
    await assessing(full)
    id_ = await prepared_so_far(full)
    await full.act("审批服务局", id_, "assess", assessment(today()))
    await full.act("审批服务局", id_, "hear", left_out(today(), "无人要求听证"))
    await full.act("审批服务局", id_, "consult", left_out(today(), "不涉及其他部门"))
    opened = await full.act("审批服务局", id_, "comment-period", CALL)
    assert opened.status_code == 201, opened.text
    later(days=32)
    answer = await full.act("审批服务局", id_, "comment-summary", {"outcome": "pass", "summary": "没有收到意见。"})
    assert answer.status_code == 200, answer.text
    assert (await full.act("司法局", id_, "legality", LEGAL)).status_code == 200
    early = await full.act("县政府", id_, "decide", {"decision": DECISION})
    assert (early.status_code, early.json()["allowed"]) == (409, ["report"])
    assert (await full.read(id_))["allowed"][-1] == "report"
    package = (await full.call("行政审批局", "GET", f"{BASE}/{id_}/report-package")).json()
    assert [each["step"] for each in package["opinions"]][-1] == "合法性审查"
    assert (package["organ_name"], len(package["changes"])) == ("环保局", 1)
    assert package["comment_periods"][0]["summary"] == "没有收到意见。"
    hidden = await full.call("外县政府", "GET", f"{BASE}/{id_}/report-package")
    assert hidden.status_code == 404
    report = {"sent_on": today(), "receipt_number": "沧审改收〔2026〕8号", "receipt_date": today()}
    backwards = await full.act("行政审批局", id_, "report", report | {"receipt_date": "2020-01-01"})
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (422, "/receipt_date")
    answer = await full.act("行政审批局", id_, "report", report)
    assert answer.status_code == 200, answer.text
    told = await full.read(id_)
    [step] = of_act(told, "report")
    assert (step["recipient"], step["record"]["receipt_number"]) == ("上一级审改办", "沧审改收〔2026〕8号")
    assert step["record"]["content_hash"] == told["receipts"][0]["content_hash"] == package["receipt"]["content_hash"]
    decided = await full.act("县政府", id_, "decide", {"decision": DECISION})
    assert (decided.status_code, decided.json()["state"]) == (200, "decided"), decided.text


@pytest.mark.req("HB-27", "HB-36")
async def test_departments_confirm_what_was_fed_back_before_the_government_decides(world: World) -> None:
    await world.bind("staffing_office", "modify")
    opened = await world.open(
        modify(await world.item("环评审批"), name="甲"), participants=[str(world.organs["住建局"])]
    )
    id_ = opened["id"]
    theirs = modify(await world.item("施工许可", body="住建局"), name="乙")
    assert (await world.call("住建编制", "POST", f"{BASE}/{id_}/changes", {"changes": [theirs]})).status_code == 201
    await world.act("环保编制", id_, "submit")
    await world.validated(id_)
    for who in ("环保局长", "住建局长"):
        assert (await world.sign(who, id_)).status_code == 200
    await world.act("审改办", id_, "review", {"outcome": "pass", "opinion": "名称已统一，请核实"})
    assert {step["organ_name"] for step in of_act(await world.read(id_), "confirm")} == {"环保局", "住建局"}
    for who in ("环保编制", "审改办", "县政府"):
        answer = await world.act(who, id_, "confirm", {"outcome": "confirmed"})
        assert answer.status_code == 403, who
    assert (await world.act("环保局长", id_, "confirm", {"outcome": "confirmed"})).status_code == 200
    early = await world.act("县政府", id_, "decide", {"decision": DECISION})
    assert (early.status_code, early.json()["allowed"]) == (409, ["confirm"])
    silent = await world.act("住建局长", id_, "confirm", {"outcome": "objected"})
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/opinion")
    assert (await world.act("住建局长", id_, "confirm", {"outcome": "confirmed"})).status_code == 200
    told: Any = await world.read(id_)
    assert all(step["decided_at"] and step["due_at"] for step in of_act(told, "confirm"))
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).json()["state"] == "decided"


async def test_a_department_that_objects_sends_it_back(world: World) -> None:
    await world.bind("staffing_office", "modify")
    opened = await world.until("reviewed", modify(await world.item("环评审批"), name="甲"))
    body = {"outcome": "objected", "opinion": "反馈的名称与三定方案不一致"}
    answer = await world.act("环保局长", opened["id"], "confirm", body)
    assert answer.json()["state"] == "returned", answer.text
    [step] = of_act(await world.read(opened["id"]), "confirm")
    assert (step["state"], step["opinion"]) == ("returned", "反馈的名称与三定方案不一致")
