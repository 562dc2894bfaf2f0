"""Handling records against the list: what is extra, what is late, what is warned of."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.handling import rules
from services.workflow.handling.rules import DEFAULT_THRESHOLDS, UNLISTED, Handled, Listed
from services.workflow.oversight import rules as oversight
from services.workflow.rectification import rules as rectification
from shared import problems
from shared.calendar.working_days import Unannounced, national
from shared.clock import ZONE

CALENDAR = national(Unannounced.WEEKDAYS)
BEGIN = datetime(2026, 3, 5, 10, tzinfo=ZONE)
TEN_DAYS = {"amount": 10, "unit": "working_day"}
LISTED = Listed(standing="in_use", version=1, promised=TEN_DAYS, statutory={"amount": 20, "unit": "working_day"},
                materials=[{"name": "申请表"}], fees=[], charged=False)  # fmt: skip


def handled(**more: Any) -> Handled:
    return Handled(**({"accepted_at": BEGIN, "materials": ["申请表"]} | more))


def kinds(record: Handled, listed: Listed, now: datetime = BEGIN) -> list[str]:
    course = rules.course(record, listed, DEFAULT_THRESHOLDS, CALENDAR, [], now)
    return [each.kind for each in rules.violations(record, listed, course, now)]


@pytest.mark.parametrize("standing", ["unlisted", "not_yet", "suspended", "cancelled"])
def test_what_may_not_be_handled_at_all_is_one_violation_and_has_no_limit(standing: str) -> None:
    listed = Listed(standing=standing, promised=TEN_DAYS, materials=[])
    assert kinds(handled(), listed, BEGIN + timedelta(days=400)) == [standing]


def test_an_old_code_is_a_violation_and_its_limits_hold_all_the_same() -> None:
    listed = Listed(standing="replaced", promised=TEN_DAYS, materials=[])
    assert kinds(handled(), listed, BEGIN + timedelta(days=40)) == ["replaced", "extra_material", "limit_exceeded"]


@pytest.mark.parametrize(
    ("given_names", "extra"),
    [
        (["申请表"], None),
        (["《申请表》", "申 请 表"], None),
        (["申请表", "学历证明", "学历证明"], ["学历证明"]),
        ([], None),
    ],
)
def test_names_of_materials_are_compared_as_people_read_them(given_names: list[str], extra: list[str] | None) -> None:
    found = rules.violations(handled(materials=given_names), LISTED, rules.Course(), BEGIN)
    assert [dict(each.proof).get("extra") for each in found] == ([extra] if extra else [])


def test_a_list_that_says_nothing_of_materials_or_fees_accuses_nobody() -> None:
    silent = Listed(standing="in_use")
    assert kinds(handled(fees=[("工本费", Decimal(10))]), silent) == []


@pytest.mark.parametrize(
    ("fees", "amount", "expected"),
    [
        ([{"name": "工本费", "amount": "10.00"}], "10", []),
        ([{"name": "工本费", "amount": "10.00"}], "10.01", ["excess_fee"]),
        ([{"name": "工本费", "amount": "按件计收"}], "500", []),
        ([], "0", []),
        ([], "1", ["extra_fee"]),
        (None, "1", ["extra_fee"]),
        ([{"name": "工本费", "amount": "80.00"}, {"name": "工本费", "amount": "10.00"}], "80", []),
        ([{"name": "工本费", "amount": "10.00"}, {"name": "工本费", "amount": "80.00"}], "81", ["excess_fee"]),
        ([{"name": "工本费", "amount": "按件计收"}, {"name": "工本费", "amount": "10.00"}], "500", []),
    ],
)
def test_fees_are_held_against_the_list(fees: Any, amount: str, expected: list[str]) -> None:
    listed = Listed(standing="in_use", fees=fees, charged=False)
    assert kinds(handled(fees=[("工本费", Decimal(amount))]), listed) == expected


@pytest.mark.parametrize("value", [None, {}, [], "10", {"amount": True, "unit": "working_day"},
                                   {"amount": -1, "unit": "working_day"}, {"amount": 10, "unit": "hour"},
                                   {"amount": 10**9, "unit": "natural_day"}])  # fmt: skip
def test_a_limit_that_is_none_is_left_out(value: Any) -> None:
    assert rules.limit_of(value) is None


@given(
    elapsed=st.integers(min_value=0, max_value=60 * 24 * 60),
    told=st.integers(min_value=0, max_value=60 * 24 * 60),
)
def test_whatever_is_told_when_the_same_grade_is_never_told_twice(elapsed: int, told: int) -> None:
    first, then = sorted((elapsed, told))
    course = rules.course(handled(), LISTED, DEFAULT_THRESHOLDS, CALENDAR, [], BEGIN)
    grade, after = rules.told(course.warnings, BEGIN + timedelta(minutes=first))
    again = rules.course(handled(), LISTED, DEFAULT_THRESHOLDS, CALENDAR, after, BEGIN + timedelta(minutes=then))
    assert [each for each in again.warnings if each.told_at] == [each for each in after if each.told_at]
    later, _ = rules.told(again.warnings, BEGIN + timedelta(minutes=then))
    assert grade is None or later != grade


@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.text(min_size=1, max_size=8), max_size=6))
def test_only_what_the_list_does_not_have_is_extra(listed_names: list[str], asked: list[str]) -> None:
    listed = Listed(standing="in_use", materials=[{"name": name} for name in listed_names])
    found = rules.violations(handled(materials=asked), listed, rules.Course(), BEGIN)
    extra = [name for each in found for name in each.proof["extra"]]
    allowed = {rules.folded(name) for name in listed_names}
    assert extra == [name for name in dict.fromkeys(asked) if rules.folded(name) not in allowed]


def test_a_record_that_waits_or_is_done_is_not_warned_of() -> None:
    waiting = handled(pauses=[(BEGIN, None)])
    done = handled(completed_at=BEGIN)
    for record in (waiting, done):
        assert rules.course(record, LISTED, DEFAULT_THRESHOLDS, CALENDAR, [], BEGIN).next_at is None
    assert rules.course(handled(), UNLISTED, DEFAULT_THRESHOLDS, CALENDAR, [], BEGIN).warnings == []


@pytest.mark.parametrize("unit", ["working_day", "natural_day"])
def test_a_pause_that_begins_after_a_limit_has_run_out_does_not_revive_it(unit: str) -> None:
    promised = {"amount": 5, "unit": unit}
    listed = Listed(standing="in_use", promised=promised, statutory={"amount": 60, "unit": "natural_day"})
    late, back = BEGIN + timedelta(days=15), BEGIN + timedelta(days=30)
    plain = handled(completed_at=back)
    waited = handled(completed_at=back, pauses=[(late, back)])
    assert kinds(waited, listed, back) == kinds(plain, listed, back) == ["limit_exceeded"]
    courses = [rules.course(each, listed, DEFAULT_THRESHOLDS, CALENDAR, [], back) for each in (plain, waited)]
    assert courses[0].due_at == courses[1].due_at
    assert courses[0].statutory_due_at != courses[1].statutory_due_at, "the limit of the law had not run out"


def test_a_pause_in_time_moves_the_limit_so_that_the_next_may_be_in_time_too() -> None:
    listed = Listed(standing="in_use", promised={"amount": 5, "unit": "natural_day"})
    began, ended, again, back = (BEGIN + timedelta(days=n) for n in (4, 14, 15, 25))
    twice = handled(pauses=[(began, ended), (again, back)], completed_at=back)
    assert kinds(twice, listed, back) == []


def test_an_order_escalates_to_the_government_and_then_upwards_and_never_to_the_nation() -> None:
    chain = ("130922000000", "130900000000", "000000000000")
    ladder = [rectification.rung(level, chain) for level in range(5)]
    assert ladder[0] is ladder[4] is None
    assert ladder[1:4] == [("decider", "130922000000"), ("reviewer", "130900000000"), ("decider", "130900000000")]


@pytest.mark.parametrize(
    ("remedy", "entry", "fine"),
    [
        ("stop", {"state": "in_use", "version": 2, "basis_digest": 1}, False),
        ("stop", {"state": "cancelled", "version": 2, "basis_digest": 1}, True),
        ("change", {"state": "in_use", "version": 1, "basis_digest": 1}, False),
        ("change", {"state": "in_use", "version": 2, "basis_digest": 1}, True),
        ("complete_basis", {"state": "in_use", "version": 2, "basis_digest": 1}, False),
        ("complete_basis", {"state": "in_use", "version": 2, "basis_digest": 5}, True),
        ("correct", {"state": "in_use", "version": 1, "basis_digest": 1}, True),
        ("stop", None, True),
    ],
)
@pytest.mark.req("ZZ-29")
def test_whether_an_order_is_done_is_looked_up_in_the_list(remedy: str, entry: Any, fine: bool) -> None:
    order = {"remedy": remedy, "evidence": [{}], "base": {"version": 1, "state": "in_use", "basis_digest": 1}}
    assert (rectification.unfinished(order, entry, None) is None) == fine
    assert rectification.unfinished(order | {"evidence": []}, entry, None)
    assert rectification.unfinished(order, entry, "in_review")


@pytest.mark.parametrize("shares", [[80, 50], [50, 50]])
def test_thresholds_come_in_order_and_once(shares: list[int]) -> None:
    with pytest.raises(problems.Invalid):
        oversight.check_thresholds(shares)
