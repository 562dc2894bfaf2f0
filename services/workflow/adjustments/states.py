"""The states of an adjustment (动态调整) and the acts that move it. Pure."""

from __future__ import annotations

from enum import StrEnum

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
    SUSPENDED = "suspended"
    HELD = "held"


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
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
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
# Nothing is counted and nobody acts, until it goes on.
RESTING = frozenset({State.SUSPENDED, State.HELD})

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
    # While it is suspended nobody acts on it and no limit is counted; it goes on where it stood.
    (State.IN_REVIEW, Act.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Act.RESUME): State.IN_REVIEW,
    # What is decided and not yet in effect only the government itself stops, or takes back.
    (State.SCHEDULED, Act.SUSPEND): State.HELD,
    (State.HELD, Act.RESUME): State.SCHEDULED,
    (State.SCHEDULED, Act.REVOKE): State.WITHDRAWN,
    (State.HELD, Act.REVOKE): State.WITHDRAWN,
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
        State.SUSPENDED,
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
    State.SUSPENDED: "已中止",
    State.HELD: "已审定，中止生效",
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
    Act.SUSPEND: "中止",
    Act.RESUME: "恢复办理",
    Act.REVOKE: "撤销审定",
    Act.REBASE: "以现行内容重新起草",
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
