"""Which days are working days, and when a period ends.

A day follows, in this order: a regional override, a national override, the State Council's holiday notice as
collected by the package chinesecalendar, and the five-day week. A year counts as announced once its notice is
known; the notice for a year usually appears in the autumn before. Beyond that the calendar refuses, or, when
told to, goes on with the five-day week and marks the result provisional.

The day on which a period starts is not counted (民法典 art. 201). Statutory limits of the 行政许可法 are in
working days (art. 82).
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from chinese_calendar import constants

from shared.calendar.day_index import DayIndex

# The five-day week began on 1 May 1995 (State Council decree 174); 1996 is its first whole year.
FIRST_YEAR = 1996
# The index reaches so far; a period that ends later is a data error, not a deadline.
LAST_YEAR = 2099

_ONE_DAY = timedelta(days=1)
_MONTHS = 12


class Unit(StrEnum):
    """What an amount of time is counted in."""

    WORKING_DAY = "working_day"
    NATURAL_DAY = "natural_day"
    CALENDAR_MONTH = "calendar_month"
    NTH_DAY_OF_MONTH = "nth_day_of_month"


class Unannounced(StrEnum):
    """What to do about a year whose holidays are not announced yet."""

    REFUSE = "refuse"  # raise CalendarNotAnnounced
    WEEKDAYS = "weekdays"  # five-day week, result marked provisional


class CalendarNotAnnounced(LookupError):
    """The holidays of `year` are not known; `code` and the Chinese message go into problem details."""

    code = "calendar_not_announced"

    def __init__(self, year: int) -> None:
        super().__init__(f"{year}年的节假日安排尚未公布或未录入，无法计算工作日，请先录入该年度工作日历")
        self.year = year


@dataclass(frozen=True, slots=True)
class Override:
    """One day that differs from the national notice, or corrects it.

    Attributes
    ----------
    day : the day.
    working : whether it is a working day.
    reason : Chinese, shown beside the deadline, e.g. ``广西壮族三月三``.
    source : the document that says so.
    region : 12-digit code of the region it applies to, regions below included; ``None`` = everywhere.
    """

    day: date
    working: bool
    reason: str
    source: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A calculated day. `provisional` = a year on the way is not announced yet, so the day may still move."""

    day: date
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class DayCount:
    """A number of working days, negative when counted backwards; `provisional` as in Deadline."""

    days: int
    provisional: bool = False


class WorkingCalendar:
    """The working days of one region. Immutable after construction; every query takes constant time.

    Parameters
    ----------
    facts : days that differ from the five-day week: day -> is it a working day.
    announced : the years for which `facts` is complete.
    overrides : applied over `facts`; of two overrides for a day the later in the sequence wins.
    unannounced : what to do about other years.

    Days outside 1996-2099 raise CalendarNotAnnounced in every method that counts working days.
    """

    def __init__(
        self,
        facts: Mapping[date, bool],
        announced: Iterable[int],
        *,
        overrides: Sequence[Override] = (),
        unannounced: Unannounced = Unannounced.REFUSE,
    ) -> None:
        self._overrides = {override.day: override for override in overrides}
        self._announced = frozenset(announced)
        self._unannounced = unannounced
        exceptions = {**facts, **{day: override.working for day, override in self._overrides.items()}}
        self.index = DayIndex(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, _MONTHS, 31), exceptions)

    @property
    def announced(self) -> frozenset[int]:
        """The years whose holidays are known."""
        return self._announced

    def known_span(self) -> tuple[date, date]:
        """First and last day of the unbroken run of announced years that ends with the latest one.

        Raises CalendarNotAnnounced when no year is announced at all.
        """
        if not self._announced:
            raise CalendarNotAnnounced(FIRST_YEAR)
        last = first = max(self._announced)
        while first - 1 in self._announced:
            first -= 1
        return date(first, 1, 1), date(last, _MONTHS, 31)

    def is_working_day(self, day: date) -> bool:
        """Whether organs work on `day`. Raises CalendarNotAnnounced unless told to fall back to the five-day week."""
        self._is_provisional(day, day)
        return self.index.is_working(day.toordinal())

    def override_on(self, day: date) -> Override | None:
        """The override in force on `day`, to show its reason and source."""
        return self._overrides.get(day)

    def add_working_days(self, start: date, amount: int) -> Deadline:
        """The `amount`-th working day after `start`; before it for a negative amount; `start` itself for 0.

        Raises
        ------
        CalendarNotAnnounced
            a year on the way is unknown, and the calendar was not told to fall back to the five-day week.
        """
        if amount == 0:
            return Deadline(start)
        _check_covered(start)
        until_start = self.index.count_until(start.toordinal())
        if amount < 0 and not self.index.is_working(start.toordinal()):
            until_start += 1  # the first working day back is then the last one counted
        try:
            end = date.fromordinal(self.index.working_day(until_start + amount))
        except IndexError:
            raise CalendarNotAnnounced(LAST_YEAR + 1 if amount > 0 else FIRST_YEAR - 1) from None
        return Deadline(end, self._is_provisional(*_counted(start, end)))

    def working_days_between(self, start: date, end: date) -> DayCount:
        """Working days after `start` up to and including `end`; negative, and mirrored, when `end` is earlier.

        The inverse of ``add_working_days`` for every end that is a working day. Raises CalendarNotAnnounced.
        """
        first, last = _counted(start, end)
        provisional = self._is_provisional(first, last)
        days = self.index.count_until(last.toordinal()) - self.index.count_until(first.toordinal() - 1)
        return DayCount(days if end >= start else -days, provisional)

    def deadline(self, start: date, amount: int, unit: Unit, *, roll_forward: bool = False) -> Deadline:
        """The last day of a period that starts on `start` (not counted) and lasts `amount` units.

        ``calendar_month``: the same day of a later month, or its last day (31 January + 1 = end of February).
        ``nth_day_of_month``: the first day after `start` that is the `amount`-th of a month (1-31), or the last
        day of a shorter month; a monthly report due on the 5th is ``deadline(end_of_month, 5, NTH_DAY_OF_MONTH)``.
        `roll_forward` moves an end on a day off to the next working day (民法典 art. 203); it is for the procedure
        to say whether that holds.

        Raises CalendarNotAnnounced where working days are counted, ValueError for a day of month outside 1-31.
        """
        if unit is Unit.WORKING_DAY:
            return self.add_working_days(start, amount)
        if unit is Unit.NATURAL_DAY:
            end = start + timedelta(days=amount)
        elif unit is Unit.CALENDAR_MONTH:
            end = add_months(start, amount)
        else:
            end = next_day_of_month(start, amount)
        return self._rolled(end) if roll_forward else Deadline(end)

    def _rolled(self, end: date) -> Deadline:
        return Deadline(end) if self.is_working_day(end) else self.add_working_days(end, 1)

    def _is_provisional(self, first: date, last: date) -> bool:
        """Whether a year from `first` to `last` is not announced; raises instead when the calendar refuses."""
        _check_covered(first, last)
        unknown = [year for year in range(first.year, last.year + 1) if first <= last and year not in self._announced]
        if unknown and self._unannounced is Unannounced.REFUSE:
            raise CalendarNotAnnounced(unknown[0])
        return bool(unknown)


