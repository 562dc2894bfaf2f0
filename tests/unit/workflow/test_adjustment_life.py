"""The life of an adjustment as a pure state machine."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.workflow.adjustments import rules
from services.workflow.adjustments.rules import Act, State
from shared import problems

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ORDER = (
    (State.DRAFT, Act.SUBMIT),
    (State.CHECKING, Act.ACCEPT_CHECK),
    (State.SIGNING, Act.FINISH_SIGNING),
    (State.IN_REVIEW, Act.DECIDE),
    (State.DECIDED, Act.APPLY),
)


def test_the_straight_way_leads_from_draft_to_effect() -> None:
    state = State.DRAFT
    for expected, act in ORDER:
        assert state is expected
        state = rules.next_state(state, act)
    assert state is State.EFFECTIVE


@given(st.sampled_from(State), st.sampled_from(Act))
def test_an_act_either_leads_on_or_is_refused_with_what_is_allowed(state: State, act: Act) -> None:
    if (state, act) in rules.TRANSITIONS:
        assert rules.next_state(state, act) is rules.TRANSITIONS[state, act]
        return
    with pytest.raises(problems.IllegalTransition, match=rules.STATE_TITLES[state]) as refused:
        rules.next_state(state, act)
    assert refused.value.extra["allowed"] == rules.allowed(state)


@pytest.mark.parametrize("state", list(State))
def test_what_is_told_as_allowed_is_possible_and_never_an_act_of_the_system(state: State) -> None:
    for name in rules.allowed(state):
        assert Act(name) not in rules.SYSTEM_ACTS
        rules.next_state(state, Act(name))


def test_a_decided_adjustment_cannot_be_edited_or_withdrawn() -> None:
    for state in (State.DECIDED, State.SCHEDULED, State.EFFECTIVE):
        for act in (Act.EDIT, Act.WITHDRAW, Act.SUBMIT, Act.REBASE, Act.DECIDE):
            with pytest.raises(problems.IllegalTransition):
                rules.next_state(state, act)


class Life(RuleBasedStateMachine):
    """Any sequence of acts: what has effect was checked, signed and decided since it was last edited."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.DRAFT
        self.since_edit: list[Act] = []

    @precondition(lambda self: self.state not in rules.CLOSED)
    @rule(act=st.sampled_from(Act))
    def act(self, act: Act) -> None:
        try:
            self.state = rules.next_state(self.state, act)
        except problems.IllegalTransition:
            return
        if act in (Act.EDIT, Act.REBASE):
            self.since_edit = []
        self.since_edit.append(act)

    @precondition(lambda self: self.state in rules.CLOSED)
    @rule()
    def nothing_more(self) -> None:
        assert rules.allowed(self.state) == []

    @invariant()
    def nothing_is_decided_without_check_and_signatures(self) -> None:
        if self.state in (State.DECIDED, State.SCHEDULED, State.EFFECTIVE):
            # What a region has freed from review is decided by its rule; it is checked all the same.
            checked = (Act.PASS_MINOR,) if Act.PASS_MINOR in self.since_edit else (Act.ACCEPT_CHECK, Act.FINISH_SIGNING)
            for needed in (Act.SUBMIT, *checked):
                assert needed in self.since_edit

    @invariant()
    def effect_follows_a_decision(self) -> None:
        if self.state is State.EFFECTIVE:
            assert {Act.DECIDE, Act.SCHEDULE, Act.PASS_MINOR} & set(self.since_edit)

    @invariant()
    def somebody_can_always_do_something_until_it_is_closed(self) -> None:
        if self.state not in rules.CLOSED:
            assert any(state is self.state for state, _ in rules.TRANSITIONS)


TestLife = Life.TestCase


@given(st.lists(st.uuids(), max_size=5), st.uuids())
def test_exactly_those_who_compiled_are_refused(compilers: list[object], account: object) -> None:
    compiled_by = [str(each) for each in compilers]
    if str(account) in compiled_by:
        with pytest.raises(problems.Forbidden) as refused:
            rules.refuse_own(account, compiled_by)  # type: ignore[arg-type]
        assert refused.value.code == "own_compilation"
    else:
        rules.refuse_own(account, compiled_by)  # type: ignore[arg-type]


def test_a_compiler_is_refused_with_a_reason_in_chinese() -> None:
    account = uuid4()
    with pytest.raises(problems.Forbidden, match="编制"):
        rules.refuse_own(account, [str(account)])


@given(st.one_of(st.none(), st.timedeltas(timedelta(days=-30), timedelta(days=30))))
def test_effect_is_never_before_the_decision(distance: timedelta | None) -> None:
    wanted = None if distance is None else NOW + distance
    act, effective_at = rules.effect_of_decision(wanted, NOW)
    assert effective_at >= NOW
    assert (act is Act.SCHEDULE) == (wanted is not None and wanted > NOW)


@pytest.mark.parametrize("distance", [timedelta(0), timedelta(days=-1), timedelta(days=4000)])
def test_an_instant_of_effect_in_the_past_or_absurdly_far_is_refused(distance: timedelta) -> None:
    with pytest.raises(problems.Invalid) as refused:
        rules.check_effective_at(NOW + distance, NOW)
    assert refused.value.errors[0].pointer == "/effective_at"


def test_the_triggers_are_those_of_the_taxonomy() -> None:
    assert len(rules.TRIGGERS) == 17
    assert "SUPERIOR_CANCEL" in rules.TRIGGERS
