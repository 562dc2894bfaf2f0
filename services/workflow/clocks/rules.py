"""The engine of clocks (计时): due dates from start, limit, calendar, pauses and extensions; graded warnings. Pure.

Days are days of Asia/Shanghai; the day on which a period starts is not counted (民法典 art. 201), and it ends with the
last second of its last day: an organ that answers on the day it is due is in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from shared import clock as shared_clock
from shared.calendar.working_days import Unit, WorkingCalendar

END_OF_DAY = time(23, 59, 59)
_SECOND = timedelta(seconds=1)


class LimitUnit(StrEnum):
    """What a limit is counted in (spec 5.4)."""

    WORKING_DAY = "working_day"
    NATURAL_DAY = "natural_day"
    CALENDAR_MONTH = "calendar_month"
    NTH_DAY_OF_MONTH = "nth_day_of_month"
    FIXED_DATE = "fixed_date"


# A day named by a document or by the month does not move because somebody waits: it is extended, never paused.
LENGTHS = frozenset({LimitUnit.WORKING_DAY, LimitUnit.NATURAL_DAY, LimitUnit.CALENDAR_MONTH})
# Ten years, as for handling limits (shared/calendar/limits.py); a day of the month is 1 to 31.
MOST = {
    LimitUnit.WORKING_DAY: 2500,
    LimitUnit.NATURAL_DAY: 3653,
    LimitUnit.CALENDAR_MONTH: 120,
    LimitUnit.NTH_DAY_OF_MONTH: 31,
    LimitUnit.FIXED_DATE: 0,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take. `fixed_at` is the last instant of a `fixed_date`; its amount is 0.

    Raises
    ------
    ValueError
        The amount is no amount of the unit: data of ours, checked where people enter them.
    """

    amount: int
    unit: LimitUnit
    fixed_at: datetime | None = None

    def __post_init__(self) -> None:
        least = 1 if self.unit is LimitUnit.NTH_DAY_OF_MONTH else 0
        if not least <= self.amount <= MOST[self.unit]:
            raise ValueError(f"{self.amount} is no number of {self.unit}")
        if (self.fixed_at is not None) != (self.unit is LimitUnit.FIXED_DATE):
            raise ValueError("a fixed date, and nothing else, names its instant")

    @property
    def extension_most(self) -> int:
        """The longest extension in all, where nothing else is laid down.

        Half of the limit, as 行政许可法 art. 42 allows 10 days on 20; 10 working days on a fixed day.
        """
        return (self.amount + 1) // 2 if self.unit in LENGTHS else 10


@dataclass(frozen=True, slots=True)
class Pause:
    """A time that is not counted (特殊环节): hearing, appraisal, expert review … (行政许可法 art. 45)."""

    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock runs out; provisional while a year on the way is not announced."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """A grade of warning: a share of the time gone, in per cent, or so many working days before the due day."""

    grade: str
    share_percent: int | None = None
    working_days_before: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning of a clock: when it falls due, and when it was told."""

    grade: str
    at: datetime
    told_at: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"grade": self.grade, "at": self.at.isoformat(), "told_at": self.told_at and self.told_at.isoformat()}


OVERDUE = "overdue"
# TH-29 (时限预警制, graded) names no numbers: these are parameters of a region.
DEFAULT_THRESHOLDS = (
    Threshold("half", share_percent=50),
    Threshold("three_days_before", working_days_before=3),
    Threshold("one_day_before", working_days_before=1),
)


def due(limit: Limit, started_at: datetime, pauses: Sequence[Pause], extended: int, calendar: WorkingCalendar) -> Due:
    """When a clock runs out.

    Parameters
    ----------
    extended
        Granted in all, in the limit's unit; in working days where the limit is a day and no length.
    calendar
        Must go on with the five-day week in years not announced: a clock runs on any day.
    """
    start = day_of(started_at)
    match limit.unit:
        case LimitUnit.WORKING_DAY:
            return _working(start, limit.amount + extended, pauses, calendar)
        case LimitUnit.NATURAL_DAY | LimitUnit.CALENDAR_MONTH:
            end = calendar.deadline(start, limit.amount + extended, Unit(limit.unit)).day
            waited = sum((day_of(pause.ended) - day_of(pause.began)).days for pause in pauses)
            return Due(end_of(end + timedelta(days=waited)), provisional=False)
        case LimitUnit.NTH_DAY_OF_MONTH:
            end = calendar.deadline(start, limit.amount, Unit.NTH_DAY_OF_MONTH).day
            return _extended(end_of(end), extended, calendar)
        case LimitUnit.FIXED_DATE:
            assert limit.fixed_at is not None  # see Limit
            return _extended(limit.fixed_at, extended, calendar)


