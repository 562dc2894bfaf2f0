"""What nobody may do, as the person who tries it is told."""

from __future__ import annotations

import httpx
import pytest

from deploy.demo.people import Refused
from tests.journeys.county import new_post
from tests.journeys.stage import COUNTY, DECISION, Stage, modify


@pytest.mark.req("ZL-46", "HB-29")
def test_nobody_submits_anything_without_an_account(stage: Stage) -> None:
    permit = stage.permits["取水许可"]
    body = stage.header("匿名调整") | {"changes": [modify(permit, name="取水")]}
    tries = (
        ("workflow", "POST", "/workflow/v1/adjustments", body),
        ("workflow", "GET", "/workflow/v1/tasks", None),
        ("catalog", "POST", "/catalog/v1/drafts/accept", {"ids": [permit], "reason": "x"}),
        ("catalog", "GET", f"/catalog/v1/items/{permit}", None),
        ("catalog", "PATCH", f"/catalog/v1/items/{permit}", {"elements": {"consult_phone": "0317-1111111"}}),
    )
    for service, method, path, sent in tries:
        answer = httpx.request(method, f"{stage.system.url(service)}{path}", json=sent, trust_env=False, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
        assert answer.json()["detail"] == "请先登录后再操作。"
        assert answer.headers["www-authenticate"] == "Bearer"
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."}
    url = f"{stage.system.url('workflow')}/workflow/v1/adjustments"
    assert httpx.post(url, json=body, headers=forged, trust_env=False, timeout=30).status_code == 401


@pytest.mark.req("QX-06")
def test_an_organ_outside_the_list_cannot_submit_entries_to_it(stage: Stage) -> None:
    mine = {"operation": "add", "list_id": stage.lists["permit", COUNTY],
            "elements": {"name": "升放气球审批", "implementing_body": stage.organs["outside"]}}  # fmt: skip
    with pytest.raises(Refused) as refused:
        stage.open(mine, who="bianzhi-03", organ="outside")
    problem = refused.value.problem
    assert (refused.value.status, problem["code"]) == (403, "organ_not_member")
    assert problem["errors"][0]["pointer"] == "/changes/0"
    assert "青县气象局" in problem["detail"]
    assert "请联系清单牵头单位" in problem["detail"]


@pytest.mark.req("ZL-34")
def test_nothing_is_published_without_the_record_of_a_decision(stage: Stage) -> None:
    permit = stage.permits["取水许可"]
    opened = stage.open(modify(permit, name="取水许可（新）"))
    before = stage.public(f"/items/{permit}").headers["etag"]
    with pytest.raises(Refused) as early:
        stage.decide(opened["id"])
    assert (early.value.status, early.value.problem["code"]) == (409, "illegal_transition")
    stage.review(opened["id"])
    for missing in DECISION:
        record = {key: value for key, value in DECISION.items() if key != missing}
        with pytest.raises(Refused) as refused:
            stage.act("zhengfu-01", opened["id"], "decide", {"decision": record})
        (place,) = refused.value.problem["errors"]
        assert (refused.value.status, place["pointer"], place["message"]) == (422, f"/decision/{missing}", "必填")
    stage.settle()
    assert stage.public(f"/items/{permit}").headers["etag"] == before
    stage.decide(opened["id"])
    stage.wait_for(opened["id"], "effective")
    stage.settle()
    assert stage.public(f"/items/{permit}").headers["etag"] != before
    newest = stage.public(f"/items/{permit}/history").json()["items"][0]
    assert (newest["decision"], newest["adjustment_id"]) == (DECISION, opened["id"])


@pytest.mark.req("ZL-34")
def test_a_list_comes_into_force_by_a_decision_only(stage: Stage) -> None:
    body = {"kind": "one_seal_transfer", "region_code": "130922100000", "lead_organ_id": stage.organs["approval"]}
    list_id = stage.admin.post("/catalog/v1/lists", body)["id"]
    with pytest.raises(Refused) as refused:
        stage.posts["zhengfu-01"].post(f"/catalog/v1/lists/{list_id}/enact", {"reason": "先公布"})
    assert refused.value.problem["errors"][0]["pointer"] == "/decision"
    stage.settle()
    assert stage.public(f"/lists/{list_id}").status_code == 404


@pytest.mark.req("ZL-51")
def test_the_legality_review_is_refused_to_whoever_compiled(stage: Stage) -> None:
    both = [("compiler", COUNTY, "approval"), ("legality_reviewer", COUNTY, None)]
    stage.posts["jianren-01"] = new_post(stage, "jianren-01", "编制兼合法性审查岗", both)
    opened = stage.open(
        modify(stage.permits["取水许可"], conditions=["符合水资源规划"]), who="jianren-01",
    )  # fmt: skip
    stage.bind("with_legality_review", "modify")
    stage.review(opened["id"], who="jianren-01")
    stage.bind("short", "modify")
    verdict = {"verdict": "legal", "opinion": "设定依据有效"}
    with pytest.raises(Refused) as refused:
        stage.act("jianren-01", opened["id"], "legality", verdict)
    assert (refused.value.status, refused.value.problem["code"]) == (403, "own_compilation")
    with pytest.raises(Refused) as refused:
        stage.act("shengai-01", opened["id"], "legality", verdict)
    assert refused.value.status == 403
    returned = stage.act("fazhi-01", opened["id"], "legality", verdict | {"verdict": "needs_change"})
    assert returned["state"] == "returned"
    step = next(
        each for each in stage.admin.get(f"/workflow/v1/adjustments/{opened['id']}")["steps"]
        if each["act"] == "legality"
    )  # fmt: skip
    assert (step["record"], step["opinion"]) == ({"verdict": "needs_change"}, "设定依据有效")
    stage.act("jianren-01", opened["id"], "withdraw", {"reason": "暂缓"})
