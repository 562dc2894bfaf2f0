"""When a step is due, whatever the unit of its limit. The one place the procedures ask a clock. Pure."""

from __future__ import annotations

from datetime import datetime, time

from services.workflow.clocks.rules import due_at
from shared import clock
from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unannounced, Unit, national

# An organ that answers on the day it is due is in time.
_END_OF_DAY = time(23, 59, 59)


def due(opened_at: datetime, limit: TimeLimit | None) -> datetime | None:
    """The last second of the last day; None without a limit. The day of opening is not counted (民法典 art. 201)."""
    if limit is None:
        return None
    if limit.unit is Unit.WORKING_DAY:
        return due_at(opened_at, limit.amount)
    start = opened_at.astimezone(clock.ZONE).date()
    day = national(Unannounced.WEEKDAYS).deadline(start, limit.amount, limit.unit).day
    return datetime.combine(day, _END_OF_DAY, tzinfo=clock.ZONE)
