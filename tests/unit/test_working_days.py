"""Working days and deadlines: holidays, make-up days, months of different length, years not announced."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendar.working_days import (
    CalendarNotAnnounced,
    DayCount,
    Deadline,
    Override,
    Unannounced,
    Unit,
    WorkingCalendar,
    add_months,
    for_region,
    national,
)

REAL_DATA = Path(__file__).parents[2].parent / "shared" / "data"

NATION, GUANGXI, NANNING = "000000000000", "450000000000", "450100000000"

known_days = st.dates(date(2005, 1, 1), date(2025, 6, 30))


def test_the_national_day_week_of_2026_is_skipped() -> None:
    assert national().add_working_days(date(2026, 9, 30), 1) == Deadline(date(2026, 10, 8))


def test_a_make_up_saturday_counts_as_a_working_day() -> None:
    calendar = national()
    assert calendar.is_working_day(date(2026, 10, 10))
    assert calendar.add_working_days(date(2026, 10, 9), 1).day == date(2026, 10, 10)
    assert calendar.working_days_between(date(2026, 10, 8), date(2026, 10, 12)) == DayCount(3)


def test_twenty_working_days_across_the_spring_festival_take_longer_than_four_weeks() -> None:
    start = date(2026, 2, 2)
    end = national().add_working_days(start, 20).day
    assert (end - start).days > 28
    assert national().working_days_between(start, end) == DayCount(20)


def test_zero_working_days_end_on_the_spot_even_on_a_holiday() -> None:
    assert national().add_working_days(date(2026, 10, 1), 0) == Deadline(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        (date(2026, 9, 30), -1, date(2026, 9, 29)),
        (date(2026, 10, 3), -1, date(2026, 9, 30)),
        (date(2026, 10, 8), -1, date(2026, 9, 30)),
        (date(2026, 10, 8), -2, date(2026, 9, 29)),
    ],
)
def test_working_days_are_counted_backwards_too(start: date, amount: int, end: date) -> None:
    assert national().add_working_days(start, amount).day == end


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        (date(2026, 1, 31), 1, Unit.CALENDAR_MONTH, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, Unit.CALENDAR_MONTH, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, Unit.CALENDAR_MONTH, date(2026, 3, 31)),
        (date(2026, 11, 30), 3, Unit.CALENDAR_MONTH, date(2027, 2, 28)),
        (date(2026, 2, 28), 12, Unit.CALENDAR_MONTH, date(2027, 2, 28)),
        (date(2026, 3, 31), -1, Unit.CALENDAR_MONTH, date(2026, 2, 28)),
        (date(2026, 12, 20), 30, Unit.NATURAL_DAY, date(2027, 1, 19)),
        (date(2026, 9, 30), 5, Unit.NTH_DAY_OF_MONTH, date(2026, 10, 5)),
        (date(2026, 10, 4), 5, Unit.NTH_DAY_OF_MONTH, date(2026, 10, 5)),
        (date(2026, 10, 5), 5, Unit.NTH_DAY_OF_MONTH, date(2026, 11, 5)),
        (date(2026, 12, 31), 5, Unit.NTH_DAY_OF_MONTH, date(2027, 1, 5)),
        (date(2026, 2, 1), 31, Unit.NTH_DAY_OF_MONTH, date(2026, 2, 28)),
        (date(2026, 1, 31), 31, Unit.NTH_DAY_OF_MONTH, date(2026, 2, 28)),
        (date(2026, 9, 30), 3, Unit.WORKING_DAY, date(2026, 10, 10)),
    ],
)
def test_a_deadline_is_found_in_every_unit(start: date, amount: int, unit: Unit, end: date) -> None:
    assert national().deadline(start, amount, unit) == Deadline(end)


def test_an_end_on_a_holiday_moves_on_only_where_the_procedure_says_so() -> None:
    start = date(2026, 9, 1)
    assert national().deadline(start, 1, Unit.CALENDAR_MONTH).day == date(2026, 10, 1)
    assert national().deadline(start, 1, Unit.CALENDAR_MONTH, roll_forward=True).day == date(2026, 10, 8)
    assert national().deadline(date(2026, 9, 8), 1, Unit.CALENDAR_MONTH, roll_forward=True).day == date(2026, 10, 8)


@pytest.mark.parametrize("number", [0, 32])
def test_a_day_of_month_that_does_not_exist_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="请填写1至31"):
        national().deadline(date(2026, 9, 1), number, Unit.NTH_DAY_OF_MONTH)


def first_unannounced_year() -> int:
    return max(national().announced) + 1


def test_a_year_that_is_not_announced_is_refused_by_name() -> None:
    year = first_unannounced_year()
    with pytest.raises(CalendarNotAnnounced, match=f"{year}年的节假日安排尚未公布") as caught:
        national().add_working_days(date(year - 1, 12, 28), 10)
    assert caught.value.year == year
    with pytest.raises(CalendarNotAnnounced):
        national().is_working_day(date(year, 1, 4))
    with pytest.raises(CalendarNotAnnounced):
        national().working_days_between(date(year - 1, 12, 1), date(year, 1, 4))


def test_the_five_day_week_gives_a_provisional_answer_where_that_is_asked_for() -> None:
    year = first_unannounced_year()
    calendar = national(Unannounced.WEEKDAYS)
    found = calendar.add_working_days(date(year - 1, 12, 28), 10)
    assert found.provisional
    assert found.day.year == year
    assert not calendar.add_working_days(date(year - 1, 11, 2), 10).provisional
    assert calendar.working_days_between(date(year, 3, 1), date(year, 3, 8)).provisional
    assert calendar.deadline(date(year, 3, 1), 1, Unit.CALENDAR_MONTH) == Deadline(date(year, 4, 1))


def test_a_period_that_starts_on_the_last_day_before_the_announced_years_is_known() -> None:
    assert national().add_working_days(date(2003, 12, 31), 1) == Deadline(date(2004, 1, 2))


@pytest.mark.parametrize(("start", "amount"), [(date(1990, 1, 1), 1), (date(2150, 1, 1), 1), (date(2026, 1, 5), 10**6)])
def test_days_outside_the_index_are_refused_even_provisionally(start: date, amount: int) -> None:
    with pytest.raises(CalendarNotAnnounced):
        national(Unannounced.WEEKDAYS).add_working_days(start, amount)


def holiday(day: date, region: str | None, *, working: bool = False) -> Override:
    return Override(day, working, reason="测试安排", source="测试文件", region=region)


def test_a_regional_holiday_holds_in_its_region_and_below_and_nowhere_else() -> None:
    third_of_march = holiday(date(2026, 4, 20), GUANGXI)
    city = for_region([NANNING, GUANGXI, NATION], [third_of_march])
    elsewhere = for_region(["440000000000", NATION], [third_of_march])
    assert not city.is_working_day(date(2026, 4, 20))
    assert city.override_on(date(2026, 4, 20)) == third_of_march
    assert elsewhere.is_working_day(date(2026, 4, 20))
    assert elsewhere.override_on(date(2026, 4, 20)) is None


def test_the_nearest_region_wins_whatever_the_order_of_the_overrides() -> None:
    day = date(2026, 4, 20)
    rows = [holiday(day, NANNING, working=True), holiday(day, None), holiday(day, GUANGXI)]
    for overrides in (rows, rows[::-1]):
        assert for_region([NANNING, GUANGXI, NATION], overrides).is_working_day(day)
        assert not for_region([GUANGXI, NATION], overrides).is_working_day(day)
        assert not for_region(["440000000000", NATION], overrides).is_working_day(day)


def test_a_year_entered_by_an_administrator_counts_as_announced() -> None:
    year = first_unannounced_year()
    new_year = holiday(date(year, 1, 1), None)
    calendar = for_region([NATION], [new_year], also_announced=[year])
    assert not calendar.is_working_day(date(year, 1, 1))
    assert not calendar.add_working_days(date(year - 1, 12, 31), 1).provisional
    assert calendar.known_span()[1] == date(year, 12, 31)


def test_the_known_span_stops_at_a_gap() -> None:
    calendar = WorkingCalendar({}, {2004, 2006, 2007})
    assert calendar.known_span() == (date(2006, 1, 1), date(2007, 12, 31))


def test_a_calendar_without_any_announced_year_has_no_span() -> None:
    with pytest.raises(CalendarNotAnnounced):
        WorkingCalendar({}, ()).known_span()


@given(known_days, st.integers(1, 300))
def test_counting_inverts_adding(start: date, amount: int) -> None:
    calendar = national()
    end = calendar.add_working_days(start, amount).day
    assert calendar.is_working_day(end)
    assert calendar.working_days_between(start, end).days == amount
    assert calendar.working_days_between(end, calendar.add_working_days(end, -amount).day).days == -amount


@given(known_days, st.integers(-60, 60))
def test_the_index_agrees_with_walking_day_by_day(start: date, amount: int) -> None:
    calendar, day, left = national(), start, abs(amount)
    while left:
        day += timedelta(days=1 if amount > 0 else -1)
        left -= calendar.is_working_day(day)
    assert calendar.add_working_days(start, amount).day == day


@given(known_days, st.integers(0, 120))
def test_a_later_start_never_ends_earlier(start: date, amount: int) -> None:
    following = start + timedelta(days=1)
    for unit in (Unit.WORKING_DAY, Unit.NATURAL_DAY, Unit.CALENDAR_MONTH):
        calendar = national(Unannounced.WEEKDAYS)
        assert calendar.deadline(start, amount, unit).day <= calendar.deadline(following, amount, unit).day


@given(known_days, st.integers(-24, 24))
def test_months_keep_the_day_or_end_with_the_month(start: date, amount: int) -> None:
    end = add_months(start, amount)
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


def test_every_day_agrees_with_the_published_table_of_working_days() -> None:
    table = REAL_DATA / "cn_workdays_2004_2026.csv"
    if not table.exists():
        pytest.skip("the real data folder is not beside this checkout: the table of working days is not compared")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8401
    assert not [
        row for row in rows if national().is_working_day(date.fromisoformat(row["date"])) != (row["is_workday"] == "1")
    ]
