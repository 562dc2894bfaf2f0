"""What is sent back comes again, better; what is suspended comes back; every version stays readable."""

from __future__ import annotations

import pytest

from deploy.demo.people import Refused
from tests.journeys.stage import MIRRORS, Stage, modify


@pytest.mark.req("QX-18")
def test_a_returned_adjustment_is_corrected_where_the_reviewer_said_and_submitted_again(stage: Stage) -> None:
    permit = stage.permits["人力资源服务许可"]
    opened = stage.open(modify(permit, name="人力资源服务", promised_limit={"amount": 8, "unit": "working_day"}))
    path = f"/workflow/v1/adjustments/{opened['id']}"
    stage.submit(opened["id"])
    stage.act("fuze-01", opened["id"], "sign", {"seal": {"reference": "档案号 2026-007"}})
    with pytest.raises(Refused) as silent:
        stage.act("shengai-01", opened["id"], "review", {"outcome": "return"})
    assert silent.value.problem["errors"][0]["pointer"] == "/opinion"
    opinion = {"item_id": permit, "element": "name", "opinion": "名称应保留“许可”二字"}
    body = {"outcome": "return", "opinion": "请修改名称", "element_opinions": [opinion]}
    assert stage.act("shengai-01", opened["id"], "review", body)["state"] == "returned"
    told = stage.posts["bianzhi-01"].get(path)
    assert [one for step in told["steps"] for one in step["element_opinions"]] == [opinion]
    assert told["waiting"][0]["for_role"] == "compiler"
    elements = told["changes"][0]["proposed"] | {"name": "人力资源服务行政许可"}
    content = {"operation": "modify", "elements": elements}
    change = f"{path}/changes/{told['changes'][0]['id']}"
    with pytest.raises(Refused) as blind:
        stage.posts["bianzhi-01"].put(change, content)
    assert blind.value.status == 428
    with pytest.raises(Refused) as stale:
        stage.posts["bianzhi-01"].put(change, content, etag=f'"{told["version"] - 1}"')
    assert stale.value.status == 412
    stage.posts["bianzhi-01"].put(change, content, etag=f'"{told["version"]}"')
    stage.review(opened["id"])
    stage.decide(opened["id"])
    assert stage.wait_for(opened["id"], "effective")["submission"] == 2
    stage.settle()
    versions = stage.admin.get(f"/catalog/v1/items/{permit}/versions")["items"]
    assert sorted(row["number"] for row in versions) == [1, 2]
    newest = next(row for row in versions if row["number"] == 2)
    assert (newest["adjustment_id"], newest["changed"]) == (opened["id"], ["name", "promised_limit"])
    difference = stage.admin.get(f"/catalog/v1/items/{permit}/diff", **{"from": 1, "to": 2})["differences"]
    assert {row["element"]: (row["before"], row["after"]) for row in difference} == {
        "name": ("人力资源服务许可", "人力资源服务行政许可"),
        "promised_limit": ({"amount": 10, "unit": "working_day"}, {"amount": 8, "unit": "working_day"}),
    }
    assert stage.admin.get(f"/catalog/v1/items/{permit}/versions/1")["elements"]["name"] == "人力资源服务许可"


def test_a_suspended_permit_is_not_valid_until_it_is_resumed(stage: Stage) -> None:
    name = "民办学校设立许可"
    permit, about = stage.permits[name], stage.about(name)
    code = stage.elements(permit)["implementation_code"]
    with pytest.raises(Refused) as refused:
        stage.open({"operation": "resume", "item_id": permit})
    assert refused.value.status == 409
    stage.carry({"operation": "suspend", "item_id": permit, "terms": {"condition": "整改完成前"}})
    assert {stage.elements(about[kind])["state"] for kind in MIRRORS} == {"suspended"}
    shown = stage.public(f"/items/{permit}").json()
    assert shown["state"] == "suspended"
    now = stage.public(f"/codes/{code}").json()
    assert now["valid"] is False, "lists that only refer to the permit do not make its code valid"
    assert {entry["state"] for entry in now["entries"] if entry["kind"] in ("permit", *MIRRORS)} == {"suspended"}
    stage.carry({"operation": "resume", "item_id": permit})
    assert stage.public(f"/codes/{code}").json()["valid"] is True
    history = stage.public(f"/items/{permit}/history").json()["items"]
    assert [row["state"] for row in history] == ["in_use", "suspended", "in_use"]
