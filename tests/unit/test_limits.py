"""Time limits compared across units, on rules of thumb and on the real lists of a province and its city."""

import csv
import random
import time
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar.limits import (
    Comparison,
    LimitError,
    LimitScale,
    TimeLimit,
    compare,
    may_exceed,
    parse_unit,
    working_day_equivalent,
)
from shared.calendar.working_days import CalendarNotAnnounced, Unannounced, Unit, WorkingCalendar, national

REAL_LIST = Path(__file__).parents[2].parent / "shared" / "data" / "guangdong_licence_items_2021.csv"
DEMO_LIST = Path(__file__).parents[2] / "deploy" / "demo" / "data" / "permits.csv"

LONGER, SHORTER, EQUAL, DEPENDS = (
    Comparison.CERTAINLY_LONGER,
    Comparison.CERTAINLY_SHORTER,
    Comparison.EQUAL,
    Comparison.DEPENDS,
)
OPPOSITE = {LONGER: SHORTER, SHORTER: LONGER, EQUAL: EQUAL, DEPENDS: DEPENDS}


def working(amount: int) -> TimeLimit:
    return TimeLimit(amount, Unit.WORKING_DAY)


def natural(amount: int) -> TimeLimit:
    return TimeLimit(amount, Unit.NATURAL_DAY)


def months(amount: int) -> TimeLimit:
    return TimeLimit(amount, Unit.CALENDAR_MONTH)


# Few different limits, as in real lists, so that their lengths are measured once.
limits = st.sampled_from(
    [make(n) for make in (working, natural) for n in (0, 1, 5, 15, 20, 30, 60)] + [months(n) for n in (0, 1, 2)]
)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (working(20), working(20), EQUAL),
        (working(21), working(20), LONGER),
        (natural(29), natural(30), SHORTER),
        (working(90), natural(91), LONGER),
        (working(30), natural(30), LONGER),
        (working(60), natural(60), LONGER),
        (working(15), natural(30), SHORTER),
        (working(20), natural(30), DEPENDS),
        (months(1), natural(30), DEPENDS),
        (months(1), natural(32), SHORTER),
        (months(1), natural(27), LONGER),
        (working(0), natural(0), EQUAL),
        (working(0), months(0), EQUAL),
    ],
)
def test_two_limits_are_compared_over_all_start_days(left: TimeLimit, right: TimeLimit, expected: Comparison) -> None:
    assert compare(left, right) is expected
    assert compare(right, left) is OPPOSITE[expected]


def test_a_limit_that_is_sometimes_equal_and_never_longer_depends_but_does_not_exceed() -> None:
    assert compare(months(1), natural(31)) is DEPENDS
    assert not may_exceed(months(1), natural(31))
    assert may_exceed(natural(31), months(1))


@pytest.mark.parametrize(
    ("limit", "equivalent"),
    [(working(20), "20"), (natural(7), "5"), (natural(30), "21"), (natural(0), "0"), (months(1), "21")],
)
def test_a_limit_has_a_usual_number_of_working_days(limit: TimeLimit, equivalent: str) -> None:
    assert working_day_equivalent(limit) == Decimal(equivalent)


@settings(deadline=None)  # the first example measures its limits over 8,401 start days
@given(limits, limits)
def test_the_comparison_agrees_with_the_deadlines_themselves(left: TimeLimit, right: TimeLimit) -> None:
    calendar, seen = national(Unannounced.WEEKDAYS), set()
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2025, 12, 31).toordinal(), 7):
        start = date.fromordinal(ordinal)
        first, second = (calendar.deadline(start, limit.amount, limit.unit).day for limit in (left, right))
        seen.add(EQUAL if first == second else LONGER if first > second else SHORTER)
    answer = compare(left, right)
    assert answer is DEPENDS or seen == {answer}
    assert compare(right, left) is OPPOSITE[answer]
    if LONGER in seen:
        assert may_exceed(left, right)


@settings(deadline=None)
@given(limits, limits)
def test_what_is_certainly_longer_never_has_the_smaller_equivalent(left: TimeLimit, right: TimeLimit) -> None:
    if compare(left, right) is LONGER:
        assert working_day_equivalent(left) >= working_day_equivalent(right)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("工作日", Unit.WORKING_DAY),
        (" 个工作日", Unit.WORKING_DAY),
        ("自然日", Unit.NATURAL_DAY),
        ("个月", Unit.CALENDAR_MONTH),
        ("working_day", Unit.WORKING_DAY),
    ],
)
def test_a_unit_is_read_from_its_chinese_name(label: str, unit: Unit) -> None:
    assert parse_unit(label) is unit


