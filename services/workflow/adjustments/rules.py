"""The life of an adjustment: its states, the acts that move it, and what a valid one must say. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.workflow.procedures.kinds import kind_of
from shared import problems


class State(StrEnum):
    """Where an adjustment (动态调整) stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    SIGNING = "signing"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    DECIDED = "decided"
    SCHEDULED = "scheduled"
    EFFECTIVE = "effective"
    CONFLICT = "conflict"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What moves an adjustment; the first group are acts of people, the second comes from the system."""

    EDIT = "edit"
    SUBMIT = "submit"
    SIGN = "sign"
    REVIEW = "review"
    LEGALITY = "legality"
    PREPARE = "prepare"
    DECIDE = "decide"
    RETURN = "return"
    WITHDRAW = "withdraw"
    REBASE = "rebase"

    ACCEPT_CHECK = "accept_check"
    REFUSE_CHECK = "refuse_check"
    FINISH_SIGNING = "finish_signing"
    PASS_MINOR = "pass_minor"
    SCHEDULE = "schedule"
    FALL_DUE = "fall_due"
    APPLY = "apply"
    CONFLICT = "conflict"


SYSTEM_ACTS = frozenset(
    {
        Act.ACCEPT_CHECK,
        Act.REFUSE_CHECK,
        Act.FINISH_SIGNING,
        Act.PASS_MINOR,
        Act.SCHEDULE,
        Act.FALL_DUE,
        Act.APPLY,
        Act.CONFLICT,
    }
)

# Possible only where the procedure has such a step that is open: readers of an adjustment see them by their names.
BOUND_TO_STEPS = frozenset({Act.PREPARE})

# Content can be changed only while it is with those who compile it.
EDITABLE = frozenset({State.DRAFT, State.RETURNED})
# Nothing happens to an adjustment any more; everything else counts as open for others who look at the same item.
CLOSED = frozenset({State.EFFECTIVE, State.WITHDRAWN})

TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.EDIT): State.DRAFT,
    (State.RETURNED, Act.EDIT): State.RETURNED,
    (State.DRAFT, Act.SUBMIT): State.CHECKING,
    (State.RETURNED, Act.SUBMIT): State.CHECKING,
    (State.CHECKING, Act.ACCEPT_CHECK): State.SIGNING,
    (State.CHECKING, Act.REFUSE_CHECK): State.RETURNED,
    # Decided beforehand by the region's rule on what needs no review; in effect with the next look of the scheduler.
    (State.CHECKING, Act.PASS_MINOR): State.SCHEDULED,
    (State.SIGNING, Act.SIGN): State.SIGNING,
    (State.SIGNING, Act.FINISH_SIGNING): State.IN_REVIEW,
    (State.SIGNING, Act.RETURN): State.RETURNED,
    (State.IN_REVIEW, Act.REVIEW): State.IN_REVIEW,
    (State.IN_REVIEW, Act.LEGALITY): State.IN_REVIEW,
    (State.IN_REVIEW, Act.PREPARE): State.IN_REVIEW,
    (State.IN_REVIEW, Act.RETURN): State.RETURNED,
    (State.IN_REVIEW, Act.DECIDE): State.DECIDED,
    (State.IN_REVIEW, Act.SCHEDULE): State.SCHEDULED,
    (State.IN_REVIEW, Act.CONFLICT): State.CONFLICT,
    (State.SCHEDULED, Act.FALL_DUE): State.DECIDED,
    (State.DECIDED, Act.APPLY): State.EFFECTIVE,
    (State.DECIDED, Act.CONFLICT): State.CONFLICT,
    # Some entries applied, others in conflict: the part that waits decides where the whole stands.
    (State.EFFECTIVE, Act.CONFLICT): State.CONFLICT,
    (State.CONFLICT, Act.REBASE): State.DRAFT,
    (State.RETURNED, Act.REBASE): State.DRAFT,
    (State.DRAFT, Act.REBASE): State.DRAFT,
} | {
    (state, Act.WITHDRAW): State.WITHDRAWN
    for state in (
        State.DRAFT,
        State.CHECKING,
        State.SIGNING,
        State.IN_REVIEW,
        State.RETURNED,
        State.CONFLICT,
    )
}

STATE_TITLES = {
    State.DRAFT: "起草",
    State.CHECKING: "系统校验中",
    State.SIGNING: "待负责人签署",
    State.IN_REVIEW: "审核中",
    State.RETURNED: "已退回",
    State.DECIDED: "已审定",
    State.SCHEDULED: "已审定，待生效",
    State.EFFECTIVE: "已生效",
    State.CONFLICT: "存在冲突",
    State.WITHDRAWN: "已撤回",
}

_ACT_TITLES = {
    Act.EDIT: "修改内容",
    Act.SUBMIT: "提交",
    Act.SIGN: "签署",
    Act.REVIEW: "审核",
    Act.LEGALITY: "合法性审查",
    Act.PREPARE: "办理审定前的准备环节",
    Act.DECIDE: "审定",
    Act.RETURN: "退回",
    Act.WITHDRAW: "撤回",
    Act.REBASE: "以现行内容重新起草",
}

# The law and the platform rule: who applied before goes on under the version then in force.
DEFAULT_TRANSITIONAL_RULE = "生效前已受理的办件，按受理时有效的事项版本继续办理至办结；生效后受理的办件适用新版本。"

# Nobody decides further ahead than an ordinary term of a plan; a later date is a typing error.
FARTHEST_EFFECT = timedelta(days=3 * 366)
# Nor does anybody catch up with what arose before the last reforms of the lists.
OLDEST_CAUSE = timedelta(days=10 * 366)

# domain/spec.md 5.3
TRIGGERS: dict[str, str] = {
    "LAW_ENACT": "法律法规规章制定",
    "LAW_AMEND": "法律法规规章修改",
    "LAW_REPEAL": "法律法规规章废止",
    "SUPERIOR_CANCEL": "上级取消",
    "SUPERIOR_SUSPEND": "上级暂停",
    "SUPERIOR_DEVOLVE": "上级下放（承接）",
    "SUPERIOR_LIST_CHANGE": "上级清单调整",
    "SUPERIOR_SPEC_CHANGE": "上级实施规范调整",
    "ORG_REFORM": "机构撤并或职能划转",
    "FUNCTION_CHANGE": "职能调整",
    "PROCESS_CHANGE": "管理任务变化",
    "INTERMEDIARY_CLEANUP": "中介服务清理",
    "FEE_POLICY_CHANGE": "收费政策调整",
    "LOCAL_INITIATIVE": "地方经济社会发展或便民下放",
    "MERGE_SPLIT": "事项合并或拆分",
    "RECTIFICATION": "整改（变相许可、投诉等）",
    "ERROR_CORRECTION": "差错更正",
}


def allowed(state: State) -> list[str]:
    """Acts of people that are possible from `state`, in the order of the procedure."""
    return [act.value for act in Act if act not in SYSTEM_ACTS | BOUND_TO_STEPS and (state, act) in TRANSITIONS]


def next_state(state: State, act: Act) -> State:
    """The state after `act`.

    Raises
    ------
    problems.IllegalTransition
        The act is not possible from `state`; the answer names those that are.
    """
    after = TRANSITIONS.get((state, act))
    if after is None:
        title = _ACT_TITLES.get(act, act.value)
        raise problems.IllegalTransition(
            f"该动态调整目前处于“{STATE_TITLES[state]}”状态，不能{title}。", allowed=allowed(state)
        )
    return after


def refuse_own(account_id: UUID, compiled_by: Collection[str]) -> None:
    """Nobody approves what he compiled (ZL-51; 行政许可清单 procedure, step 1-3).

    Raises
    ------
    problems.Forbidden
        Code `own_compilation`: the account has had a hand in the content.
    """
    if str(account_id) in compiled_by:
        raise problems.Forbidden(
            "您参与了本次调整的编制，不能再签署、审核、作合法性审查或审定，请由其他人员办理。", code="own_compilation"
        )


def check_effective_at(effective_at: datetime | None, now: datetime) -> None:
    """An instant of effect lies ahead, and not absurdly far.

    Raises
    ------
    problems.Invalid
        The instant has passed, or is more than three years away; pointer `/effective_at`.
    """
    if effective_at is None:
        return
    if effective_at <= now:
        message = "生效时间已过；如需随审定立即生效，请留空"
    elif effective_at > now + FARTHEST_EFFECT:
        message = "生效时间距今超过三年，请核对"
    else:
        return
    raise problems.Invalid(
        "生效时间有误。", errors=[problems.FieldError("/effective_at", "effective_at_out_of_range", message)]
    )


def check_trigger_date(arisen: date | None, today: date) -> None:
    """A cause that has not arisen needs no adjustment yet; one of long ago is a typing error.

    Raises
    ------
    problems.Invalid
        Pointer `/trigger_date`.
    """
    if arisen is None or today - OLDEST_CAUSE <= arisen <= today:
        return
    message = "调整情形发生的日期不能晚于今天，也不能早于十年前"
    place = problems.FieldError("/trigger_date", "date_out_of_range", message)
    raise problems.Invalid("调整情形的日期有误。", errors=[place])


def effect_of_decision(effective_at: datetime | None, now: datetime) -> tuple[Act, datetime]:
    """What deciding at `now` brings: the act, and the instant of effect.

    An instant that passed while the procedure was running means: with the decision. It is never the instant at
    which some consumer gets round to it.
    """
    if effective_at is None or effective_at <= now:
        return Act.DECIDE, now
    return Act.SCHEDULE, effective_at


@dataclass(frozen=True)
class Adjustment:
    """An adjustment as it is stored, without its changes and steps."""

    id: UUID
    number: str
    title: str
    region_code: str
    organ_id: UUID
    participants: list[UUID]
    trigger: str
    trigger_reference: str
    trigger_date: date | None
    legal_basis: str
    reason: str
    effective_at: datetime | None
    transitional_rule: str
    operations: list[str]
    procedure_code: str | None
    procedure_version: int | None
    state: State
    minor: bool
    submission: int
    compiled_by: list[str]
    decision: dict[str, Any] | None
    decided_at: datetime | None
    applied_at: datetime | None
    published_at: datetime | None
    filed_at: datetime | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def kind(self) -> str | None:
        """The kind of adjustment it was submitted as; None before."""
        return kind_of(self.operations)

    @property
    def organs(self) -> list[UUID]:
        """The leading organ, then the participants."""
        return list(dict.fromkeys([self.organ_id, *self.participants]))
