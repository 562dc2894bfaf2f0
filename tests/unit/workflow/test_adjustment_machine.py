"""Any sequence of acts on an adjustment, by anybody, in any procedure: the rules of the whole way, in memory."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, State
from services.workflow.decisions import rules as decisions
from services.workflow.disputes import rules as disputes
from services.workflow.filings import rules as filings
from services.workflow.preparations import rules as preparations
from services.workflow.procedures import presets
from services.workflow.procedures import rules as procedures
from services.workflow.procedures.rules import AFTERWARDS, Charged, ReviewStep
from services.workflow.suspensions import rules as suspensions
from shared import problems

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PEOPLE = [uuid4() for _ in range(5)]
ORGANS = [uuid4(), uuid4()]
JOINT = [Charged(role="joint_reviewer", organ_id=uuid4(), name="财政局")]
# What ends a step, by what is done there: good and bad ends of preparing steps as their rules know them.
ENDS = {
    "confirm": ("confirmed", "objected"),
    "comment": ("pass", "return"),
    "assess": ("feasible", "infeasible"),
    "hear": ("held", "omitted", "returned"),
    "consult": ("agreed", "not_agreed"),
    "report": ("reported",),
}
ACTS = [act for act in procedures.ACTS if act not in AFTERWARDS]
BEFORE_ANYBODY_ELSE = frozenset({State.DRAFT, State.CHECKING, State.RETURNED})


class Way(RuleBasedStateMachine):
    """The state of one adjustment, moved by the same pure rules that the services ask."""

    @initialize(template=st.sampled_from(presets.BUILT_IN), organs=st.integers(1, 2), joint=st.booleans())
    def begin(self, template: procedures.Template, organs: int, joint: bool) -> None:
        self.template, self.organs, self.joint = template, ORGANS[:organs], JOINT if joint else []
        self.state = State.DRAFT
        self.steps: list[ReviewStep] = []
        self.submission = 0
        self.compiled_by = [str(PEOPLE[0])]
        self.approved_by: list[UUID] = []
        self.decided_by: UUID | None = None
        self.published = self.filed = False
        self.suspended = 0
        self.disputes: dict[UUID, str] = {}

    @rule(person=st.sampled_from(PEOPLE))
    def edit(self, person: UUID) -> None:
        if self._moved(Act.EDIT) and str(person) not in self.compiled_by:
            self.compiled_by.append(str(person))

    @rule(person=st.sampled_from(PEOPLE))
    def submit(self, person: UUID) -> None:
        if self._moved(Act.SUBMIT):
            self.submission += 1
            self.approved_by = []
            if str(person) not in self.compiled_by:
                self.compiled_by.append(str(person))

    @rule()
    def withdraw(self) -> None:
        if self._moved(Act.WITHDRAW):
            self._stop()

    @rule()
    def suspend(self) -> None:
        if self._moved(Act.SUSPEND):
            self.suspended += 1

    @rule(at=st.integers(-1, 1))
    def resume(self, at: int) -> None:
        held = self.state is State.HELD
        if self._moved(Act.RESUME) and held:
            assert suspensions.effect(NOW + timedelta(days=at), NOW) >= NOW

    @rule()
    def revoke(self) -> None:
        if self._moved(Act.REVOKE):
            self.decided_by = None
            self._stop()

    @rule()
    def rebase(self) -> None:
        in_conflict = self.state is State.CONFLICT
        if self._moved(Act.REBASE) and in_conflict:
            self._stop()
            self.decided_by, self.published, self.filed = None, False, False

    @rule(sound=st.booleans())
    def check(self, sound: bool) -> None:
        if not self._moved(Act.ACCEPT_CHECK if sound else Act.REFUSE_CHECK) or not sound:
            return
        of_all: dict[str, Any] = {
            "adjustment_id": ORGANS[0],
            "submission": self.submission,
            "region_code": "130922000000",
        }
        self.steps = [
            ReviewStep(**vars(step), **of_all, id=uuid4(), state="open" if step.number == 1 else "waiting")
            for step in procedures.plan(self.template.steps, self.organs, self.joint)
        ]

    @rule()
    def fall_due(self) -> None:
        self._moved(Act.FALL_DUE)

    @rule()
    def apply(self) -> None:
        if self._moved(Act.APPLY):
            (decided,) = [step for step in self.steps if step.act == "decide"]
            self._open(procedures.following(self.steps, decided.number))

    @rule()
    def refuse_at_effect(self) -> None:
        if self.decided_by is not None:
            self._moved(Act.CONFLICT)

    @rule()
    def publish(self) -> None:
        """The publication tells of what took effect, and of nothing else."""
        if self.state is State.EFFECTIVE:
            self.published = True
            for step in [step for step in self.steps if step.act == "publish" and step.state == "open"]:
                self._close(step, "passed")
                self._open(procedures.following(self.steps, step.number))

    # -- those who review, prepare and decide --

    @rule(person=st.sampled_from(PEOPLE), act=st.sampled_from(ACTS), which=st.integers(0, 3), end=st.integers(0, 2))
    def act(self, person: UUID, act: str, which: int, end: int) -> None:
        opened = [step for step in self.steps if step.state == "open"]
        named = opened[which % len(opened)].id if opened and which else None
        try:
            life.refuse_own(person, self.compiled_by)
            life.next_state(self.state, decisions.ACT_OF_STEP[act])
            step = decisions.step_to_close(self.steps, act, lambda _: True, named)
            disputes.refuse_confirmation(step, set(self.disputes))
            passes = self._passes(step, end)
        except problems.Problem:
            return
        if not passes:
            self.state = life.next_state(self.state, Act.RETURN)
            self._close(step, "returned")
            self._stop()
            return
        self._close(step, "passed")
        self.approved_by.append(person)
        self._go_on(person, step, end)

    @rule(which=st.integers(0, 3), person=st.sampled_from(PEOPLE))
    def dispute(self, which: int, person: UUID) -> None:
        opened = [step for step in self.steps if step.state == "open" and step.act == "confirm"]
        try:
            life.refuse_own(person, self.compiled_by)
            life.next_state(self.state, Act.PREPARE)
            step = decisions.step_to_close(self.steps, "confirm", lambda _: True, opened[which % len(opened)].id)
            disputes.refuse_confirmation(step, set(self.disputes))
        except (problems.Problem, ZeroDivisionError):
            return
        self.disputes[step.id] = "consulting"

    @rule(person=st.sampled_from(PEOPLE), ruling=st.sampled_from([None, "upheld", "amended"]), consulting=st.booleans())
    def settle(self, person: UUID, ruling: str | None, consulting: bool) -> None:
        wanted = "consulting" if consulting else "escalated"
        try:
            dispute = next(iter(self.disputes))
            life.refuse_own(person, self.compiled_by)
            disputes.require_state(self.disputes[dispute], wanted)
            life.next_state(self.state, Act.PREPARE)
        except (problems.Problem, StopIteration):
            return
        if ruling is None:
            self.disputes[dispute] = "escalated"
            return
        del self.disputes[dispute]
        [step] = [step for step in self.steps if step.id == dispute]
        if ruling == "amended":
            self.state = life.next_state(self.state, Act.RETURN)
            self._close(step, "returned")
            self._stop()
            return
        self._close(step, "passed")
        self.approved_by.append(person)
        self._open(procedures.following(self.steps, step.number))

    @rule()
    def file(self) -> None:
        try:
            step = filings.step_to_file([step for step in self.steps if step.act == "file"][:1] or self.steps, None)
        except problems.Problem:
            return
        if step.state == "open":
            self.filed = True
            self._close(step, "passed")

    def _passes(self, step: ReviewStep, end: int) -> bool:
        if step.act not in ENDS:
            return end != 0
        outcome = ENDS[step.act][end % len(ENDS[step.act])]
        if outcome == "omitted":
            preparations.check_omission(step)
        return outcome == "pass" or preparations.goes_on(outcome)

    def _go_on(self, person: UUID, step: ReviewStep, end: int) -> None:
        if step.act == "decide":
            effect, _ = life.effect_of_decision(NOW + timedelta(days=end - 1), NOW)
            self.state = life.next_state(self.state, effect)
            self.decided_by = person
            return
        following = procedures.following(self.steps, step.number)
        self._open(following)
        if step.act == "sign" and following:
            self.state = life.next_state(self.state, Act.FINISH_SIGNING)

    def _moved(self, act: Act) -> bool:
        with contextlib.suppress(problems.IllegalTransition):
            self.state = life.next_state(self.state, act)
            return True
        return False

    def _close(self, done: ReviewStep, state: str) -> None:
        self.steps = [replace(step, state=state) if step.id == done.id else step for step in self.steps]

    def _open(self, following: list[ReviewStep]) -> None:
        ids = {step.id for step in following}
        self.steps = [replace(step, state="open") if step.id in ids else step for step in self.steps]

    def _stop(self) -> None:
        self.disputes = {}
        self.steps = [replace(step, state="void") if step.state in ("open", "waiting") else step for step in self.steps]

    # -- what always holds --

    @invariant()
    def nobody_has_approved_what_he_compiled(self) -> None:
        if self.state not in BEFORE_ANYBODY_ELSE | {State.WITHDRAWN}:
            assert not {str(person) for person in self.approved_by} & set(self.compiled_by)

    @invariant()
    def nothing_is_decided_before_everything_that_comes_first_is_done(self) -> None:
        if self.state in (State.DECIDED, State.SCHEDULED, State.HELD, State.EFFECTIVE):
            assert self.decided_by is not None
            (decided,) = [step for step in self.steps if step.act == "decide"]
            assert {step.state for step in self.steps if step.number <= decided.number} == {"passed"}

    @invariant()
    def nothing_is_published_or_filed_without_a_decision(self) -> None:
        if self.published or self.filed:
            assert self.decided_by is not None
            assert self.state in (State.EFFECTIVE, State.CONFLICT, State.WITHDRAWN)

    @invariant()
    def a_step_is_open_only_where_somebody_may_act_at_it(self) -> None:
        opened = {step.act for step in self.steps if step.state == "open"}
        if self.state is State.SIGNING:
            assert opened == {"sign"}
        elif self.state in (State.IN_REVIEW, State.SUSPENDED):
            assert opened
            assert opened <= set(ACTS) - {"sign"}
        elif self.state is State.EFFECTIVE:
            assert opened <= AFTERWARDS
        elif self.state is not State.CONFLICT:
            assert not opened

    @invariant()
    def what_is_in_dispute_is_neither_confirmed_nor_decided(self) -> None:
        waiting = {step.id for step in self.steps if step.state == "open" and step.act == "confirm"}
        assert set(self.disputes) <= waiting
        if self.disputes:
            assert self.state in (State.IN_REVIEW, State.SUSPENDED)

    @invariant()
    def while_it_rests_nobody_approves_anything(self) -> None:
        if self.state in (State.SUSPENDED, State.HELD):
            assert self.suspended
            for act in (Act.REVIEW, Act.LEGALITY, Act.PREPARE, Act.DECIDE, Act.SIGN, Act.SUBMIT, Act.EDIT, Act.APPLY):
                assert (self.state, act) not in life.TRANSITIONS

    @invariant()
    def what_is_told_as_allowed_is_possible(self) -> None:
        for name in life.allowed(self.state):
            life.next_state(self.state, Act(name))


TestWay = pytest.mark.req("ZL-37", "ZL-51", "ZL-34", "HB-28")(Way.TestCase)
