"""Which findings a change answers for: those about what it touches, on whichever element they are reported. Pure.

A finding is reported on one element and judged by several: a promise is too long as well when the statutory limit was
shortened, and then it is that change which may not go through.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from services.catalog.kinds.rules import Profile
from services.catalog.quality.entry import Finding

_SUPERVISION = frozenset({"supervising_body", "supervision_items", "supervision_measures", "approval_responsible"})

# (rule, code) -> the elements it was judged by beside the one it is reported on; an empty code: all of the rule.
_BESIDE: Mapping[tuple[str, str], Set[str]] = {
    ("V02", "code_in_use"): {"handling_item"},
    ("V02", "code_retired"): {"handling_item"},
    ("V03", "type_disagrees"): {"base_code"},
    ("V03", "base_disagrees"): {"base_code"},
    ("V03", "level_disagrees"): {"implementation_code"},
    ("V03", "serial_disagrees"): {"implementation_code"},
    ("V03", "body_disagrees"): {"implementation_code"},
    ("V03", "not_administrative_subject"): {"item_type"},
    ("V04", ""): {"item_type", "section"},
    ("V05", "promise_too_long"): {"statutory_limit"},
    ("V05", "promise_may_be_too_long"): {"statutory_limit"},
    ("V05", "immediate_limit"): {"handling_kind"},
    ("V05", "immediate_steps"): {"handling_kind"},
    ("V05", "extension_without_basis"): {"extension_basis"},
    ("V06", ""): {"promised_limit"},
    ("V07", ""): {"charged", "fees", "fee_standard", "fee_basis", "item_type", "category"},
    ("V10", ""): {"online", "visits", "visit_reason", "acceptance_window"},
    ("V12", "preliminary_review_without_basis"): {"preliminary_review_basis"},
    ("V16", ""): {"section", "implementing_body"},
    ("V17", ""): _SUPERVISION,
    ("V19", ""): {"audience", "withheld_because"},
    ("V27", ""): {"not_on_application_reason"},
    ("V28", ""): {"section"},
    ("V29", ""): {"key_area"},
    ("V33", "assessment_missing"): {"risk_assessment"},
}


def concerns(finding: Finding, touched: Set[str], profile: Profile) -> bool:
    """Whether a finding is about something a change touches."""
    if finding.element in touched:
        return True
    if finding.rule == "V01":
        element = profile.element(finding.element)
        if element is None or element.mandatory or finding.code != "missing":
            return False
        return ("item_type" in touched and bool(element.mandatory_for)) or not touched.isdisjoint(
            element.mandatory_when
        )
    return any(not touched.isdisjoint(_BESIDE.get((finding.rule, code), ())) for code in (finding.code, ""))
