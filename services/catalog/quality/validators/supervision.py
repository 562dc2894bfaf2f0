"""V17: what is permitted is supervised. V33: a risk level is set by an assessment, and a high one has consequences."""

from __future__ import annotations

from collections.abc import Iterator

from services.catalog.quality.entry import BLOCK, ERROR, Entry, Finding, Validator

_STATED = {"supervising_body": "监管主体", "supervision_measures": "监管措施"}
_BEGUN = frozenset({*_STATED, "supervision_items", "approval_responsible"})


def completed(entry: Entry) -> Iterator[Finding]:
    """A permit that states some of its supervision states all of it; what states nothing is for the check of lists."""
    for key, title in _STATED.items():
        if not entry.elements.get(key) and entry.profile.element(key) is not None:
            message = f"{title}未明确：行政许可须同时明确监管主体、监管事项和监管措施，请补充"
            yield Finding("V17", ERROR, key, "supervision_incomplete", message, f"/{key}")


def assessed_risk(entry: Entry) -> Iterator[Finding]:
    """A level that is set or changed says what it rests on (ZZ-55); what is of high risk has priority (ZZ-57)."""
    elements, touched = entry.elements, entry.context.touched
    changed = touched is not None and "risk_level" in touched and "risk_assessment" not in touched
    if not elements.get("risk_assessment") or changed:
        message = "确定或改变风险等级时，须填写本次的风险评估说明（实际情况和风险隐患）"
        yield Finding("V33", BLOCK, "risk_level", "assessment_missing", message, "/risk_level")
    if elements["risk_level"] == "high" and elements.get("priority_supervision") is not True:
        message = "高风险监管事项应列为重点监管，请将“是否重点监管”填写为“是”"
        yield Finding("V33", BLOCK, "risk_level", "priority_missing", message, "/risk_level")
        if touched is not None and "priority_supervision" in touched:
            yield Finding("V33", BLOCK, "priority_supervision", "priority_missing", message, "/priority_supervision")


VALIDATORS = (
    Validator(rule="V17", check=completed, elements=_BEGUN, kinds=frozenset({"permit"})),
    Validator(
        rule="V33", check=assessed_risk, elements=frozenset({"risk_level"}), kinds=frozenset({"internet_supervision"})
    ),
)