def _working(start: date, amount: int, pauses: Sequence[Pause], calendar: WorkingCalendar) -> Due:
    """What is left when a pause begins is counted from the day it ends; the day it begins is counted as used."""
    day, left, provisional = start, _left(amount, start, calendar), False
    for pause in pauses:
        used = calendar.working_days_between(day, day_of(pause.began))
        day = max(day, day_of(pause.ended))
        left = _left(left - max(used.days, 0), day, calendar)
        provisional = provisional or used.provisional
    end = calendar.add_working_days(day, left)
    return Due(end_of(end.day), provisional or end.provisional)


def _left(amount: int, day: date, calendar: WorkingCalendar) -> int:
    """Working days still to come on a day: one at least when it is a day off, on which nothing can be due."""
    return max(amount, 0 if calendar.is_working_day(day) else 1)


def _extended(end: datetime, extended: int, calendar: WorkingCalendar) -> Due:
    if not extended:
        return Due(end, provisional=False)
    later = calendar.add_working_days(day_of(end), extended)
    return Due(end_of(later.day), later.provisional)


def warnings(
    thresholds: Sequence[Threshold],
    started_at: datetime,
    due_at: datetime,
    pauses: Sequence[Pause],
    calendar: WorkingCalendar,
) -> list[Notice]:
    """What there is to say of a clock, in order; the last is that it is overdue.

    A grade that would fall before the start is left out: three days before the end of a limit of two is no news.
    """
    found = [
        Notice(threshold.grade, at)
        for threshold in thresholds
        if started_at < (at := _instant(threshold, started_at, due_at, pauses, calendar)) <= due_at
    ]
    return [*sorted(found, key=lambda warning: warning.at), Notice(OVERDUE, due_at + _SECOND)]


def _instant(
    threshold: Threshold, started_at: datetime, due_at: datetime, pauses: Sequence[Pause], calendar: WorkingCalendar
) -> datetime:
    if threshold.share_percent is None:
        day = calendar.add_working_days(day_of(due_at), -(threshold.working_days_before or 0)).day
        return datetime.combine(day, time(), tzinfo=shared_clock.ZONE)
    waited = sum((pause.ended - pause.began for pause in pauses), timedelta())
    at = started_at + (due_at - started_at - waited) * threshold.share_percent / 100
    for pause in pauses:
        if pause.began < at:
            at += pause.ended - pause.began
    return at


def rescheduled(told: Sequence[Notice], wanted: Sequence[Notice], now: datetime) -> list[Notice]:
    """The warnings of a due date that has moved: what was said and still lies behind us is not said again."""
    said = {warning.grade: warning.told_at for warning in told if warning.told_at is not None}
    return [replace(warning, told_at=said.get(warning.grade) if warning.at <= now else None) for warning in wanted]


def next_at(found: Sequence[Notice]) -> datetime | None:
    """When there is something to say next."""
    return min((warning.at for warning in found if warning.told_at is None), default=None)


def tell(found: Sequence[Notice], now: datetime) -> tuple[Notice | None, list[str], list[Notice]]:
    """What is to be said now: the latest grade that has come, those folded into it, and the warnings afterwards.

    After an outage one word about a clock is enough, however many grades were missed.
    """
    missed = [warning for warning in found if warning.told_at is None and warning.at <= now]
    if not missed:
        return None, [], list(found)
    latest = max(missed, key=lambda warning: (warning.at, warning.grade == OVERDUE))
    after = [replace(warning, told_at=now) if warning in missed else warning for warning in found]
    return latest, [warning.grade for warning in missed if warning is not latest], after


def is_overdue(due: datetime | None, now: datetime) -> bool:
    """Whether a step still open at `now` is late."""
    return due is not None and due < now


def day_of(at: datetime) -> date:
    """The day of the domain an instant lies in."""
    return at.astimezone(shared_clock.ZONE).date()


def end_of(day: date) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, END_OF_DAY, tzinfo=shared_clock.ZONE)
