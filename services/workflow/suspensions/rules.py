"""Who stops an adjustment and lets it go on, and when one that was held takes effect. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.workflow.adjustments.states import State
from shared import problems

# Whoever runs the procedure stops it; what the government has decided it stops itself.
UNDER_REVIEW = ("reviewer", "list_authority", "decider")
DECIDED = ("decider",)


def roles(state: State) -> tuple[str, ...]:
    """Who may suspend an adjustment in `state`, or let it go on."""
    return DECIDED if state in (State.SCHEDULED, State.HELD) else UNDER_REVIEW


def check_decision(state: State, decision: Any) -> None:
    """What a meeting has decided only a meeting stops or takes back.

    Raises
    ------
    problems.Invalid
        Pointer `/decision`.
    """
    if state is State.SCHEDULED and decision is None:
        message = "已审定的调整须凭审定机关的决定（会议、日期、文号）中止"
        place = problems.FieldError("/decision", "decision_missing", message)
        raise problems.Invalid("缺少审定机关的决定。", errors=[place])


def effect(effective_at: datetime, now: datetime) -> datetime:
    """When an adjustment that was held takes effect: at its instant, or with its resumption where that has passed.

    Nothing takes effect for a time in which it was stopped.
    """
    return max(effective_at, now)
