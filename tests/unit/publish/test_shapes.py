"""Shapes of further systems: several tables of one entry, rows of links, and what a wrong profile is told. Pure."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.publish.platform import rules
from services.publish.platform.mapping import Mapping, built_in
from services.publish.platform.translation import Untranslatable, content_hash, outward

SUPERVISION = built_in("internet_supervision")
ORGAN = {"name": "青县市场监督管理局", "credit_code": "11130922MB0000000X"}
ENTRY: dict[str, Any] = {
    "name": "对食品经营许可的监督检查", "supervision_code": "01131000000101", "base_code": "000131001000",
    "permit_name": "食品经营许可", "supervising_body": ORGAN, "state": "suspended", "risk_level": "high",
    "priority_supervision": True, "key_links": ["索证索票", "进货查验"],
    "sub_items": [{"code": "0113100000010101", "name": "经营场所检查", "scope": "3", "in_use": False}],
    "check_items": [{"content": "证照公示", "sub_item_code": "0113100000010101", "kind": "random"},
                    {"content": "健康证明", "kind": "daily"}],
}  # fmt: skip
PERMITS = [{"name": "食品经营许可", "base_code": "000131001000", "implementing_body": ORGAN},
           {"name": "食品生产许可", "base_code": "000131002000", "implementation_code": "X"}]  # fmt: skip


@pytest.mark.req("ZZ-58")
def test_a_supervision_item_is_told_as_main_sub_and_check_items_with_a_row_for_each_permit() -> None:
    said = outward(SUPERVISION.push, ENTRY, {"supervises": PERMITS})
    main, children = said["ROW"], said["CHILDREN"]
    assert (main["itemCode"], main["supervisionDeptCode"], main["state"]) == (
        "01131000000101", "11130922MB0000000X", "0",
    )  # fmt: skip
    assert (main["riskLevel"], main["isPriority"], main["keyLinks"]) == ("4", "1", "索证索票；进货查验")
    assert main["allowItemType"] == "01"
    assert children["supervision_sub_item"] == [{
        "mainItemCode": "01131000000101", "subItemCode": "0113100000010101", "subItemName": "经营场所检查",
        "scope": "3", "state": "0",
    }]  # fmt: skip
    assert [(one["orderNum"], one["checkType"], one["mainItemCode"]) for one in children["supervision_check_item"]] == [
        ("1", "2", "01131000000101"), ("2", "1", "01131000000101"),
    ]  # fmt: skip
    pairs = children["permit_supervision_mapping"]
    assert [(one["itemCode"], one["allowItemCode"]) for one in pairs] == [
        ("01131000000101", "000131001000"), ("01131000000101", "000131002000"),
    ]  # fmt: skip
    assert pairs[0]["allowDept"] == "青县市场监督管理局"


def test_another_permit_is_another_content_and_no_permit_is_no_table() -> None:
    both = content_hash(outward(SUPERVISION.push, ENTRY, {"supervises": PERMITS}))
    assert both != content_hash(outward(SUPERVISION.push, ENTRY, {"supervises": PERMITS[:1]}))
    assert "permit_supervision_mapping" not in outward(SUPERVISION.push, ENTRY)["CHILDREN"]
    body = {"kind": "internet_supervision", "elements": ENTRY, "linked": {"supervises": PERMITS}}
    assert rules.published_hash(body, SUPERVISION) == both


def test_a_code_without_a_counterpart_keeps_the_whole_entry_here() -> None:
    with pytest.raises(Untranslatable, match="checkType"):
        outward(SUPERVISION.push, ENTRY | {"check_items": [{"content": "x", "kind": "?"}]})


@pytest.mark.parametrize(
    ("push", "complaint"),
    [
        ({"columns": [{"column": "A", "element": "name", "of": "item"}]}, "of 只用于子表"),
        ({"columns": [{"column": "cd_time", "element": "name"}]}, "由交换程序填写"),
        ({"columns": [{"column": "A", "element": "name"}],
          "children": [{"table": "C", "element": "rows", "linked": "supervises",
                        "columns": [{"column": "A", "element": "name"}]}]}, "之一"),
        ({"columns": [{"column": "A", "element": "name"}],
          "children": [{"table": "C", "linked": "resembles", "columns": [{"column": "A", "element": "name"}]}]},
         "supervises"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_work_is_refused_when_it_is_saved(push: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Mapping.model_validate({"title": "x", "push": {"table": "T"} | push})


def test_a_catalogue_is_not_read_from_links() -> None:
    child = {"table": "C", "linked": "supervises", "columns": [{"column": "A", "element": "name"}]}
    half = {"table": "T", "columns": [{"column": "A", "element": "name"}], "children": [child]}
    with pytest.raises(ValidationError, match="linked"):
        Mapping.model_validate({"title": "x", "push": half, "catalogue": half})


def test_the_content_of_the_first_profile_hashes_as_it_always_has() -> None:
    elements = {"name": "食品经营许可", "state": "in_use", "materials": [{"name": "申请表", "necessity": "required"}]}
    said = outward(built_in().push, elements)
    assert said == {
        "ROW": {"TASK_NAME": "食品经营许可", "TASK_STATE": "1"},
        "CHILDREN": {"UP_TASK_GENERAL_MATERIAL": [{"MATERIAL_NAME": "申请表", "IS_NEED": "1"}]},
    }
