"""When a step is due by the national calendar, until its clock says it by the calendar of the region. Pure."""

from __future__ import annotations

from datetime import datetime

from services.workflow.clocks import rules as engine
from services.workflow.clocks.rules import Limit, LimitUnit
from services.workflow.procedures.rules import DueDay, StepLimit
from shared.calendar.working_days import Unannounced, national


def due(opened_at: datetime, limit: StepLimit | None) -> datetime | None:
    """The last instant of the last day; None without a limit. The day of opening is not counted (民法典 art. 201).

    In a year whose holidays are not announced the five-day week is assumed: a step must be able to open on any day.
    """
    if limit is None:
        return None
    return engine.due(clocked(limit), opened_at, [], 0, national(Unannounced.WEEKDAYS)).at


def clocked(limit: StepLimit) -> Limit:
    """The limit of a step as clocks know limits."""
    if isinstance(limit, DueDay):
        return Limit(0, LimitUnit.FIXED_DATE, engine.end_of(limit.day))
    return Limit(limit.amount, LimitUnit(limit.unit.value))
