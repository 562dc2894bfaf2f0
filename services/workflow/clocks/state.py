"""What can be done with a clock, and what becomes of it: pause, resume, extend, recalculate. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.workflow.clocks import rules
from services.workflow.clocks.rules import Limit, LimitUnit, Notice, Pause, Threshold
from shared import problems
from shared.calendar.working_days import WorkingCalendar


class State(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    STOPPED = "stopped"


STATE_TITLES = {
    State.RUNNING: "计时中",
    State.PAUSED: "已暂停",
    State.OVERDUE: "已超期",
    State.STOPPED: "已停止",
}
# An overdue clock may still be given more time, but not as if it had been waiting.
ALLOWED: dict[State, tuple[str, ...]] = {
    State.RUNNING: ("pause", "extend"),
    State.PAUSED: ("resume", "extend"),
    State.OVERDUE: ("extend",),
    State.STOPPED: (),
}


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The running limit of a task, as it is stored."""

    id: UUID
    subject: str
    region_code: str
    organ_id: UUID | None
    role: str | None
    adjustment_id: UUID | None
    limit: Limit
    extension_most: int
    started_at: datetime
    due_at: datetime
    provisional: bool
    state: State = State.RUNNING
    pauses: list[dict[str, Any]] = field(default_factory=list)
    extensions: list[dict[str, Any]] = field(default_factory=list)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    next_at: datetime | None = None
    version: int = 1
    stopped_at: datetime | None = None

    @property
    def extended(self) -> int:
        """Granted extensions in all."""
        return sum(int(extension["amount"]) for extension in self.extensions)

    @property
    def ended_pauses(self) -> list[Pause]:
        """The pauses that are over."""
        return [
            Pause(datetime.fromisoformat(pause["began"]), datetime.fromisoformat(pause["ended"]))
            for pause in self.pauses
            if pause["ended"]
        ]


def begun(
    limit: Limit, started_at: datetime, thresholds: list[dict[str, Any]], calendar: WorkingCalendar, **given: Any
) -> Clock:
    """A clock that starts."""
    due = rules.due(limit, started_at, [], 0, calendar)
    most = given.pop("extension_most", None)
    clock = Clock(
        limit=limit,
        extension_most=limit.extension_most if most is None else most,
        started_at=started_at,
        due_at=due.at,
        provisional=due.provisional,
        thresholds=thresholds,
        **given,
    )
    return _with(clock, rules.warnings(_thresholds(clock), started_at, due.at, [], calendar))


def pause(clock: Clock, *, reason: str, basis: str, by: str, now: datetime, suspension: bool = False) -> Clock:
    """The time from now on is not counted.

    Parameters
    ----------
    suspension : the whole adjustment rests; the clock goes on with it, and not by itself.

    Raises
    ------
    problems.IllegalTransition
        It does not run, has run out, or ends on a day that waiting does not move.
    """
    _require(clock, "pause", now)
    if clock.limit.unit not in rules.LENGTHS:
        raise problems.IllegalTransition(
            "该期限为固定日期，不能暂停计时；确需推迟的请办理延期。", allowed=["extend"], code="fixed_day"
        )
    record: dict[str, Any] = {"began": now.isoformat(), "ended": None, "reason": reason, "basis": basis, "by": by}
    if suspension:
        record |= {"suspension": True}
    return replace(clock, state=State.PAUSED, pauses=[*clock.pauses, record], next_at=None)


def resume(clock: Clock, calendar: WorkingCalendar, *, by: str, now: datetime) -> Clock:
    """The clock goes on with the time that was left.

    Raises
    ------
    problems.IllegalTransition
        It is not paused.
    """
    _require(clock, "resume", now)
    record = clock.pauses[-1] | {"ended": now.isoformat(), "ended_by": by}
    running = replace(clock, state=State.RUNNING, pauses=[*clock.pauses[:-1], record])
    return recalculated(running, calendar, now)


