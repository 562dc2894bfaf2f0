"""Who stands before whom: shares, ties, reasons, and how far a matter has gone."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.standings import rules
from services.workflow.standings.rules import Fact
from shared import problems

AT = datetime(2017, 10, 1, tzinfo=UTC)


def fact(number: int, organ: int, met: int | None, *, subject: str = "list", due: int = 10) -> Fact:
    """Something due `due` days before the counting, met so many days after that."""
    due_at = AT - timedelta(days=due)
    return Fact(
        source="obligation", id=UUID(int=number), subject=subject, title="事项", organ_id=UUID(int=organ),
        organ_name=f"单位{organ}", region_code="130922000000", region_name="青县", due_at=due_at,
        met_at=None if met is None else due_at + timedelta(days=met),
    )  # fmt: skip


def test_what_was_met_after_the_counting_is_not_met_yet() -> None:
    late = fact(1, 1, 20)
    assert rules.outcome(late, AT) == rules.UNMET
    assert rules.outcome(late, AT + timedelta(days=30)) == rules.LATE
    assert (rules.delay(late, AT), rules.delay(late, AT + timedelta(days=30))) == (10, 20)


def test_a_list_that_is_not_there_is_slow_and_a_paper_that_did_not_come_is_not_reported() -> None:
    assert rules.reason(fact(1, 1, None), AT) == rules.SLOW
    for subject in ("plan", "summary", "document", "submission", "report"):
        assert rules.reason(fact(1, 1, None, subject=subject), AT) == rules.NOT_REPORTED
    assert rules.reason(fact(1, 1, 1, subject="report"), AT) == rules.LATE
    assert rules.reason(fact(1, 1, 0), AT) is None


def test_equal_units_share_a_rank_and_the_next_rank_is_left_out() -> None:
    facts = [fact(1, 1, 0), fact(2, 2, 0), fact(3, 3, 2), fact(4, 4, None), fact(5, 5, 0)]
    found = rules.ranked(facts, "lead", AT)
    assert [(each.unit.name, each.rank, each.tied) for each in found] == [
        ("单位1", 1, True), ("单位2", 1, True), ("单位5", 1, True), ("单位3", 4, False), ("单位4", 5, False),
    ]  # fmt: skip


def test_of_equal_shares_the_fewer_unmet_then_late_then_days_come_first() -> None:
    slow = [fact(1, 1, 0), fact(2, 1, None)]
    late = [fact(3, 2, 0), fact(4, 2, 5)]
    later = [fact(5, 3, 0), fact(6, 3, 6)]
    found = rules.ranked([*slow, *later, *late], "lead", AT)
    assert [each.unit.name for each in found] == ["单位2", "单位3", "单位1"]
    assert [each.percentage for each in found] == [50.0, 50.0, 50.0]


def test_what_was_criticised_before_and_is_still_not_done_goes_further() -> None:
    facts = [fact(1, 1, None), fact(2, 2, None), fact(3, 3, 4), fact(4, 4, 0)]
    levels = {each.unit.name: each.level for each in rules.ranked(facts, "lead", AT, {UUID(int=1), UUID(int=3)})}
    assert levels == {"单位1": "accountability", "单位2": "criticism", "单位3": "reminder", "单位4": "none"}


def test_a_period_is_counted_up_to_now_and_never_backwards() -> None:
    begun = date(2017, 6, 20)
    assert rules.period(None, None, begun, AT)[2] == AT
    assert rules.period(None, date(2017, 9, 30), begun, AT + timedelta(days=9))[2] < AT + timedelta(days=1)
    for first, last in ((date(2017, 9, 2), date(2017, 9, 1)), (date(2018, 1, 1), None)):
        with pytest.raises(problems.Invalid):
            rules.period(first, last, begun, AT)


_FACTS = st.lists(
    st.builds(
        fact, st.integers(1, 10**9), st.integers(1, 6), st.none() | st.integers(-20, 40),
        subject=st.sampled_from(["list", "report", "plan"]), due=st.integers(0, 60),
    ),
    max_size=40,
)  # fmt: skip


@given(_FACTS)
def test_nothing_is_lost_ranks_follow_the_order_and_do_not_hang_on_the_order_of_the_rows(facts: list[Fact]) -> None:
    found = rules.ranked(facts, "organ", AT)
    assert sum(each.counted for each in found) == len(facts)
    for each in found:
        assert each.in_time + each.late + each.unmet == each.counted
        assert bool(each.reasons) == (each.in_time < each.counted)
        assert 0 <= each.percentage <= 100
        # Competition ranks: one more than there are units that are better.
        better = [other for other in found if rules._order(other) < rules._order(each)]
        assert each.rank == len(better) + 1
        assert each.tied == (sum(other.rank == each.rank for other in found) > 1)
    again = rules.ranked(list(reversed(facts)), "organ", AT)
    assert [(each.unit.key, each.rank) for each in again] == [(each.unit.key, each.rank) for each in found]
