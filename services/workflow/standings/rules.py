"""What counts for and against a unit, who stands before whom, and when a matter has to go further. Pure.

The order is published (`ORDER`): the share that was met in time, the higher the better; then what was not met, what was
late, and the days of delay in all, the fewer the better. Units that are equal in all four share a rank, and the next
rank is left out accordingly (1, 2, 2, 4). A unit that owed nothing in the period is not ranked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import day_of, end_of
from shared import problems

LEAD, ORGAN, REGION = "lead", "organ", "region"
GROUPING_TITLES = {LEAD: "牵头单位", ORGAN: "责任单位", REGION: "区划"}
IN_TIME, LATE, UNMET = "in_time", "late", "unmet"
OUTCOME_TITLES = {IN_TIME: "按时完成", LATE: "逾期完成", UNMET: "到期未完成"}
SLOW, NOT_REPORTED = "slow", "not_reported"
# What a criticism names (推进缓慢、逾期、未报): a list that is not there, what came late, a paper that did not come.
REASON_TITLES = {SLOW: "推进缓慢", NOT_REPORTED: "漏报未报", LATE: "迟报逾期"}
# How far a matter has gone (HB-40): serious is what was criticised before and is still not done.
NONE, REMINDER, CRITICISM, ACCOUNTABILITY = "none", "reminder", "criticism", "accountability"
LEVELS = (NONE, REMINDER, CRITICISM, ACCOUNTABILITY)
LEVEL_TITLES = {NONE: "无", REMINDER: "督促提醒", CRITICISM: "通报批评", ACCOUNTABILITY: "提请问责"}
ORDER = (
    "按时完成率高的在前",
    "按时完成率相同的，到期未完成少的在前",
    "仍相同的，逾期完成少的在前",
    "仍相同的，累计逾期天数少的在前",
    "四项均相同的名次并列，其后名次相应空出；期内无到期事项的不参加排名",
)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing a unit owed: an obligation, a monthly report, or an adjustment that was submitted late.

    Attributes
    ----------
    source
        obligation | report | submission; `id` is that of the row (of a submission, of the adjustment).
    subject
        list | submission | plan | summary | document | report.
    met_at
        When the unit had done its part; empty: it has not.
    """

    source: str
    id: UUID
    subject: str
    title: str
    organ_id: UUID | None
    organ_name: str | None
    region_code: str
    region_name: str
    due_at: datetime
    met_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Who is ranked: an organ, or a region (a zone that leads its lists itself)."""

    organ_id: UUID | None
    organ_name: str | None
    region_code: str | None
    region_name: str | None

    @property
    def key(self) -> str:
        """How requests name it: `organ:<id>` or `region:<code>`."""
        return f"organ:{self.organ_id}" if self.organ_id else f"region:{self.region_code}"

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.organ_name if self.organ_id else self.region_name) or self.key


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a unit did.

    Attributes
    ----------
    rank
        From one; shared by units that are equal.
    days_late
        Calendar days of delay in all, of what was late and of what is not met yet.
    """

    unit: Unit
    counted: int
    in_time: int
    late: int
    unmet: int
    days_late: int
    reasons: tuple[str, ...]
    level: str
    rank: int = 0
    tied: bool = False
    facts: tuple[Fact, ...] = ()

    @property
    def share(self) -> Fraction:
        """What of all that was due was met in time, from 0 to 1."""
        return Fraction(self.in_time, self.counted)

    @property
    def percentage(self) -> float:
        """The share as officials read it, with one decimal."""
        return percentage(self.in_time, self.counted)


def percentage(part: int, whole: int) -> float:
    """A share in percent with one decimal, rounded half up; 0 of nothing."""
    return (2000 * part + whole) // (2 * whole) / 10 if whole else 0.0


