"""Monthly reports: which month, due when, and what is filled in from the figures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import end_of
from shared import clock, problems
from shared.calendar.working_days import Unit, WorkingCalendar

KIND = "report"
_ONE_DAY = timedelta(days=1)
# A report names what is still to be done, not all of a province.
MOST_NAMED = 50
_FIGURES = ("total", "done", "done_in_month", "late", "open", "overdue", "waived", "submitted", "published", "filed")
STATE_TITLES = {"open": "待报送", "submitted": "已报送", "missing": "逾期未报", "late": "逾期报送"}


def about(month: date) -> date:
    """First day of the month that the reports opened in `month` are about: the one before."""
    return (month.replace(day=1) - _ONE_DAY).replace(day=1)


def month_end(month: date) -> datetime:
    """The instant a month begins: the figures of the one before are as of then, when its last day is over."""
    return datetime.combine(month.replace(day=1), time(), tzinfo=clock.ZONE)


def due_at(month: date, day: int, rule: str, calendar: WorkingCalendar) -> datetime:
    """The last second of the day on which the reports opened in `month` are due.

    Parameters
    ----------
    rule
        `calendar_day`: that day, whatever it is (QX: 每月5日前); `next_working_day`: where it is a day off, the next
        working day (遇节假日顺延); `working_day`: so many working days into the month.
    calendar
        Of the region that reports; it goes on with the five-day week in years not announced.
    """
    before = month.replace(day=1) - _ONE_DAY
    unit = Unit.WORKING_DAY if rule == "working_day" else Unit.NTH_DAY_OF_MONTH
    return end_of(calendar.deadline(before, day, unit, roll_forward=rule == "next_working_day").day)


def figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a unit as a report keeps them; what is named is bounded, what is counted is not."""
    waiting: Sequence[Any] = row["waiting"] or ()
    return {name: row[name] for name in _FIGURES} | {"waiting": list(waiting)[:MOST_NAMED]}


def prefilled(month: date, found: Mapping[str, Any]) -> str:
    """The text a report begins with, from its figures (QX-60)."""
    overdue = [f"“{each['title']}”" for each in found["waiting"] if each["overdue"]]
    named = f"，逾期未完成{found['overdue']}项" + (f"（{'、'.join(overdue)}）" if overdue else "")
    return (
        f"截至{month.year}年{month.month}月底，应完成事项{found['total']}项，已完成{found['done']}项"
        f"（其中本月完成{found['done_in_month']}项，逾期完成{found['late']}项）"
        f"{named if found['overdue'] else ''}，尚未完成{found['open']}项，免除{found['waived']}项。"
    )[:4000]


def task(report: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The task of a report: it has its id, and lies with the unit that reports."""
    role = "reviewer" if report["organ_id"] is None else "list_authority"
    names = ("id", "region_code", "organ_id", "due_at")
    return {name: report[name] for name in names} | {
        "kind": KIND, "role": role, "title": title, "subject": subject_of(report["id"]), "list_id": None,
        "adjustment_id": None, "extension_most": 0,
    }  # fmt: skip


def subject_of(report_id: UUID) -> str:
    """What the task of a report is about."""
    return f"{KIND}/{report_id}"


def title_of(campaign: str, month: date) -> str:
    """What the task of a report is called."""
    return f"报送月报：{campaign}（{month.year}年{month.month}月）"


def standing(state: str, due: datetime, submitted_at: datetime | None, now: datetime) -> str:
    """Where a report stands: open, submitted, late, or missing once its day is over (the 6th for the 5th)."""
    if submitted_at is not None:
        return "late" if submitted_at > due else state
    return "missing" if now > due else state


def require_open(state: str, campaign_state: str) -> None:
    """A report is handed in once, while the campaign runs.

    Raises
    ------
    problems.IllegalTransition
    """
    if campaign_state != "running":
        raise problems.IllegalTransition("专项工作未在实施中，不能报送月报。", allowed=[])
    if state != "open":
        raise problems.IllegalTransition("月报已经报送，不能更改；如有补充请在下月说明。", allowed=[])
