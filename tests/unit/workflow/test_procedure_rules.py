"""Procedures as data, walked and planned without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.clocks.rules import due_at, is_overdue
from services.workflow.decisions import rules as decisions
from services.workflow.procedures import rules
from services.workflow.procedures.rules import ReviewStep, Step
from shared import clock, problems

CODES = ("a", "b", "c", "d")
STEPS = st.lists(
    st.builds(
        Step,
        code=st.sampled_from(CODES),
        title=st.just("环节"),
        act=st.sampled_from((*rules.ACTS, "other")),
        role=st.sampled_from((*sorted(rules.ROLES), "other")),
        next=st.none() | st.sampled_from((*CODES, "gone")),
    ),
    max_size=5,
)


def places_wrong(steps: list[Step]) -> list[str]:
    """Pointers of what a template is refused for; empty when it is accepted."""
    try:
        rules.check_steps(steps)
    except problems.Invalid as refused:
        return [error.pointer for error in refused.errors]
    return []


@given(STEPS)
def test_a_template_that_is_accepted_can_be_walked_from_signature_over_review_to_decision(steps: list[Step]) -> None:
    errors = places_wrong(steps)
    if errors:
        assert all(pointer.startswith("/steps") for pointer in errors)
        return
    path, closed = rules.walk(steps)
    acts = [next(step.act for step in steps if step.code == code) for code in path]
    assert closed
    assert sorted(path) == sorted(step.code for step in steps)
    assert acts[0] == "sign"
    assert acts[-1] == "decide"
    assert "review" in acts


@pytest.mark.parametrize("template", rules.BUILT_IN, ids=lambda template: template.code)
def test_the_built_in_procedures_pass_their_own_check(template: rules.Template) -> None:
    rules.check_steps(template.steps)
    stored = rules.steps_from([step.as_data() for step in template.steps])
    assert tuple(stored) == template.steps


@given(st.lists(st.uuids(), min_size=1, max_size=4))
def test_every_organ_signs_once_and_the_region_acts_once(organs: list[UUID]) -> None:
    planned = rules.plan(rules.BUILT_IN[1].steps, [*organs, organs[0]])
    signing = [step.organ_id for step in planned if step.act == "sign"]
    assert signing == list(dict.fromkeys(organs))
    assert [step.number for step in planned if step.act != "sign"] == [2, 3, 4]
    assert {step.number for step in planned if step.act == "sign"} == {1}


def step_of(act: str, state: str, organ: UUID | None = None) -> ReviewStep:
    return ReviewStep(
        uuid4(),
        uuid4(),
        1,
        1,
        act,
        f"环节{act}",
        act,
        "r",
        "1",
        organ,
        state,
        None,
        [],
        None,
        None,
        None,
        None,
        None,
        None,
    )


def test_only_the_open_step_can_be_closed() -> None:
    steps = [step_of("sign", "passed"), step_of("review", "open"), step_of("decide", "waiting")]
    assert decisions.open_step(steps, "review") is steps[1]
    with pytest.raises(problems.IllegalTransition) as refused:
        decisions.open_step(steps, "decide")
    assert refused.value.extra["allowed"] == ["review"]


def test_who_heads_several_organs_says_for_which_he_signs() -> None:
    first, second = uuid4(), uuid4()
    steps = [step_of("sign", "open", first), step_of("sign", "open", second)]
    assert decisions.step_to_sign(steps, second, lambda _: True) is steps[1]
    with pytest.raises(problems.Invalid):
        decisions.step_to_sign(steps, None, lambda _: True)
    with pytest.raises(problems.Forbidden):
        decisions.step_to_sign(steps, first, lambda step: step.organ_id == second)


def test_a_decision_of_tomorrow_is_not_recorded_today() -> None:
    decisions.check_decision_date(date(2026, 3, 2), date(2026, 3, 2))
    with pytest.raises(problems.Invalid):
        decisions.check_decision_date(date(2026, 3, 3), date(2026, 3, 2))


def test_a_limit_counts_working_days_across_a_holiday_and_ends_with_the_day() -> None:
    # Wednesday before National Day 2025: 1-8 October off, Sunday 28 September and Saturday 11 October worked.
    opened = datetime(2025, 9, 30, 2, 0, tzinfo=UTC)
    due = due_at(opened, 3)
    assert due == datetime(2025, 10, 11, 23, 59, 59, tzinfo=clock.ZONE)
    assert not is_overdue(due, datetime(2025, 10, 11, 15, 59, tzinfo=UTC))
    assert is_overdue(due, datetime(2025, 10, 11, 16, 0, 1, tzinfo=UTC))


@given(st.timedeltas(timedelta(0), timedelta(days=40 * 365)), st.integers(1, 250))
def test_every_step_has_a_due_date_whatever_the_year(later: timedelta, days: int) -> None:
    opened = datetime(2020, 1, 1, tzinfo=UTC) + later
    due = due_at(opened, days)
    assert due is not None
    assert due > opened


def test_no_limit_means_never_overdue() -> None:
    assert due_at(datetime(2026, 1, 1, tzinfo=UTC), None) is None
    assert not is_overdue(None, datetime(2026, 1, 1, tzinfo=UTC))
