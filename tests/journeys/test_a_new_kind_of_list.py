"""A new kind of list, thought of this morning: one call makes it, and it lives with the others at once."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.demo.people import Refused
from tests.journeys import entries
from tests.journeys.county import enter, new_list
from tests.journeys.stage import COUNTY, DECISION, GROUNDS, PERMITS, Stage, modify

PERMIT = "食品经营许可"
CREDIT = {
    "code": "credit_supervision",
    "title": "市场主体信用监管清单",
    "elements": [
        {"key": "name", "title": "信用监管事项", "type": "text", "mandatory": True},
        {"key": "base_code", "title": "对应许可基本编码", "type": "base_code", "mandatory": True},
        {"key": "implementing_body", "title": "许可实施机关", "type": "organ"},
        {"key": "handling_item", "title": "业务办理项序号", "type": "serial"},
        {"key": "permit_name", "title": "对应许可事项名称", "type": "text", "inherited": True},
        {"key": "grade", "title": "信用等级", "type": "choice", "vocabulary": {"A": "守信", "D": "失信"}},
        {"key": "state", "title": "事项状态", "type": "state"},
    ],
    **GROUNDS,
}
IDENTITY = [{"source": name, "target": name} for name in ("base_code", "implementing_body", "handling_item")]


def rule(rule_id: str, target: str, *, action: str = "sync", **more: Any) -> dict[str, Any]:
    """Entries of a list say what the permit is called."""
    return {
        "id": rule_id, "title": f"{target}中的许可名称与行政许可事项清单一致", "source_kind": "permit",
        "target_kind": target, "match": IDENTITY, "source": "QX-03",
        "groups": [{"action": action, "pairs": [{"source": "name", "target": "permit_name"}]}], **more,
    }  # fmt: skip


def adopt(stage: Stage, *added: dict[str, Any]) -> None:
    """Save and adopt the present rules with some more."""
    known = stage.admin.get("/catalog/v1/rule-sets")["items"]
    newest = max(row["version"] for row in known if row["state"] == "adopted")
    present = stage.admin.get(f"/catalog/v1/rule-sets/{newest}")["rules"]
    names = {one["id"] for one in added}
    rules = [one for one in present if one["id"] not in names] + list(added)
    saved = stage.admin.post("/catalog/v1/rule-sets", {"rules": rules, **GROUNDS})
    adopted = stage.admin.post(f"/catalog/v1/rule-sets/{saved['version']}/adopt", GROUNDS)
    assert adopted["state"] == "adopted"


@pytest.mark.req("QX-03")
def test_a_kind_made_by_one_call_is_filled_published_and_follows_the_permits_by_an_adopted_rule(stage: Stage) -> None:
    made = stage.admin.post("/catalog/v1/kinds", CREDIT)
    assert made["origin"] == "custom"
    list_id = new_list(stage, CREDIT["code"], COUNTY, "approval")
    number = PERMITS.index(PERMIT) + 1
    row = {
        "name": "食品经营者信用监管", "base_code": entries.base_code(number), "grade": "A", "state": "in_use",
        "implementing_body": stage.organs["approval"], "permit_name": PERMIT,
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        enter(stage, list_id, [row | {"grade": "Z"}])
    place = refused.value.problem["errors"][0]
    assert place["pointer"] == "/items/0/elements/grade"
    assert "A 守信" in place["message"]
    (entry,) = enter(stage, list_id, [row])
    stage.posts["zhengfu-01"].post(f"/catalog/v1/lists/{list_id}/enact", {"decision": DECISION, **GROUNDS})
    adopt(stage, rule("X01", CREDIT["code"]))
    stage.settle()
    stage.carry(modify(stage.permits[PERMIT], name="食品（含保健食品）经营许可"))
    assert stage.elements(entry)["permit_name"] == "食品（含保健食品）经营许可"
    why = stage.admin.get(f"/catalog/v1/items/{entry}/why/permit_name")
    assert (why["rule"], why["source"]["item_id"]) == ("X01", stage.permits[PERMIT])
    published = stage.public(f"/items/{entry}").json()
    assert published["kind_title"] == CREDIT["title"]
    assert published["elements"]["permit_name"] == "食品（含保健食品）经营许可"


def test_a_rule_set_with_a_circle_is_refused_with_the_circle(stage: Stage) -> None:
    newest = stage.admin.get("/catalog/v1/rule-sets")["items"]
    present = stage.admin.get(f"/catalog/v1/rule-sets/{max(row['version'] for row in newest)}")["rules"]
    back = {
        "id": "X99", "title": "反向", "source_kind": "implementation", "target_kind": "permit", "match": IDENTITY,
        "groups": [{"action": "sync", "pairs": [{"source": "name", "target": "name"}]}],
    }  # fmt: skip
    with pytest.raises(Refused) as refused:
        stage.admin.post("/catalog/v1/rule-sets", {"rules": [*present, back], **GROUNDS})
    assert refused.value.status == 422
    assert "permit" in str(refused.value.problem["errors"])


# Lists this county does not keep: those that rest on powers and services, and those of charges, enforcement and proofs.
# Each of their rules has a test of its own: test_linkage_responsibility.py and test_linkage_further_lists.py.
NOT_KEPT = {
    "responsibility", "public_service", "environment_responsibility", "work_safety_responsibility",
    "intermediary_service", "charge", "enforcement", "random_inspection", "proof", "prohibited_investment",
}  # fmt: skip


@pytest.mark.req("QX-29", "ZZ-35", "ZZ-36", "ZZ-39", "ZZ-40", "ZZ-41", "QX-30")
def test_one_renamed_permit_leaves_no_list_of_any_built_in_kind_silently_stale(stage: Stage) -> None:
    permit, renamed = "特种设备使用登记", "特种设备使用登记（含车用气瓶）"
    number = PERMITS.index(permit) + 1
    base = new_list(stage, "base_catalogue", COUNTY, "approval")
    (master,) = enter(stage, base, [entries.master(permit, number)])
    stage.posts["zhengfu-01"].post(f"/catalog/v1/lists/{base}/enact", {"decision": DECISION, **GROUNDS})
    by_code = [{"source": "base_code", "target": "base_code"}]
    named = [{"action": "draft", "pairs": [{"source": "name", "target": "name"}]}]
    adopt(stage, rule("X36", "base_catalogue", match=by_code, groups=named))
    about = stage.about(permit)
    kinds = {row["code"] for row in stage.admin.all_of("/catalog/v1/kinds") if row["origin"] == "built_in"}
    assert set(about) == kinds - NOT_KEPT, "the permit is referenced by every built-in kind"
    told = stage.carry(modify(stage.permits[permit], name=renamed))
    waiting = {draft["item_id"]: draft for draft in told["drafts"]}
    stale = []
    for kind, item_id in about.items():
        said = stage.elements(item_id)
        shown = said["permit_name"] if "permit_name" in said else said["name"]
        if shown != renamed and item_id not in waiting:
            stale.append(kind)
    assert stale == []
    assert set(waiting) == {master}, "the base catalogue is changed by its people alone"
    tasks = stage.posts["qingdan-01"].get("/workflow/v1/tasks", adjustment_id=told["id"])["items"]
    assert [task["kind"] for task in tasks] == ["linkage_draft"]
    body = {"ids": [waiting[master]["id"]], "reason": "与行政许可事项清单一致"}
    stage.posts["qingdan-01"].post("/catalog/v1/drafts/accept", body)
    stage.settle()
    assert stage.admin.get(f"/workflow/v1/adjustments/{told['id']}")["complete"] is True
    assert stage.elements(master)["name"] == renamed
    found = stage.operation(stage.admin.post("/catalog/v1/check", {"record": False}))["result"]
    about_it = [row for row in found["mismatches"] if row["item_id"] in about.values()]
    assert about_it == []
