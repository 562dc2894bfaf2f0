"""Decisions about entries: what differs between two versions, what may be corrected directly, which links exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.catalog.kinds.rules import Profile
from services.catalog.quality.entry import Finding
from shared import differences as shared_differences
from shared import problems
from shared.differences import RowDifference
from shared.problems import FieldError

# How two entries can belong together beyond what linkage rules find by themselves.
LINK_TYPES: Mapping[str, str] = {
    "supervises": "监管事项对应许可事项",
    "measure_of": "准入措施对应政务服务事项",
    "standard_item": "审批事项对应国家标准事项",
    "transferred_from": "划转自原实施部门的事项",
    "sub_item_of": "子项归属主项",
    "precedes": "前置于",
    "replaces": "承接已取消或变更编码的事项",
    "based_on": "依据上级事项",
    "duty_of": "责任事项对应行政权力",
    "related": "相关",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """An element that two versions show differently; None where a version does not have it."""

    element: str
    title: str
    before: Any
    after: Any
    rows: tuple[RowDifference, ...] = ()


def differences(before: Mapping[str, Any], after: Mapping[str, Any], profile: Profile | None) -> list[Difference]:
    """All elements in which two versions differ, in the profile's order, others by name (QX-18).

    Of an element that is a list in both the rows that differ; rows that only moved are no difference.
    """
    order = {element.key: index for index, element in enumerate(profile.elements)} if profile else {}
    titles = {element.key: element.title for element in profile.elements} if profile else {}
    found = shared_differences.differences(before, after)
    return [
        Difference(one.element, titles.get(one.element, one.element), one.before, one.after, one.rows)
        for one in sorted(found, key=lambda one: (order.get(one.element, len(order)), one.element))
    ]


def check_minor(patch: Mapping[str, Any], profile: Profile) -> None:
    """A list in force is corrected directly only in its minor elements (telephone, window, opening hours).

    Raises
    ------
    problems.Conflict
        Names the elements that need an adjustment.
    """
    minor = {element.key for element in profile.elements if element.minor}
    others = sorted(patch.keys() - minor)
    if others:
        titles = {element.key: element.title for element in profile.elements}
        raise problems.Conflict(
            "清单已生效，这些要素的变更须通过动态调整办理：" + "、".join(titles.get(key, key) for key in others[:10]),
            code="adjustment_required",
            errors=[FieldError(f"/elements/{key}", "adjustment_required", "请提交动态调整") for key in others],
        )


def overtaken(
    patch: Mapping[str, Any], base: Mapping[str, Any], current: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Elements of a patch that somebody changed since the version it rests on: the three values of each."""
    return {
        key: {"base": base.get(key), "proposed": value, "current": current.get(key)}
        for key, value in patch.items()
        if base.get(key) != current.get(key) and value != current.get(key)
    }


def refusals(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that keep an entry out of direct entry: what blocks, and elements the kind does not have."""
    return [finding for finding in findings if finding.severity == "block" or finding.code == "unknown_element"]