def _check_covered(*days: date) -> None:
    for day in days:
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise CalendarNotAnnounced(day.year)


def _counted(start: date, end: date) -> tuple[date, date]:
    """First and last day that count in a period from `start` to `end`, whichever comes first."""
    return (start + _ONE_DAY, end) if end >= start else (end, start - _ONE_DAY)


def add_months(start: date, amount: int) -> date:
    """The same day `amount` months on, or the last day of that month where it is shorter."""
    year, month = divmod(start.year * _MONTHS + start.month - 1 + amount, _MONTHS)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def next_day_of_month(start: date, number: int) -> date:
    """The first day after `start` that is day `number` of its month, or the last day of a shorter month."""
    if not 1 <= number <= 31:
        raise ValueError(f"每月第{number}日不存在，请填写1至31")
    this_month = _day_of_month(start, number)
    return this_month if this_month > start else _day_of_month(add_months(start.replace(day=1), 1), number)


def _day_of_month(month: date, number: int) -> date:
    return month.replace(day=min(number, monthrange(month.year, month.month)[1]))


def announced_facts() -> tuple[dict[date, bool], frozenset[int]]:
    """What chinesecalendar knows: the days that differ from the five-day week, and the years it covers."""
    facts = dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True)
    return facts, frozenset(range(min(constants.holidays).year, max(constants.holidays).year + 1))


@cache
def national(unannounced: Unannounced = Unannounced.REFUSE) -> WorkingCalendar:
    """The calendar of the whole country, without overrides; one shared instance for each behaviour."""
    facts, announced = announced_facts()
    return WorkingCalendar(facts, announced, unannounced=unannounced)


def for_region(
    chain: Sequence[str],
    overrides: Iterable[Override],
    *,
    also_announced: Iterable[int] = (),
    unannounced: Unannounced = Unannounced.REFUSE,
) -> WorkingCalendar:
    """The calendar of one region.

    Parameters
    ----------
    chain : 12-digit codes from the region itself up to the nation, from the region register; the nearest wins.
    overrides : all overrides known; those of other regions are left out.
    also_announced : years an administrator has entered completely as overrides.
    """
    facts, announced = announced_facts()
    distance: dict[str | None, int] = {code: steps for steps, code in enumerate(chain)}
    distance.setdefault(None, len(chain))
    relevant = [override for override in overrides if override.region in distance]
    relevant.sort(key=lambda override: -distance[override.region])
    return WorkingCalendar(facts, announced | frozenset(also_announced), overrides=relevant, unannounced=unannounced)