def period(first: date | None, last: date | None, starts_on: date, now: datetime) -> tuple[date, date, datetime]:
    """The days a standing is about and the instant as of which it counts: the end of the last day, or now.

    Raises
    ------
    problems.Invalid
        The period is reversed or has not begun.
    """
    today = day_of(now)
    first_day, last_day = first or starts_on, last or today
    errors = []
    if first_day > today:
        errors.append(problems.FieldError("query/first_day", "date_in_future", "统计时段尚未开始"))
    if last_day < first_day:
        errors.append(problems.FieldError("query/last_day", "period_reversed", "截止日期不能早于开始日期"))
    if errors:
        raise problems.Invalid("统计时段有误。", code="period_invalid", errors=errors)
    return first_day, last_day, min(end_of(last_day), now)


def outcome(fact: Fact, at: datetime) -> str:
    """How a thing that was due stands at an instant."""
    if fact.met_at is None or fact.met_at > at:
        return UNMET
    return LATE if fact.met_at > fact.due_at else IN_TIME


def reason(fact: Fact, at: datetime) -> str | None:
    """Why it would be criticised; None when it was met in time."""
    found = outcome(fact, at)
    if found == UNMET:
        return SLOW if fact.subject == "list" else NOT_REPORTED
    return LATE if found == LATE else None


def delay(fact: Fact, at: datetime) -> int:
    """Calendar days from the day it was due to the day it was met, or to the day of the counting."""
    found = outcome(fact, at)
    if found == IN_TIME:
        return 0
    met = at if found == UNMET or fact.met_at is None else fact.met_at
    return (day_of(met) - day_of(fact.due_at)).days


def unit_of(fact: Fact, grouping: str) -> Unit:
    """Whose part a thing is."""
    if grouping == REGION or fact.organ_id is None:
        return Unit(organ_id=None, organ_name=None, region_code=fact.region_code, region_name=fact.region_name)
    return Unit(organ_id=fact.organ_id, organ_name=fact.organ_name, region_code=None, region_name=None)


def ranked(facts: Iterable[Fact], grouping: str, at: datetime, criticised: Collection[UUID] = ()) -> list[Standing]:
    """Units in their order; within a rank by name.

    Parameters
    ----------
    criticised
        Ids of obligations and reports that an approved notice has criticised before.
    """
    groups: dict[str, tuple[Unit, list[Fact]]] = {}
    for fact in facts:
        unit = unit_of(fact, grouping)
        groups.setdefault(unit.key, (unit, []))[1].append(fact)
    found = [_standing(unit, owed, at, criticised) for unit, owed in groups.values()]
    found.sort(key=lambda each: (*_order(each), each.unit.name, each.unit.key))
    return _with_ranks(found)


def _order(each: Standing) -> tuple[Any, ...]:
    return (-each.share, each.unmet, each.late, each.days_late)


def _with_ranks(found: Sequence[Standing]) -> list[Standing]:
    shown: list[Standing] = []
    places = [_order(each) for each in found]
    for index, each in enumerate(found):
        same = index > 0 and places[index] == places[index - 1]
        rank = shown[-1].rank if same else index + 1
        tied = same or (index + 1 < len(found) and places[index + 1] == places[index])
        shown.append(Standing(**(vars(each) | {"rank": rank, "tied": tied})))
    return shown


def _standing(unit: Unit, facts: Sequence[Fact], at: datetime, criticised: Collection[UUID]) -> Standing:
    outcomes = [outcome(fact, at) for fact in facts]
    reasons = {reason(fact, at) for fact in facts}
    again = any(fact.id in criticised for fact, found in zip(facts, outcomes, strict=True) if found == UNMET)
    return Standing(
        unit=unit,
        counted=len(facts),
        in_time=outcomes.count(IN_TIME),
        late=outcomes.count(LATE),
        unmet=outcomes.count(UNMET),
        days_late=sum(delay(fact, at) for fact in facts),
        reasons=tuple(each for each in REASON_TITLES if each in reasons),
        level=_level(outcomes, again=again),
        facts=tuple(facts),
    )


def _level(outcomes: Sequence[str], *, again: bool) -> str:
    if again:
        return ACCOUNTABILITY
    if UNMET in outcomes:
        return CRITICISM
    return REMINDER if LATE in outcomes else NONE


def fact_of(row: Mapping[str, Any]) -> Fact:
    """A fact as it was read."""
    return Fact(**{name: row[name] for name in Fact.__dataclass_fields__})
