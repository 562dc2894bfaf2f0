"""API models of clocks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.clocks import rules
from services.workflow.clocks.rules import Limit, LimitUnit
from services.workflow.clocks.state import ALLOWED, STATE_TITLES, Clock, State, remaining, rests
from services.workflow.fields import Line
from shared import problems
from shared.calendar.working_days import WorkingCalendar


class ClockPause(BaseModel):
    """A time that was not counted."""

    began: datetime
    ended: datetime | None
    reason: str
    basis: str
    by: str


class Extension(BaseModel):
    """Time that was granted in addition."""

    amount: int
    reason: str
    by: str
    at: datetime


class ClockWarning(BaseModel):
    """A warning: when it falls due, and when it was told."""

    grade: str = Field(examples=["three_days_before"])
    at: datetime
    told_at: datetime | None


class ClockView(BaseModel):
    """The running limit of a task."""

    id: UUID = Field(description="That of the task")
    subject: str = Field(examples=["review_step/0197f3a0-0000-7000-8000-000000000005"])
    region_code: str
    organ_id: UUID | None
    role: str | None
    adjustment_id: UUID | None
    amount: int = Field(examples=[15])
    unit: LimitUnit
    state: State
    state_title: str = Field(examples=["计时中"])
    allowed: list[str] = Field(examples=[["pause", "extend"]])
    started_at: datetime
    due_at: datetime
    provisional: bool = Field(description="A year on the way is not announced: the due date may still move")
    overdue: bool
    remaining_working_days: int = Field(
        description="By the calendar of the region, today not counted; of a paused clock those it will go on with",
        examples=[7],
    )
    extension_most: int = Field(description="Longest extension in all, in the unit (working days for a fixed day)")
    pauses: list[ClockPause]
    extensions: list[Extension]
    warnings: list[ClockWarning]
    stopped_at: datetime | None


class NewPause(BaseModel):
    """Why the time is not counted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "组织专家评审", "basis": "《中华人民共和国行政许可法》第四十五条"}},
    )

    reason: Line
    basis: Line = Field(description="The law that says the time is not counted")


class Resumption(BaseModel):
    """Why the clock goes on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "专家评审已结束"}})

    reason: Line


class NewExtension(BaseModel):
    """More time, in the unit of the clock (working days for a fixed day)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"amount": 5, "reason": "涉及多部门协商，经负责人批准延长"}},
    )

    amount: int = Field(ge=1, le=max(rules.MOST.values()))
    reason: Line
    basis: Line | None = None


def view(clock: Clock, now: datetime, calendar: WorkingCalendar) -> ClockView:
    """A clock as the API tells it; `calendar` is that of its region."""
    late = clock.state is State.OVERDUE or (clock.state is State.RUNNING and rules.is_overdue(clock.due_at, now))
    shown: dict[str, Any] = vars(clock) | {
        "amount": clock.limit.amount,
        "unit": clock.limit.unit,
        "state_title": STATE_TITLES[clock.state],
        "allowed": [] if rests(clock) else list(ALLOWED[clock.state]),
        "overdue": late,
        "remaining_working_days": remaining(clock, now, calendar),
    }
    return ClockView.model_validate(shown)


def limit_given(amount: int, unit: LimitUnit, fixed_at: datetime | None, place: str) -> Limit:
    """A limit as somebody entered it.

    Raises
    ------
    problems.Invalid
        The amount is no amount of the unit; the pointer is `place`.
    """
    try:
        return Limit(amount, unit, fixed_at)
    except ValueError as error:
        least = 1 if unit is LimitUnit.NTH_DAY_OF_MONTH else 0
        message = "固定日期须由文件确定，此处不能使用" if unit is LimitUnit.FIXED_DATE else (
            f"该单位的期限应为 {least} 至 {rules.MOST[unit]}"
        )  # fmt: skip
        wrong = problems.FieldError(place, "limit_amount", message)
        raise problems.Invalid("期限有误，请修改。", code="limit_amount", errors=[wrong]) from error
