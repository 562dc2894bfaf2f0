"""From a department's desk to the receipt of the city: the whole chain, over HTTP, on running processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.demo.people import Refused
from shared import clock
from tests.journeys.county import new_post
from tests.journeys.stage import COUNTY, DECISION, Stage, modify

PERMIT = "拍卖业务许可"
SEALED = {"seal": {"reference": "https://oa.qingxian.example/2026/017", "sha256": "c3" * 32}}
PASS = {"outcome": "pass", "opinion": "同意"}
LEGAL = {"verdict": "legal", "opinion": "设定依据有效，内容合法"}
ROLES = "/workflow/v1/role-bindings"


@pytest.fixture(scope="module")
def offices(stage: Stage) -> Iterator[Stage]:
    """The county names its offices and binds suspensions to the full chain, for the time of the story."""
    bound = []
    for organ, role in (("market", "joint_reviewer"), ("outside", "legality_reviewer")):
        body = {"region_code": COUNTY, "role": role, "organ_id": stage.organs[organ], "source": "县级机构改革方案"}
        bound.append(stage.admin.post(ROLES, body)["id"])
    for login, organ, role in (
        ("huishen-02", "market", "joint_reviewer"),
        ("fazhi-03", "outside", "legality_reviewer"),
    ):
        stage.posts[login] = new_post(stage, login, role, [(role, COUNTY, organ)])
    stage.bind("full", "suspend")
    yield stage
    yesterday = (clock.now().astimezone(clock.ZONE).date() - timedelta(days=1)).isoformat()
    for id_ in bound:
        stage.admin.post(f"{ROLES}/{id_}/end", {"last_day": yesterday})
    stage.bind("short", "suspend")


def suspended(permit: str) -> dict[str, Any]:
    return {"operation": "suspend", "item_id": permit, "terms": {"condition": "整改完成前"}}


@pytest.mark.req("ZL-34", "ZL-51", "QX-45")
def test_from_the_department_to_the_receipt(offices: Stage) -> None:
    stage, permit = offices, offices.permits[PERMIT]
    opened = stage.open(suspended(permit), title="暂停拍卖业务许可")
    id_ = opened["id"]
    path = f"/workflow/v1/adjustments/{id_}"
    forecast = stage.admin.get(path)
    assert (forecast["kind"], forecast["procedure_code"], forecast["procedure_forecast"]) == ("suspend", "full", True)
    stage.submit(id_)
    refuse(stage, "fuze-01", id_, "sign", {"seal": {"reference": "档案号 1"}}, 422)
    stage.act("fuze-01", id_, "sign", SEALED)
    # Both must agree; the legal office waits for both, the government for the legal office.
    stage.act("huishen-02", id_, "review", PASS)
    refuse(stage, "fazhi-03", id_, "legality", LEGAL, 409)
    assert waits_for(stage, id_) == ["审改办审核人员"]
    stage.act("shengai-01", id_, "review", PASS)
    refuse(stage, "bianzhi-01", id_, "legality", LEGAL, 403)
    refuse(stage, "zhengfu-01", id_, "decide", {"decision": DECISION}, 409)
    stage.act("fazhi-03", id_, "legality", LEGAL)
    stage.decide(id_)
    # The effect has come to every list; publication closes by itself, filing waits for a person.
    stage.wait_for(id_, "effective", "conflict")
    told = stage.until(lambda: (found := stage.admin.get(path))["published_at"] and found, "it is not published")
    about = stage.about(PERMIT)
    assert {stage.item(about[kind])["elements"]["state"] for kind in ("permit", "power")} == {"suspended"}
    shown = {
        row["list_id"]: row for step in told["steps"] if step["act"] == "publish" for row in step["record"]["lists"]
    }
    changed = {row["list_id"] for row in told["cascade"] if row["touched"]} | {stage.lists["permit", COUNTY]}
    assert set(shown) == changed
    for list_id, row in shown.items():
        assert stage.public(f"/lists/{list_id}").json()["revision"] >= row["revision"]
    assert (told["complete"], told["filed_at"]) == (False, None)
    assert "审改办审核人员" in [wait["for_title"] for wait in told["waiting"]]
    refuse(stage, "huishen-02", id_, "filings", receipt(), 403)
    stage.act("shengai-01", id_, "filings", receipt())
    stage.act("shengai-01", id_, "filings", receipt())
    told = stage.admin.get(path)
    assert told["filed_at"] is not None
    assert {step["state"] for step in told["steps"]} == {"passed"}
    assert [step["record"] for step in told["steps"] if step["act"] == "file"] == [receipt()]


def test_what_one_reviewer_returns_is_corrected_and_passes_the_same_chain_again(offices: Stage) -> None:
    stage, permit = offices, offices.permits["互联网上网服务营业场所经营许可"]
    opened = stage.open(suspended(permit), title="暂停互联网上网服务营业场所经营许可")
    id_ = opened["id"]
    stage.submit(id_)
    stage.act("fuze-01", id_, "sign", SEALED)
    stage.act("huishen-02", id_, "review", {"outcome": "return", "opinion": "尚有在办申请"})
    mine = stage.posts["bianzhi-01"].get("/workflow/v1/tasks", adjustment_id=id_)["items"]
    assert [task["kind"] for task in mine] == ["correction"]
    refuse(stage, "shengai-01", id_, "review", PASS, 409)
    stage.submit(id_)
    assert stage.posts["bianzhi-01"].get("/workflow/v1/tasks", adjustment_id=id_)["items"] == []
    told = stage.admin.get(f"/workflow/v1/adjustments/{id_}")
    assert (told["procedure_code"], told["submission"]) == ("full", 2)
    stage.act("bianzhi-01", id_, "withdraw", {"reason": "暂缓"})


def test_a_change_of_elements_still_takes_the_short_path(offices: Stage) -> None:
    opened = offices.open(modify(offices.permits[PERMIT], conditions=["有符合条件的拍卖师"]))
    told = offices.admin.get(f"/workflow/v1/adjustments/{opened['id']}")
    assert (told["kind"], told["procedure_code"]) == ("modify", "short")
    offices.act("bianzhi-01", opened["id"], "withdraw", {"reason": "暂缓"})


def refuse(stage: Stage, who: str, adjustment: str, act: str, body: dict[str, Any], status: int) -> None:
    """The act is refused as it should be."""
    with pytest.raises(Refused) as refused:
        stage.act(who, adjustment, act, body)
    assert refused.value.status == status, refused.value.problem


def waits_for(stage: Stage, adjustment: str) -> list[str]:
    return [wait["for_title"] for wait in stage.admin.get(f"/workflow/v1/adjustments/{adjustment}")["waiting"]]


def receipt() -> dict[str, str]:
    return {"receipt_number": "沧审改备〔2026〕17号", "date": DECISION["date"]}
