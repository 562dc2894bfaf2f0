"""Deadline rules as data: what triggers them, whom they concern, how long there is. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import Limit, LimitUnit, end_of
from shared.calendar.working_days import add_months

LIST_ENACTED = "list.enacted"
MONTH_BEGUN = "month.begun"
ADJUSTMENT_OPENED = "adjustment.opened"
# An outage is over before that; a rule that was switched off for longer does not bring up old months.
MOST_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class DeadlineRule:
    """A rule: when a list is enacted at the level above, a month begins, or a cause arises, these regions have to act.

    Attributes
    ----------
    region_code
        Where it holds, regions below included; None: everywhere.
    trigger
        `list.enacted` (a list is put into force, which makes it public), `month.begun`, or `adjustment.opened`: counted
        from the day its cause arose, to its submission (QX-28).
    kinds
        Kinds of list it is about; empty: all.
    levels
        Levels of the regions that have to act.
    extension_most
        The longest extension in all, in the unit (working days for a day of the month); None: half of the limit.
    begun_month
        Of a monthly rule: the first day of the last month it has opened tasks in.
    """

    code: str
    title: str
    region_code: str | None
    trigger: str
    trigger_level: str | None
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    amount: int
    unit: LimitUnit
    extension_most: int | None = None
    role: str
    task_title: str
    source: str
    verified: bool = False
    active: bool = False
    begun_month: date | None = None
    version: int = 1
    set_by: str = "system:qingdan"

    @property
    def limit(self) -> Limit:
        """How long there is."""
        return Limit(self.amount, self.unit)


# QX names both for one county. They are examples to be checked and switched on where they hold, not law everywhere.
BUILT_IN = (
    DeadlineRule(
        code="new_list_after_superior",
        title="省级公开新清单后一个月内编制公开本级清单",
        region_code=None,
        trigger=LIST_ENACTED,
        trigger_level="province",
        kinds=(),
        levels=("county",),
        amount=1,
        unit=LimitUnit.CALENDAR_MONTH,
        role="reviewer",
        task_title="编制并公开本级清单",
        source="青县清单制度建设通知（2017年6月）四（三）2：省级公开一个月内（QX-48），待核实",
    ),
    DeadlineRule(
        code="monthly_report",
        title="每月5日前报送上月工作进展",
        region_code=None,
        trigger=MONTH_BEGUN,
        trigger_level=None,
        kinds=(),
        levels=("county",),
        amount=5,
        unit=LimitUnit.NTH_DAY_OF_MONTH,
        role="reviewer",
        task_title="报送月报",
        source="青县清单制度建设通知（2017年6月）五：每月5日前报送进展，待核实",
    ),
    DeadlineRule(
        code="submission_after_cause",
        title="调整情形发生后十个工作日内提出调整",
        region_code=None,
        trigger=ADJUSTMENT_OPENED,
        trigger_level=None,
        kinds=(),
        levels=("nation", "province", "city", "county", "township"),
        amount=10,
        unit=LimitUnit.WORKING_DAY,
        role="compiler",
        task_title="提出动态调整",
        source="市级规定：情形发生之日起10个工作日内提出，待核实",
    ),
)


def subject_of_list(code: str, region_code: str, kind: str) -> str:
    """What the task of a region is about that has to make a list of a kind: one for all time."""
    return f"deadline/{code}/{region_code}/{kind}"


def subject_of_month(code: str, region_code: str, month: date) -> str:
    """What the task of a region is about that has to report on a month."""
    return f"deadline/{code}/{region_code}/{month:%Y-%m}"


def subject_of_adjustment(code: str, adjustment_id: UUID) -> str:
    """What the task is about of those who compile an adjustment: to hand it in."""
    return f"deadline/{code}/{adjustment_id}"


def months_to_open(begun: date | None, today: date) -> Iterator[date]:
    """First days of the months whose tasks are still to be opened: this month, and those an outage left out."""
    this = today.replace(day=1)
    month = this if begun is None else max(add_months(begun, 1), add_months(this, 1 - MOST_MONTHS))
    while month <= this:
        yield month
        month = add_months(month, 1)


def report_start(month: date) -> datetime:
    """When the time to report on the month before begins: as that month ends."""
    return end_of(month - timedelta(days=1))


def month_title(rule: DeadlineRule, month: date) -> str:
    """The task of a month: it is about the month before."""
    about = month - timedelta(days=1)
    return f"{rule.task_title}（{about.year}年{about.month}月）"


def rule_of(row: Mapping[str, Any]) -> DeadlineRule:
    """A rule as it is stored."""
    names = DeadlineRule.__dataclass_fields__
    values = {name: row[name] for name in names}
    lists = {"kinds": tuple(row["kinds"]), "levels": tuple(row["levels"])}
    return DeadlineRule(**(values | lists | {"unit": LimitUnit(row["unit"])}))
