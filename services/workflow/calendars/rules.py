"""A region's calendar from the register, and what an administrator may enter. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from services.workflow.clocks.rules import DEFAULT_THRESHOLDS
from shared import problems
from shared.calendar.working_days import Override, Unannounced, WorkingCalendar, for_region, national
from shared.codes.region_code import NATION

FIRST_YEAR, LAST_YEAR = 2004, 2098
# A calendar indexes a century of days (some milliseconds): those in use are kept, one for each set of overrides.
_KEPT = 64


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What the register says of one region: the codes up to the nation, overrides, years, thresholds of warnings."""

    chain: tuple[str, ...]
    overrides: tuple[Override, ...]
    announced: tuple[int, ...]
    thresholds: list[dict[str, Any]]


def registered(
    code: str,
    ancestors: Sequence[str],
    overrides: Sequence[dict[str, Any]],
    years: Sequence[int],
    thresholds: list[dict[str, Any]] | None,
) -> Registered:
    """A region as the register holds it; without thresholds of its own or of a superior those of the product hold."""
    chain = (code, *ancestors) if NATION in (code, *ancestors) else (code, *ancestors, NATION)
    found = [
        Override(date.fromisoformat(row["day"]), row["working"], row["name"], row["source"], row["region_code"])
        for row in overrides
    ]
    return Registered(
        chain=chain,
        overrides=tuple(sorted(found, key=lambda each: (each.day, chain.index(str(each.region))))),
        announced=tuple(sorted(set(years))),
        thresholds=default_thresholds() if thresholds is None else thresholds,
    )


def default_thresholds() -> list[dict[str, Any]]:
    """The grades of warning where no region has set others."""
    return [
        {
            "grade": threshold.grade,
            "share_percent": threshold.share_percent,
            "working_days_before": threshold.working_days_before,
        }
        for threshold in DEFAULT_THRESHOLDS
    ]


def calendar_of(region: Registered) -> WorkingCalendar:
    """The calendar of a region: nearest override first; a year not announced goes by the five-day week."""
    if not region.overrides and not region.announced:
        return national(Unannounced.WEEKDAYS)
    return _built(region.chain, region.overrides, region.announced)


@lru_cache(_KEPT)
def _built(chain: tuple[str, ...], overrides: tuple[Override, ...], announced: tuple[int, ...]) -> WorkingCalendar:
    return for_region(chain, overrides, also_announced=announced, unannounced=Unannounced.WEEKDAYS)


def check_days(year: int, days: Sequence[date]) -> None:
    """Each day once, and of the year.

    Raises
    ------
    problems.Invalid
    """
    seen: set[date] = set()
    errors = []
    for index, day in enumerate(days):
        if day.year != year:
            errors.append(problems.FieldError(f"/days/{index}/day", "other_year", f"{day} 不在 {year} 年"))
        elif day in seen:
            errors.append(problems.FieldError(f"/days/{index}/day", "duplicate_day", f"{day} 重复填写，请只保留一行"))
        seen.add(day)
    if errors:
        raise problems.Invalid("工作日历有误，请按所列位置修改。", errors=errors)


def exceptions(calendar: WorkingCalendar, year: int) -> list[tuple[date, bool]]:
    """The days of a year that differ from the five-day week, and whether they are working days."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return [(day, working) for day in days if (working := calendar.is_working_day(day)) != (day.weekday() < 5)]
