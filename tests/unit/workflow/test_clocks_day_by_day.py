"""The engine of clocks against a count that walks day by day and knows nothing of indexes or formulas."""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.workflow.clocks import rules
from services.workflow.clocks.rules import Limit, LimitUnit, Pause, Threshold
from shared import clock as shared_clock
from shared.calendar.working_days import Override, Unannounced, WorkingCalendar, announced_facts, for_region

COUNTY = "130922000000"
# Each region has an index of its own, a hundred years long.
few = settings(max_examples=30, deadline=None)
FACTS, ANNOUNCED = announced_facts()
FIRST_UNKNOWN = max(ANNOUNCED) + 1
DAYS = st.dates(date(2012, 1, 1), date(FIRST_UNKNOWN + 3, 12, 31))
ONE = timedelta(days=1)


class Naive:
    """A region's days, looked up one at a time."""

    def __init__(self, overrides: dict[date, bool], also_announced: frozenset[int] = frozenset()) -> None:
        self.overrides, self.announced = overrides, ANNOUNCED | also_announced

    def works(self, day: date) -> bool:
        """By the region's word, by the notice, by the day of the week."""
        return self.overrides.get(day, FACTS.get(day, day.weekday() < 5))

    def due(self, start: date, amount: int, pauses: list[tuple[date, date]]) -> date:
        """Count the days after the start that work and are in no pause; a pause's own first day is counted as used.

        With nothing left on a day off it is due on the next day that works, after the last pause.
        """
        day, counted, waits = start, 0, list(pauses)
        while True:
            if waits and day == waits[0][0]:
                day = max(day, waits.pop(0)[1])
                if counted >= amount and not self.works(day):
                    counted -= 1  # nothing can be due on a day off
                continue
            if counted >= amount and not waits:
                return day
            day += ONE
            counted += self.works(day)

    def calendar(self) -> WorkingCalendar:
        """The same days, as the engine knows them."""
        given = [Override(day, working, "县定", "县政府通知", COUNTY) for day, working in self.overrides.items()]
        return for_region([COUNTY], given, also_announced=self.announced - ANNOUNCED, unannounced=Unannounced.WEEKDAYS)


@st.composite
def regions(draw: st.DrawFn) -> Naive:
    """A region with days of its own, and perhaps with years it has announced before anybody else."""
    overrides = draw(st.dictionaries(DAYS, st.booleans(), max_size=40))
    return Naive(overrides, draw(st.sampled_from([frozenset(), frozenset({FIRST_UNKNOWN})])))


def at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=shared_clock.ZONE)


def due(limit: Limit, start: date, region: Naive, extended: int = 0) -> rules.Due:
    return rules.due(limit, at(start), [], extended, region.calendar())


def walked(start: date, region: Naive) -> Iterator[date]:
    """The days after one that work, in order."""
    day = start
    while True:
        day += ONE
        if region.works(day):
            yield day


@few
@given(regions(), DAYS, st.integers(1, 90), st.integers(0, 30))
def test_working_days_are_those_a_walk_counts(region: Naive, start: date, amount: int, extended: int) -> None:
    days = walked(start, region)
    expected = [next(days) for _ in range(amount + extended)][-1]
    found = due(Limit(amount, LimitUnit.WORKING_DAY), start, region, extended)
    assert rules.day_of(found.at) == expected
    years = {(start + timedelta(days=step)).year for step in range(1, (expected - start).days + 1)}
    assert found.provisional == bool(years - region.announced), "a year on the way is not announced"


@few
@given(regions(), DAYS, st.integers(1, 40), st.integers(0, 40), st.integers(0, 60))
def test_a_pause_is_walked_over(region: Naive, start: date, amount: int, until_pause: int, length: int) -> None:
    last = rules.day_of(due(Limit(amount, LimitUnit.WORKING_DAY), start, region).at)
    began = min(start + timedelta(days=until_pause), last)
    pause = Pause(at(began), at(began + timedelta(days=length)))
    found = rules.due(Limit(amount, LimitUnit.WORKING_DAY), at(start), [pause], 0, region.calendar())
    assert rules.day_of(found.at) == region.due(start, amount, [(began, began + timedelta(days=length))])


@given(DAYS, st.integers(1, 12))
def test_months_end_on_the_same_day_or_with_the_month(start: date, amount: int) -> None:
    """One month after 31 January is the last day of February (QX-48)."""
    month = start.month - 1 + amount
    year, number = start.year + month // 12, month % 12 + 1
    expected = date(year, number, min(start.day, calendar.monthrange(year, number)[1]))
    assert rules.day_of(due(Limit(amount, LimitUnit.CALENDAR_MONTH), start, Naive({})).at) == expected


@given(DAYS, st.integers(1, 31))
def test_a_day_of_the_month_is_the_next_one_a_walk_meets(start: date, number: int) -> None:
    """The 5th of each month; where a month is shorter, its last day."""
    day = start + ONE
    while day.day != min(number, calendar.monthrange(day.year, day.month)[1]):
        day += ONE
    assert rules.day_of(due(Limit(number, LimitUnit.NTH_DAY_OF_MONTH), start, Naive({})).at) == day


@few
@given(regions(), DAYS, st.integers(5, 60), st.integers(1, 10))
def test_a_warning_comes_as_many_working_days_before_as_the_region_says(
    region: Naive, start: date, amount: int, before: int
) -> None:
    works = region.calendar()
    end = due(Limit(amount, LimitUnit.WORKING_DAY), start, region).at
    found = rules.warnings([Threshold("soon", working_days_before=before)], at(start), end, [], works)
    day, left = rules.day_of(end), before
    while left:
        day -= ONE
        left -= region.works(day)
    expected = [day] if at(start) < datetime.combine(day, time(), tzinfo=shared_clock.ZONE) else []
    assert [rules.day_of(warning.at) for warning in found[:-1]] == expected


@pytest.mark.parametrize("amount", [1, 7, 30])
def test_an_announced_year_moves_what_was_provisional(amount: int) -> None:
    """The year is announced with its first five working days off: what was due among them is due later."""
    start = date(FIRST_UNKNOWN - 1, 12, 31)
    limit = Limit(amount, LimitUnit.WORKING_DAY)
    before = due(limit, start, Naive({}))
    days = walked(start, Naive({}))
    off = {next(days): False for _ in range(5)}
    after = due(limit, start, Naive(off, frozenset({FIRST_UNKNOWN})))
    assert (before.provisional, after.provisional) == (True, False)
    days = walked(start, Naive({}))
    assert rules.day_of(after.at) == [next(days) for _ in range(amount + 5)][-1]
