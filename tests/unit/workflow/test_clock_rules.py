"""The engine of clocks: due dates, pauses, extensions and graded warnings."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.calendars.rules import calendar_of, default_thresholds, registered
from services.workflow.clocks import rules, state
from services.workflow.clocks.rules import Limit, LimitUnit, Notice, Pause
from services.workflow.clocks.state import Clock, State
from shared import clock as shared_clock
from shared import problems
from shared.calendar.working_days import Override, Unannounced, for_region, national
from shared.codes.region_code import NATION

CALENDAR = national(Unannounced.WEEKDAYS)
COUNTY, PROVINCE = "130922000000", "130000000000"


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), tzinfo=shared_clock.ZONE)


def due_on(amount: int, unit: LimitUnit, start: str, *pauses: Pause, extended: int = 0) -> str:
    fixed = at("2017-07-05", 12) if unit is LimitUnit.FIXED_DATE else None
    return str(rules.day_of(rules.due(Limit(amount, unit, fixed), at(start), pauses, extended, CALENDAR).at))


def begun(limit: Limit, start: str, calendar: rules.WorkingCalendar = CALENDAR) -> Clock:
    return state.begun(
        limit, at(start), default_thresholds(), calendar,
        id=UUID(int=1), subject="review_step/1", region_code=COUNTY, organ_id=None, role="reviewer", adjustment_id=None,
    )  # fmt: skip


WORKING, NATURAL, MONTH = LimitUnit.WORKING_DAY, LimitUnit.NATURAL_DAY, LimitUnit.CALENDAR_MONTH
DAYS = st.dates(date(2010, 1, 1), date(2035, 12, 31))
LENGTHS = st.one_of(
    st.builds(Limit, st.integers(0, 200), st.just(WORKING)),
    st.builds(Limit, st.integers(0, 300), st.just(NATURAL)),
    st.builds(Limit, st.integers(0, 12), st.just(MONTH)),
)


# -- examples --


@pytest.mark.req("QX-48")
@pytest.mark.parametrize(
    ("start", "expected"),
    [("2023-01-31", "2023-02-28"), ("2024-01-31", "2024-02-29"), ("2026-03-31", "2026-04-30"),
     ("2026-03-02", "2026-04-02"), ("2026-12-31", "2027-01-31")],
)  # fmt: skip
def test_one_month_after_the_31st_of_january_ends_with_february(start: str, expected: str) -> None:
    assert due_on(1, MONTH, start) == expected


def test_a_working_day_limit_goes_over_the_national_holiday_and_counts_the_day_that_makes_up() -> None:
    # 2025: 1 to 8 October off, 28 September (Sunday) and 11 October (Saturday) worked.
    assert due_on(5, WORKING, "2025-09-26") == "2025-10-10"
    assert due_on(3, WORKING, "2025-10-09") == "2025-10-13"


def test_what_is_due_on_the_5th_is_overdue_with_the_first_second_of_the_6th() -> None:
    clock = begun(Limit(5, LimitUnit.NTH_DAY_OF_MONTH), "2026-04-30")
    assert clock.due_at == at("2026-05-05", 0) + timedelta(hours=23, minutes=59, seconds=59)
    last = state.told(clock)[-1]
    assert (last.grade, last.at) == ("overdue", at("2026-05-06", 0))


def test_the_31st_of_a_shorter_month_is_its_last_day() -> None:
    assert due_on(31, LimitUnit.NTH_DAY_OF_MONTH, "2026-01-31") == "2026-02-28"


def test_a_fixed_day_is_extended_in_working_days_and_never_paused() -> None:
    assert due_on(0, LimitUnit.FIXED_DATE, "2017-06-20") == "2017-07-05"
    assert due_on(0, LimitUnit.FIXED_DATE, "2017-06-20", extended=3) == "2017-07-10"
    clock = begun(Limit(5, LimitUnit.NTH_DAY_OF_MONTH), "2026-04-30")
    with pytest.raises(problems.IllegalTransition, match="固定日期"):
        state.pause(clock, reason="x", basis="y", by="account:1", now=at("2026-05-02"))


def test_a_step_of_nothing_is_due_the_same_day_or_on_the_next_that_works() -> None:
    assert due_on(0, WORKING, "2026-03-02") == "2026-03-02"
    assert due_on(0, WORKING, "2026-03-01") == "2026-03-02"  # a Sunday


def test_a_limit_that_cannot_be_is_refused() -> None:
    for amount, unit in ((-1, WORKING), (2501, WORKING), (0, LimitUnit.NTH_DAY_OF_MONTH), (121, MONTH)):
        with pytest.raises(ValueError, match="no number"):
            Limit(amount, unit)
    with pytest.raises(ValueError, match="names its instant"):
        Limit(0, LimitUnit.FIXED_DATE)


def test_the_grades_of_a_long_limit_come_in_order_and_those_of_a_short_one_are_left_out() -> None:
    grades = [warning["grade"] for warning in begun(Limit(15, WORKING), "2026-03-02").warnings]
    assert grades == ["half", "three_days_before", "one_day_before", "overdue"]
    short = begun(Limit(1, WORKING), "2026-03-02")  # due on the 3rd: the day before began before the clock did
    assert [warning["grade"] for warning in short.warnings] == ["half", "overdue"]


def test_a_paused_clock_says_nothing_and_goes_on_with_what_was_left() -> None:
    clock = begun(Limit(10, WORKING), "2026-03-02")
    assert rules.day_of(clock.due_at) == date(2026, 3, 16)
    paused = state.pause(clock, reason="专家评审", basis="行政许可法第四十五条", by="account:1", now=at("2026-03-06"))
    assert (paused.state, paused.next_at) == (State.PAUSED, None)
    with pytest.raises(problems.IllegalTransition):
        state.pause(paused, reason="x", basis="y", by="account:1", now=at("2026-03-07"))
    resumed = state.resume(paused, CALENDAR, by="account:1", now=at("2026-03-20"))
    assert (resumed.state, rules.day_of(resumed.due_at)) == (State.RUNNING, date(2026, 3, 30))


def test_a_clock_gets_no_more_than_the_law_allows_in_addition() -> None:
    clock = begun(Limit(20, WORKING), "2026-03-02")
    more = state.extend(clock, CALENDAR, amount=6, reason="复杂", by="account:1", now=at("2026-03-05"))
    with pytest.raises(problems.Invalid, match="上限") as refused:
        state.extend(more, CALENDAR, amount=5, reason="复杂", by="account:1", now=at("2026-03-06"))
    assert "4" in refused.value.errors[0].message
    assert state.extend(more, CALENDAR, amount=4, reason="复杂", by="account:1", now=at("2026-03-06")).extended == 10


def test_an_overdue_clock_that_is_extended_runs_again_and_warns_again() -> None:
    clock = begun(Limit(10, WORKING), "2026-03-02")
    now = at("2026-03-17")
    latest, folded, after = rules.tell(state.told(clock), now)
    assert latest is not None
    assert (latest.grade, folded) == ("overdue", ["half", "three_days_before", "one_day_before"])
    late = replace(clock, state=State.OVERDUE, warnings=[warning.as_data() for warning in after], next_at=None)
    with pytest.raises(problems.IllegalTransition):
        state.pause(late, reason="x", basis="y", by="account:1", now=now)
    again = state.extend(late, CALENDAR, amount=5, reason="经批准", by="account:1", now=now)
    assert (again.state, rules.day_of(again.due_at)) == (State.RUNNING, date(2026, 3, 23))
    assert again.next_at == at("2026-03-18", 0), "three working days before the new day"


def test_the_nearest_region_wins_and_a_year_not_announced_is_provisional() -> None:
    days = [
        {"day": "2028-03-01", "working": False, "name": "省定", "source": "省", "region_code": PROVINCE},
        {"day": "2028-03-01", "working": True, "name": "县定", "source": "县", "region_code": COUNTY},
        {"day": "2028-03-02", "working": False, "name": "省定", "source": "省", "region_code": PROVINCE},
    ]
    county = calendar_of(registered(COUNTY, [PROVINCE, NATION], days, [], None))
    found = rules.due(Limit(2, WORKING), at("2028-02-29"), [], 0, county)
    assert (rules.day_of(found.at), found.provisional) == (date(2028, 3, 3), True)
    announced = calendar_of(registered(COUNTY, [PROVINCE, NATION], days, [2028], None))
    assert rules.due(Limit(2, WORKING), at("2028-02-29"), [], 0, announced).provisional is False


def test_what_was_said_and_lies_behind_is_not_said_again() -> None:
    clock = begun(Limit(10, WORKING), "2026-03-02")
    _, _, after = rules.tell(state.told(clock), at("2026-03-10"))
    warned = replace(clock, warnings=[warning.as_data() for warning in after])
    moved = state.extend(warned, CALENDAR, amount=1, reason="x", by="account:1", now=at("2026-03-12"))
    said = {warning.grade: warning.told_at is not None for warning in state.told(moved)}
    assert said["half"] is True
    assert said["overdue"] is False


# -- properties --


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    limit, start = draw(LENGTHS), draw(DAYS)
    return begun(limit, str(start))


@given(clocks(), st.integers(0, 400), st.integers(0, 400))
def test_a_pause_never_brings_the_due_date_forward_and_keeps_what_was_left(
    clock: Clock, until_pause: int, length: int
) -> None:
    began = min(clock.started_at + timedelta(days=until_pause), clock.due_at)
    ended = began + timedelta(days=length)
    paused = state.pause(clock, reason="评审", basis="第四十五条", by="account:1", now=began)
    resumed = state.resume(paused, CALENDAR, by="account:1", now=ended)
    assert resumed.due_at >= clock.due_at
    if clock.limit.unit is not WORKING:
        assert rules.day_of(resumed.due_at) - rules.day_of(ended) == rules.day_of(clock.due_at) - rules.day_of(began)
        return
    left = CALENDAR.working_days_between(rules.day_of(began), rules.day_of(clock.due_at)).days
    still = CALENDAR.working_days_between(rules.day_of(ended), rules.day_of(resumed.due_at)).days
    off = not CALENDAR.is_working_day(rules.day_of(ended))
    assert still == (1 if left == 0 and off else left), "with nothing left on a day off: the next that works"


@given(clocks(), st.integers(1, 30), st.integers(0, 20))
def test_an_extension_moves_the_due_date_on_and_a_longer_one_no_less(clock: Clock, amount: int, more: int) -> None:
    def extended(by: int) -> datetime:
        return rules.due(clock.limit, clock.started_at, [], by, CALENDAR).at

    assert clock.due_at <= extended(amount) <= extended(amount + more)


@given(clocks(), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 60)), max_size=4))
def test_what_is_counted_in_working_days_is_due_on_a_working_day(clock: Clock, waits: list[tuple[int, int]]) -> None:
    pauses, day = [], clock.started_at
    for gap, length in waits:
        began = day + timedelta(days=gap)
        day = began + timedelta(days=length)
        pauses.append(Pause(began, day))
    found = rules.due(clock.limit, clock.started_at, pauses, 0, CALENDAR)
    assert found.at >= clock.due_at
    if clock.limit.unit is WORKING:
        assert CALENDAR.is_working_day(rules.day_of(found.at))


@given(clocks(), st.lists(st.integers(0, 400), max_size=12))
def test_each_grade_is_said_once_however_seldom_somebody_looks(clock: Clock, looks: list[int]) -> None:
    found, said = state.told(clock), []
    for days in sorted(looks):
        latest, folded, found = rules.tell(found, clock.started_at + timedelta(days=days))
        said += [*folded, latest.grade] if latest else []
    assert len(said) == len(set(said))
    final = clock.due_at + timedelta(days=1)
    latest, folded, found = rules.tell(found, final)
    said += [*folded, latest.grade] if latest else []
    assert sorted(said) == sorted(warning.grade for warning in state.told(clock))
    assert rules.next_at(found) is None


@given(clocks())
def test_warnings_lie_between_start_and_end_in_order(clock: Clock) -> None:
    found = state.told(clock)
    assert [warning.at for warning in found] == sorted(warning.at for warning in found)
    assert all(clock.started_at < warning.at <= clock.due_at for warning in found[:-1])
    assert clock.next_at == found[0].at


@given(clocks(), DAYS)
def test_a_day_off_more_never_brings_a_working_day_limit_forward(clock: Clock, day: date) -> None:
    override = Override(day, working=False, reason="临时放假", source="县政府通知")
    later = for_region([COUNTY], [override], unannounced=Unannounced.WEEKDAYS)
    moved = state.recalculated(clock, later, clock.started_at)
    assert moved.due_at >= clock.due_at
    assert state.recalculated(moved, CALENDAR, clock.started_at).due_at == clock.due_at, "and back again"


def test_a_notice_is_stored_with_its_instants() -> None:
    one = Notice("half", datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    assert state.warning_of(one.as_data()) == one