def rests(clock: Clock) -> bool:
    """Whether it stands still because its adjustment was suspended."""
    return clock.state is State.PAUSED and bool(clock.pauses[-1].get("suspension"))


def may_rest(clock: Clock, now: datetime) -> bool:
    """Whether a suspension stops it: what has run out stays late, and a named day does not move."""
    running = clock.state is State.RUNNING and not rules.is_overdue(clock.due_at, now)
    return running and clock.limit.unit in rules.LENGTHS


def extend(clock: Clock, calendar: WorkingCalendar, *, amount: int, reason: str, by: str, now: datetime) -> Clock:
    """The clock is given more time, in the unit of its limit (working days where that is a day).

    Raises
    ------
    problems.IllegalTransition
        It has been stopped.
    problems.Invalid
        More than may be granted in all.
    """
    _require(clock, "extend", now)
    left = clock.extension_most - clock.extended
    if amount > left:
        message = f"最多还可延长 {left}（累计上限 {clock.extension_most}）"
        place = problems.FieldError("/amount", "extension_too_long", message)
        raise problems.Invalid("延期超过规定上限，请缩短延期。", code="extension_too_long", errors=[place])
    record = {"amount": amount, "reason": reason, "by": by, "at": now.isoformat()}
    return recalculated(replace(clock, extensions=[*clock.extensions, record]), calendar, now)


def recalculated(clock: Clock, calendar: WorkingCalendar, now: datetime) -> Clock:
    """The clock by another calendar, or with other pauses and extensions."""
    due = rules.due(clock.limit, clock.started_at, clock.ended_pauses, clock.extended, calendar)
    moved = replace(clock, due_at=due.at, provisional=due.provisional)
    wanted = rules.warnings(_thresholds(clock), clock.started_at, due.at, clock.ended_pauses, calendar)
    planned = rules.rescheduled(told(clock), wanted, now)
    if moved.state is State.OVERDUE and planned[-1].told_at is None:
        moved = replace(moved, state=State.RUNNING)
    return _with(moved, planned)


def remaining(clock: Clock, now: datetime, calendar: WorkingCalendar) -> int:
    """Working days that are left, today not counted; none when it is late or done."""
    if clock.state not in (State.RUNNING, State.PAUSED):
        return 0
    at = datetime.fromisoformat(clock.pauses[-1]["began"]) if clock.state is State.PAUSED else now
    return max(calendar.working_days_between(rules.day_of(at), rules.day_of(clock.due_at)).days, 0)


def told(clock: Clock) -> list[Notice]:
    """The warnings of a clock as values."""
    return [warning_of(row) for row in clock.warnings]


def warning_of(row: Mapping[str, Any]) -> Notice:
    """A stored warning."""
    at, told_at = row["at"], row["told_at"]
    return Notice(row["grade"], datetime.fromisoformat(at), datetime.fromisoformat(told_at) if told_at else None)


def _with(clock: Clock, found: list[Notice]) -> Clock:
    following = rules.next_at(found) if clock.state in (State.RUNNING, State.OVERDUE) else None
    return replace(clock, warnings=[warning.as_data() for warning in found], next_at=following)


def _thresholds(clock: Clock) -> list[Threshold]:
    return [Threshold(**row) for row in clock.thresholds]


def _require(clock: Clock, act: str, now: datetime) -> None:
    state = clock.state
    if state is State.RUNNING and rules.is_overdue(clock.due_at, now):
        state = State.OVERDUE  # whether or not it has been said yet
    if act not in ALLOWED[state]:
        raise problems.IllegalTransition(f"计时当前为“{STATE_TITLES[state]}”，不能进行该操作。", allowed=ALLOWED[state])


def limit_of(amount: int, unit: str, fixed_at: datetime | None) -> Limit:
    """A limit as it is stored."""
    return Limit(amount, LimitUnit(unit), fixed_at)