@pytest.mark.parametrize(
    ("label", "code"), [("天", "limit_unit_ambiguous"), ("小时", "limit_unit_unknown"), ("", "limit_unit_unknown")]
)
def test_a_unit_that_says_too_little_is_refused(label: str, code: str) -> None:
    with pytest.raises(LimitError) as caught:
        parse_unit(label)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("amount", "unit", "code"),
    [
        (-1, Unit.WORKING_DAY, "limit_amount"),
        (99999, Unit.NATURAL_DAY, "limit_amount"),
        (121, Unit.CALENDAR_MONTH, "limit_amount"),
        (5, Unit.NTH_DAY_OF_MONTH, "limit_unit"),
    ],
)
def test_an_amount_that_cannot_be_a_limit_is_refused(amount: int, unit: Unit, code: str) -> None:
    with pytest.raises(LimitError) as caught:
        TimeLimit(amount, unit)
    assert caught.value.code == code


def test_a_calendar_too_short_for_the_limit_says_so() -> None:
    with pytest.raises(CalendarNotAnnounced):
        LimitScale(WorkingCalendar({}, {2025})).compare(working(400), natural(500))


def test_the_longest_limits_allowed_can_still_be_compared() -> None:
    assert compare(working(2500), months(120)) is DEPENDS
    assert compare(natural(3653), months(120)) is DEPENDS


def test_ten_thousand_comparisons_take_well_under_a_second() -> None:
    pick = random.Random(20210101)
    amounts = (1, 3, 5, 7, 10, 15, 20, 30, 40, 45, 60, 90, 91, 150)
    pool = [make(amount) for make in (working, natural) for amount in amounts]
    pairs = [(pick.choice(pool), pick.choice(pool)) for _ in range(10_000)]
    scale = LimitScale(national())
    started = time.process_time()
    for left, right in pairs:
        scale.compare(left, right)
        scale.working_day_equivalent(left)
    assert time.process_time() - started < 1.0


@pytest.fixture(params=[REAL_LIST, DEMO_LIST], ids=["real", "demo"])
def shared_rows(request: pytest.FixtureRequest) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
    """Each row of the city whose catalogue code the province has too, with the province's rows of that code."""
    if not request.param.exists():
        pytest.skip(f"{request.param.name} of {request.node.callspec.id} data is not there: nothing to compare")
    with request.param.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    of_province = defaultdict(list)
    for row in rows:
        if row["area_code"] == "440000":
            of_province[row["catalog_code"]].append(row)
    city = [row for row in rows if row["area_code"] == "440100"]
    return [(row, of_province[row["catalog_code"]]) for row in city if row["catalog_code"] in of_province]


def limit_of(row: dict[str, str]) -> TimeLimit:
    return TimeLimit(int(row["statutory_days"]), parse_unit(row["statutory_unit"]))


def test_the_city_shares_57_rows_and_41_codes_with_the_province(
    shared_rows: list[tuple[dict[str, str], list[dict[str, str]]]],
) -> None:
    assert len(shared_rows) == 57
    assert len({row["catalog_code"] for row, _ in shared_rows}) == 41


def test_the_statutory_limit_of_19_shared_rows_differs_after_conversion(
    shared_rows: list[tuple[dict[str, str], list[dict[str, str]]]],
) -> None:
    kinds: Counter[str] = Counter()
    for row, superiors in shared_rows:
        own, theirs = limit_of(row), {limit_of(superior) for superior in superiors}
        if all(compare(own, limit) is EQUAL for limit in theirs):
            continue
        number = own.amount not in {limit.amount for limit in theirs}
        unit = own.unit not in {limit.unit for limit in theirs}
        kinds[f"number={number} unit={unit}"] += 1
    assert kinds == {"number=True unit=False": 13, "number=True unit=True": 1, "number=False unit=True": 5}


def test_all_six_differences_of_unit_make_the_city_certainly_slower(
    shared_rows: list[tuple[dict[str, str], list[dict[str, str]]]],
) -> None:
    answers = [
        compare(limit_of(row), limit_of(superior))
        for row, superiors in shared_rows
        for superior in superiors[:1]
        if row["statutory_unit"] != superior["statutory_unit"]
    ]
    assert answers == [LONGER] * 6
