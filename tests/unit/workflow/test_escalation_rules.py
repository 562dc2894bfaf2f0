"""To whom what is late goes next, and when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.workflow.escalations import rules
from services.workflow.escalations.rules import DEFAULT_LADDER, Risen, Step
from shared import clock as shared_clock
from shared.calendar.working_days import Unannounced, national

CALENDAR = national(Unannounced.WEEKDAYS)
ROLES = ("compiler", "principal", "reviewer", "joint_reviewer", "legality_reviewer", "decider", "list_authority")
THURSDAY = datetime(2026, 3, 26, 23, 59, 59, tzinfo=shared_clock.ZONE)
LADDERS = st.lists(
    st.builds(Step, st.sampled_from(ROLES), st.sampled_from(ROLES), st.integers(0, 10)),
    max_size=6, unique_by=lambda step: step.role,
)  # fmt: skip


def test_the_shipped_ladder_ends_and_leads_everybody_to_the_government() -> None:
    assert rules.circle(DEFAULT_LADDER) == []
    for step in DEFAULT_LADDER:
        risen: tuple[str, ...] = ()
        while following := rules.following(DEFAULT_LADDER, step.role, risen):
            risen += (following.to,)
        assert risen[-1] == "decider"


def test_a_step_is_taken_at_the_beginning_of_its_working_day() -> None:
    step = Step("reviewer", "decider", 3)
    assert rules.rises_at(step, THURSDAY, CALENDAR) == datetime(2026, 3, 31, tzinfo=shared_clock.ZONE)
    assert rules.rises_at(Step("reviewer", "decider", 0), THURSDAY, CALENDAR) == THURSDAY


@given(LADDERS, st.sampled_from(ROLES), st.integers(0, 400))
def test_it_rises_to_nobody_twice_never_back_and_comes_to_an_end(ladder: list[Step], role: str, days: int) -> None:
    before, now = None, datetime(2026, 1, 5, tzinfo=UTC)
    since = now
    for _ in range(20):
        after = rules.look(ladder, role, since, before, now, CALENDAR)
        assert after.roles[: len(before.roles) if before else 0] == (before.roles if before else ())
        assert len(set(after.roles)) == len(after.roles)
        assert role not in after.roles
        assert len(after.roles) - len(before.roles if before else ()) <= 1, "one step at a look"
        before, now = after, now + timedelta(days=days)
    if days >= 30:
        assert before is not None
        assert before.next_at is None


@given(LADDERS)
def test_a_circle_is_found_where_there_is_one(ladder: list[Step]) -> None:
    found = rules.circle(ladder)
    after = {step.role: step.to for step in ladder}
    if found:
        assert found[0] == found[-1]
        assert all(after[one] == other for one, other in pairwise(found))
    for role in after:
        path, at = [role], after.get(role)
        while at is not None and at not in path:
            path.append(at)
            at = after.get(at)
        assert (at is None) or bool(found)


def test_who_looks_again_before_the_time_changes_nothing() -> None:
    known = Risen((), datetime(2026, 4, 1, tzinfo=UTC))
    now = datetime(2026, 3, 31, tzinfo=UTC)
    assert rules.look(DEFAULT_LADDER, "reviewer", THURSDAY, known, now, CALENDAR) == known
