"""Due dates of steps: limits in working days, ending with the day. Pure."""

from __future__ import annotations

from datetime import datetime, time

from shared import clock
from shared.calendar.working_days import Unannounced, Unit, WorkingCalendar, national

# The last second of the day: an organ that answers on the day it is due is in time.
_END_OF_DAY = time(23, 59, 59)


def due_at(opened_at: datetime, working_days: int | None, calendar: WorkingCalendar | None = None) -> datetime | None:
    """When a step opened at `opened_at` is due; None when the template sets no limit.

    The day of opening is not counted (民法典 art. 201), days are days of Asia/Shanghai. In a year whose holidays
    are not announced the five-day week is assumed: a step must be able to open on any day.
    """
    if working_days is None:
        return None
    known = calendar or national(Unannounced.WEEKDAYS)
    start = opened_at.astimezone(clock.ZONE).date()
    day = known.deadline(start, working_days, Unit.WORKING_DAY).day
    return datetime.combine(day, _END_OF_DAY, tzinfo=clock.ZONE)


def is_overdue(due: datetime | None, now: datetime) -> bool:
    """Whether a step still open at `now` is late."""
    return due is not None and due < now
