"""What the register of organs accepts, and what an organ of each kind may own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.codes import credit_code
from shared.codes.problems import CodeError
from shared.problems import FieldError

# The five kinds of ZL-11, the Party series of HB-07, townships of HB-08, and who decides and leads.
KIND_TITLES: Mapping[str, str] = {
    "government": "人民政府",
    "department": "政府工作部门",
    "department_managed": "部门管理机构",
    "institution_with_administrative_duties": "承担行政职能的事业单位",
    "party_body": "党委系列机构",
    "public_service_enterprise": "具有公共服务职能的企业",
    "township": "乡镇人民政府（街道办事处）",
    "zone_committee": "开发区管理机构",
}
STATES = ("active", "abolished")

# Administrative-subject status is a legal fact; only for these kinds does it go without saying (HB-06).
_SUBJECT_BY_KIND = frozenset({"government", "department", "department_managed", "township"})


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """A credit code that was read: what its check characters say, or why it cannot be one."""

    value: str | None
    check: str | None = None
    error: FieldError | None = None


def read_credit_code(text: str | None) -> CheckedCode:
    """Read a unified social credit code.

    A wrong check character is flagged, not refused: two of 177 published organs have one.
    """
    if text is None:
        return CheckedCode(None)
    try:
        parsed = credit_code.parse(text)
    except CodeError as error:
        return CheckedCode(None, None, FieldError("/credit_code", error.problem.code, error.problem.message))
    if not parsed.check_ok:
        return CheckedCode(text, "wrong_check_digit")
    return CheckedCode(text, "ok" if parsed.organisation_check_ok else "wrong_organisation_check_digit")


def completed(said: Mapping[str, Any], registered: Mapping[str, Any] | None) -> dict[str, Any]:
    """State and administrative-subject status where they are not said: as registered, of a new organ by its kind."""
    known = registered or {"state": "active", "administrative_subject": said["kind"] in _SUBJECT_BY_KIND}
    return {name: known[name] if said[name] is None else said[name] for name in ("state", "administrative_subject")}


def refused_change(
    values: Mapping[str, Any], registered: Mapping[str, Any], owns_power_items: bool
) -> FieldError | None:
    """What of a change of a registered organ the register alone may not do; `values` are complete."""
    if values["state"] != registered["state"]:
        path = f"/catalog/v1/organs/{registered['id']}/successors"
        return FieldError("/state", "state_by_succession", f"机构的撤销须登记承接机构，请使用 {path}，不能直接修改状态")
    if owns_power_items and registered["administrative_subject"] and not values["administrative_subject"]:
        message = "该机构名下有行政权力事项，不能取消其行政主体资格；请先通过调整程序变更或取消这些事项"
        return FieldError("/administrative_subject", "owns_power_items", message)
    return None


def supervision_cycle(organ: str, supervising: str | None, above: Mapping[str, str | None]) -> bool:
    """Whether `organ` would come to supervise itself; `above` is the register: organ -> supervising organ."""
    seen = {organ}
    while supervising is not None:
        if supervising in seen:
            return True
        seen.add(supervising)
        supervising = above.get(supervising)
    return False
