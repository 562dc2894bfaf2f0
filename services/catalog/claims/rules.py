"""What a claim may become, what it needs to close, and what of a superior's entry is inherited. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any, Protocol
from uuid import UUID

from services.catalog.claims.following.rules import SPECIFICATION
from shared import problems
from shared.clock import ZONE
from shared.inheritance import ELEMENT_TITLES, Inherited, deviations, shown
from shared.problems import FieldError

OFFERED, CLAIMED, NOT_APPLICABLE = "offered", "claimed", "not_applicable"
DISPUTED, WITHDRAWN = "disputed", "withdrawn"
STATE_TITLES = {
    OFFERED: "待认领",
    CLAIMED: "已认领",
    NOT_APPLICABLE: "不适用",
    DISPUTED: "有争议",
    WITHDRAWN: "已撤回",
}

# Act -> the states it is possible in. Who claimed in error says so by `exclude`, who excluded in error by `claim`.
POSSIBLE: Mapping[str, frozenset[str]] = {
    "claim": frozenset({OFFERED, NOT_APPLICABLE}),
    "exclude": frozenset({OFFERED, CLAIMED}),
    "dispute": frozenset({OFFERED, CLAIMED, NOT_APPLICABLE}),
    "decide": frozenset({DISPUTED}),
    "assign": frozenset({OFFERED}),
    "confirm": frozenset({CLAIMED}),
}
# What the government decided is not put right by those it was decided for, only by another decision. (What is offered
# anew, after it was withdrawn, is answered anew.)
OVERTURNS = frozenset({("claim", NOT_APPLICABLE), ("exclude", CLAIMED)})
ACT_TITLES = {"claim": "认领", "exclude": "登记不适用", "dispute": "提出争议", "decide": "裁定", "assign": "分派",
              "confirm": "确认"}  # fmt: skip

# Without these the local entry is not done (spec 10: approval method, process, guide); values are what people read.
# Those of the guide are the ones of ZL-25 that every entry of this kind can have; a fee there may be none.
NEEDED: Mapping[str, str] = {
    "handling_kind": "办理方式（办件类型）",
    "process_steps": "办理流程",
    "materials": "申请材料",
    "promised_limit": "承诺办结时限",
    "handling_place": "办理地点",
    "handling_hours": "办理时间",
    "consult_phone": "咨询电话",
    "complaint_phone": "监督投诉电话",
}
ENTRY, CONFIRMATION = "local_entry", "confirmation"
MISSING_TITLES: Mapping[str, str] = {
    ENTRY: "本级清单中的事项",
    CONFIRMATION: "对上级新规范的确认",
    **NEEDED,
}

# An act takes so many claims at once: a county has some hundreds.
MOST_AT_ONCE = 2_000


class Open(Protocol):
    """A claim as far as its state matters.

    `listed`: the entry of the region's list that it is about stands; `decided`: the government has decided a dispute.
    """

    @property
    def id(self) -> UUID: ...
    @property
    def state(self) -> str: ...
    @property
    def listed(self) -> bool: ...
    @property
    def decided(self) -> bool: ...


def impossible(act: str, claim: Open) -> FieldError | None:
    """Why an act cannot be done to a claim in its state; None when it can."""
    if claim.decided and (act, claim.state) in OVERTURNS:
        decided = f"该事项经裁定为{STATE_TITLES[claim.state]}，不能自行{ACT_TITLES[act]}"
        remedy = "有不同意见请提出争议，重新报请裁定"
        return FieldError(f"/claim_ids/{claim.id}", "decided_by_government", f"{decided}；{remedy}")
    if act == "exclude" and claim.listed:
        message = "本级清单列有该事项，不能登记不适用；确不适用的请先按程序取消本级事项"
        return FieldError(f"/claim_ids/{claim.id}", "entry_listed", message)
    if claim.state in POSSIBLE[act]:
        return None
    message = f"该认领事项{STATE_TITLES[claim.state]}，不能{ACT_TITLES[act]}，请刷新后重试"
    return FieldError(f"/claim_ids/{claim.id}", "illegal_transition", message)


def counted_from(now: datetime) -> datetime:
    """The last second of the day on which a period begins.

    That day is not counted, and the period ends with the last second of its last day (民法典 articles 201 and 203), as
    the limits of the workflow do: an organ that answers in the afternoon of the day is in time.
    """
    return datetime.combine(now.astimezone(ZONE).date(), time(23, 59, 59), tzinfo=ZONE)


def missing_titles(missing: Iterable[str]) -> list[str]:
    """What a claim lacks, as people read it."""
    return [MISSING_TITLES.get(name, name) for name in missing]


def check_handled(title: str, counts: Mapping[str, int], region_code: str, list_kind: str) -> None:
    """A list is decided on when every matter offered to its region is handled (ZZ-10).

    `counts`: offered, disputed, without_entry.

    Raises
    ------
    problems.Conflict
        Says how many are not, and where they are.
    """
    left = sum(counts.values())
    if not left:
        return
    link = f"/catalog/v1/claims?region={region_code}&kind={list_kind}&handled=false"
    raise problems.Conflict(
        f"《{title}》尚有{left}项上级事项未认领完毕（待认领{counts['offered']}项，有争议{counts['disputed']}项，"
        f"已认领但未列入本级清单{counts['without_entry']}项），须全部办理后方可提请审定；明细见：{link}",
        code="claims_open",
        extra={"left": left, **counts, "claims": link},
    )


def check_decision(outcome: str, organ_id: UUID | None) -> None:
    """Who decides a dispute in favour of a claim says whose it is. Raises Invalid."""
    if outcome == CLAIMED and organ_id is None:
        place = FieldError("/organ_id", "organ_missing", "裁定由谁承接的，须写明单位")
        raise problems.Invalid("请写明承接单位。", code="organ_missing", errors=[place])


def check_inherited(patch: Mapping[str, Any], current: Mapping[str, Any], inherited: Inherited | None) -> None:
    """What is inherited is read-only at the lower level (ZZ-14).

    Raises
    ------
    problems.Conflict
        `inherited_element`, with the superior's row.
    """
    wrong = sorted(deviations(patch, current, inherited)) if inherited else []
    if not inherited or not wrong:
        return
    titles = "、".join(ELEMENT_TITLES[element] for element in wrong)
    raise problems.Conflict(
        f"{titles}沿用上级“{inherited.superior_list}”中的“{inherited.superior_name}”，本级不能更改；"
        "确有不妥请向上级清单的编制机关提出。",
        code="inherited_element",
        errors=[
            FieldError(f"/elements/{element}", "inherited_element", f"应与上级一致：{inherited.elements[element]}")
            for element in wrong
        ],
        extra={"superior": shown(inherited)},
    )


def is_new_specification(elements: Iterable[str]) -> bool:
    """Whether a change of these elements of a superior's entry has to be confirmed below (ZZ-15)."""
    return not SPECIFICATION.isdisjoint(elements)
