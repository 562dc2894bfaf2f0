"""V11, V17 and V33 on single entries."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import Profile, read_profile
from services.catalog.quality.entry import EntryContext
from services.catalog.quality.rules import validate_entry

BODY = "01890000-0000-7000-8000-000000000001"
BASIS = [{"document": "节约能源法", "article": "第十五条", "kind": "set", "document_kind": "law"}]


def latest(kind: str) -> Profile:
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    return read_profile({"kind": kind, **definition["profiles"][-1]})


def found(kind: str, rule: str, entry: dict[str, Any], **context: Any) -> list[tuple[str, str, str]]:
    findings = validate_entry(latest(kind), entry, EntryContext(**context))
    return [(one.severity, one.code, one.element) for one in findings if one.rule == rule]


SERVICE = {"name": "检测", "base_code": "000104002000", "implementing_body": BODY, "basis": BASIS}


@pytest.mark.req("QX-10")
@pytest.mark.parametrize("missing", ["base_code", "implementing_body", "basis"])
def test_an_intermediary_service_without_permit_or_basis_is_to_be_cleaned_up(missing: str) -> None:
    assert found("intermediary_service", "V11", SERVICE) == []
    bare = {key: value for key, value in SERVICE.items() if key != missing}
    [(severity, _, element)] = found("intermediary_service", "V11", bare)
    assert (severity, element) == ("error", missing)


def test_a_permit_that_states_part_of_its_supervision_is_told_the_rest_and_one_without_any_is_left_alone() -> None:
    permit = {"name": "节能审查", "base_code": "000104002000", "item_type": "01", "level": "4"}
    assert found("permit", "V17", permit) == []
    assert found("permit", "V17", permit | {"supervising_body": BODY}) == [
        ("error", "supervision_incomplete", "supervision_measures")
    ]
    assert found("permit", "V17", permit | {"supervision_items": ["节能监察"]}) == [
        ("error", "supervision_incomplete", "supervising_body"),
        ("error", "supervision_incomplete", "supervision_measures"),
    ]


RISK = {"name": "监管", "permit_name": "许可", "base_code": "000104002000", "supervising_body": BODY}


@pytest.mark.req("ZZ-55")
def test_a_risk_level_needs_an_assessment_when_it_is_set_and_a_new_one_when_it_changes() -> None:
    level = {"risk_level": "general"}
    assert found("internet_supervision", "V33", RISK) == []
    assert found("internet_supervision", "V33", RISK | level) == [("block", "assessment_missing", "risk_level")]
    assessed = RISK | level | {"risk_assessment": "近两年无事故"}
    assert found("internet_supervision", "V33", assessed) == []
    changed = frozenset({"risk_level"})
    assert found("internet_supervision", "V33", assessed, touched=changed) == [
        ("block", "assessment_missing", "risk_level")
    ]
    assert found("internet_supervision", "V33", assessed, touched=changed | {"risk_assessment"}) == []
    assert found("internet_supervision", "V33", assessed, touched=frozenset({"name"})) == []
    taken_away = found("internet_supervision", "V33", RISK | level, touched=frozenset({"risk_assessment"}))
    assert taken_away == [("block", "assessment_missing", "risk_level")]


@pytest.mark.req("ZZ-57")
def test_what_is_of_high_risk_is_supervised_with_priority() -> None:
    high = RISK | {"risk_level": "high", "risk_assessment": "一年内两起事故"}
    assert found("internet_supervision", "V33", high) == [("block", "priority_missing", "risk_level")]
    assert found("internet_supervision", "V33", high | {"priority_supervision": True}) == []
    withdrawn = high | {"priority_supervision": False}
    touched = frozenset({"priority_supervision"})
    assert found("internet_supervision", "V33", withdrawn, touched=touched) == [
        ("block", "priority_missing", "priority_supervision")
    ]
