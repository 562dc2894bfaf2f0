"""Procedures as data, walked and planned without a database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.clocks.rules import is_overdue
from services.workflow.decisions import rules as decisions
from services.workflow.filings import rules as filings
from services.workflow.procedures import checks, presets, rules
from services.workflow.procedures.due import due
from services.workflow.procedures.kinds import GRAVEST, KINDS, kind_of
from services.workflow.procedures.rules import DueDay, ReviewStep, Step, StepLimit
from shared import clock, problems
from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unit

CODES = ("a", "b", "c", "d", "e")
LIMITS = (
    st.none()
    | st.builds(TimeLimit, st.integers(0, 400), st.sampled_from([Unit.WORKING_DAY, Unit.NATURAL_DAY]))
    | st.builds(DueDay, st.dates())
)
STEPS = st.lists(
    st.builds(
        Step,
        code=st.sampled_from(CODES),
        title=st.just("环节"),
        act=st.sampled_from((*rules.ACTS, "other")),
        role=st.sampled_from((*sorted(rules.ROLES), "other")),
        limit=LIMITS,
        next=st.none() | st.sampled_from((*CODES, "gone")),
        beside=st.none() | st.sampled_from(CODES),
        recipients=st.sampled_from([(), ("甲",), ("甲", "乙"), ("甲", "甲")]),
    ),
    max_size=6,
)


@st.composite
def sound(draw: st.DrawFn) -> list[Step]:
    """Templates that are right by construction: a chain with steps beside the reviews, then what follows."""
    reviews = draw(st.lists(st.sampled_from(("review", "legality")), max_size=3))
    after = draw(st.sampled_from([(), ("publish",), ("file",), ("publish", "file")]))
    acts = ["sign", "review", *reviews, "decide", *after]
    steps = []
    for place, act in enumerate(acts):
        following = f"s{place + 1}" if place + 1 < len(acts) else None
        recipients = ("上级",) if act == "file" else ()
        role = sorted(rules.ACTS[act] - {"joint_reviewer"})[0]
        steps.append(Step(code=f"s{place}", title=act, act=act, role=role, next=following, recipients=recipients))
        if act in rules.PARALLEL:
            roles = draw(
                st.lists(st.sampled_from(("joint_reviewer", "list_authority", "legality_reviewer")), max_size=2)
            )
            for number, role in enumerate(roles):
                act = "legality" if role == "legality_reviewer" else "review"
                steps.append(Step(code=f"s{place}_{number}", title=act, act=act, role=role, beside=f"s{place}"))
    return steps


def places_wrong(steps: list[Step]) -> list[str]:
    """Pointers of what a template is refused for; empty when it is accepted."""
    try:
        checks.check_steps(steps, ["modify"])
    except problems.Invalid as refused:
        return [error.pointer for error in refused.errors]
    return []


@given(STEPS | sound())
@pytest.mark.req("ZL-34")
def test_a_template_that_is_accepted_leads_from_signature_over_review_to_decision_and_only_then_outside(
    steps: list[Step],
) -> None:
    errors = places_wrong(steps)
    if errors:
        assert all(pointer.startswith("/steps") for pointer in errors)
        return
    path, closed = rules.chain(steps)
    acts = [next(step.act for step in steps if step.code == code) for code in path]
    assert closed
    assert {step.beside or step.code for step in steps} == set(path)
    decided = acts.index("decide")
    assert acts[0] == "sign"
    assert "review" in acts[:decided]
    assert set(acts[decided + 1 :]) <= {"publish", "file"}
    assert not {"publish", "file"} & set(acts[:decided])
    planned = rules.plan(steps, [uuid4()])
    numbers = sorted({step.number for step in planned})
    assert numbers == list(range(1, len(path) + 1)), "no number is empty, so the procedure never stands still"


@given(sound(), st.lists(st.uuids(), unique=True, min_size=1, max_size=3), st.lists(st.uuids(), max_size=3))
def test_sound_templates_are_accepted_and_every_step_beside_another_has_its_number(
    steps: list[Step], organs: list[UUID], joint: list[UUID]
) -> None:
    assert places_wrong(steps) == []
    assert rules.steps_from([step.as_data() for step in steps]) == steps
    charged = [rules.Charged(role="joint_reviewer", organ_id=organ, name="会审") for organ in dict.fromkeys(joint)]
    planned = rules.plan(steps, organs, charged)
    assert [step.number for step in planned] == sorted(step.number for step in planned)
    number_of = {step.code: step.number for step in planned}
    for step in steps:
        if step.beside is not None and step.code in number_of:
            assert number_of[step.code] == number_of[step.beside]
        asked = [each.organ_id for each in planned if each.code == step.code and step.role == "joint_reviewer"]
        expected = [each.organ_id for each in charged if each.organ_id not in organs]
        assert asked == (expected if step.role == "joint_reviewer" else [])


@pytest.mark.parametrize("template", presets.BUILT_IN, ids=lambda template: template.code)
def test_the_built_in_procedures_pass_their_own_check(template: rules.Template) -> None:
    checks.check_steps(template.steps, template.kinds)
    stored = rules.steps_from([step.as_data() for step in template.steps])
    assert tuple(stored) == template.steps
    assert template.kinds
    assert set(template.kinds) <= set(KINDS)
    assert "待核实" in template.source, "no source names the days of all steps"


def test_every_kind_is_bound_to_a_built_in_procedure_and_only_changes_of_elements_take_the_short_path() -> None:
    assert set(presets.BOUND) == set(KINDS)
    assert set(presets.BOUND.values()) <= {template.code for template in presets.BUILT_IN}
    assert [kind for kind, code in presets.BOUND.items() if code == "short"] == ["modify"]


@given(st.lists(st.sampled_from((*KINDS, "unheard_of")), max_size=5))
def test_the_gravest_operation_decides_the_kind_and_an_unknown_one_is_never_light(operations: list[str]) -> None:
    kind = kind_of(operations)
    if not operations:
        assert kind is None
        return
    assert kind is not None
    assert all(KINDS.index(kind) >= KINDS.index(each) for each in operations if each in KINDS)
    assert ("unheard_of" in operations) <= (kind == GRAVEST)
    assert kind_of([*operations, "modify"]) == kind


@given(st.lists(st.uuids(), min_size=1, max_size=4))
def test_every_organ_signs_once_and_the_region_acts_once(organs: list[UUID]) -> None:
    planned = rules.plan(presets.BUILT_IN[1].steps, [*organs, organs[0]])
    signing = [step.organ_id for step in planned if step.act == "sign"]
    assert signing == list(dict.fromkeys(organs))
    assert [step.number for step in planned if step.act != "sign"] == [2, 3, 4]
    assert {step.number for step in planned if step.act == "sign"} == {1}


@pytest.mark.req("TH-46")
def test_a_filing_goes_to_every_recipient_the_template_names_or_to_those_the_region_has_bound() -> None:
    [two] = [template for template in presets.BUILT_IN if template.code == "two_offices"]
    named = [step for step in rules.plan(two.steps, [uuid4()]) if step.act == "file"]
    assert [(step.recipient, step.recipient_organ_id) for step in named] == [
        ("法制办", None),
        ("审改领导小组办公室", None),
    ]
    office = rules.Charged(role="filing_recipient", organ_id=uuid4(), name="县编办")
    [bound] = [step for step in rules.plan(two.steps, [uuid4()], [office]) if step.act == "file"]
    assert (bound.recipient, bound.recipient_organ_id, bound.organ_id) == ("县编办", office.organ_id, None)


def step_of(act: str, state: str, organ: UUID | None = None, **more: Any) -> ReviewStep:
    return ReviewStep(
        id=uuid4(), adjustment_id=uuid4(), submission=1, number=1, code=act, title=f"环节{act}", act=act, role="r",
        region_code="1", organ_id=organ, limit=None, state=state, **more,
    )  # fmt: skip


def anybody(_: ReviewStep) -> bool:
    return True


def test_only_the_open_step_can_be_closed() -> None:
    steps = [step_of("sign", "passed"), step_of("review", "open"), step_of("decide", "waiting")]
    assert decisions.step_to_close(steps, "review", anybody) is steps[1]
    with pytest.raises(problems.IllegalTransition) as refused:
        decisions.step_to_close(steps, "decide", anybody)
    assert refused.value.extra["allowed"] == ["review"]


def test_of_steps_beside_one_another_everybody_closes_his_own() -> None:
    first, second = uuid4(), uuid4()
    steps = [step_of("review", "open", first), step_of("review", "open", second)]

    def of(organ: UUID) -> Callable[[ReviewStep], bool]:
        return lambda step: step.organ_id == organ

    assert decisions.step_to_close(steps, "review", of(second)) is steps[1]
    assert decisions.step_to_close(steps, "review", anybody, steps[1].id) is steps[1]
    with pytest.raises(problems.Invalid) as refused:
        decisions.step_to_close(steps, "review", anybody)
    assert refused.value.errors[0].pointer == "/step_id"
    with pytest.raises(problems.Forbidden):
        decisions.step_to_close(steps, "review", of(uuid4()))
    done = [step_of("review", "passed", first), steps[1]]
    with pytest.raises(problems.IllegalTransition):
        decisions.step_to_close(done, "review", of(first))


def test_a_signature_under_a_seal_needs_more_than_an_archive_number() -> None:
    decisions.check_seal({"reference": "档案号 1"}, sealed=False)
    decisions.check_seal({"reference": "档案号 1", "sha256": "0" * 64}, sealed=True)
    decisions.check_seal({"reference": "档案号 1", "electronic_seal": "seal-13092200"}, sealed=True)
    for seal, pointer in ((None, "/seal"), ({"reference": "档案号 1"}, "/seal/sha256")):
        with pytest.raises(problems.Invalid) as refused:
            decisions.check_seal(seal, sealed=True)
        assert refused.value.errors[0].pointer == pointer


def test_a_receipt_belongs_to_one_filing_and_lies_between_decision_and_today() -> None:
    one, two = step_of("file", "open", recipient="甲"), step_of("file", "waiting", recipient="乙")
    assert filings.step_to_file([one], None) is one
    assert filings.step_to_file([one, two], "甲") is one
    for steps, recipient in (([one, two], None), ([one, two], "丙")):
        with pytest.raises(problems.Invalid):
            filings.step_to_file(steps, recipient)
    for steps in ([], [step_of("file", "void", recipient="甲")], [two]):
        with pytest.raises(problems.IllegalTransition):
            filings.step_to_file(steps, None)
    filings.check_date(date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 2))
    for filed in (date(2026, 3, 1), date(2026, 3, 4)):
        with pytest.raises(problems.Invalid):
            filings.check_date(filed, date(2026, 3, 2), date(2026, 3, 3))


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


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (None, None),
        (TimeLimit(3, Unit.WORKING_DAY), date(2025, 10, 11)),
        (TimeLimit(3, Unit.NATURAL_DAY), date(2025, 10, 3)),
        (TimeLimit(5, Unit.CALENDAR_MONTH), date(2026, 2, 28)),
        (DueDay(date(2025, 10, 20)), date(2025, 10, 20)),
        # A step that opens after its day is late from its first moment.
        (DueDay(date(2025, 9, 20)), date(2025, 9, 20)),
    ],
)
def test_a_step_is_due_by_the_unit_of_its_limit(limit: StepLimit | None, expected: date | None) -> None:
    # Tuesday before National Day 2025: 1-8 October off, Saturday 11 October worked; no 30 February.
    found = due(datetime(2025, 9, 30, 2, 0, tzinfo=UTC), limit)
    assert (found.date() if found else None) == expected


def test_a_limit_counts_working_days_across_a_holiday_and_ends_with_the_day() -> None:
    # Wednesday before National Day 2025: 1-8 October off, Sunday 28 September and Saturday 11 October worked.
    opened = datetime(2025, 9, 30, 2, 0, tzinfo=UTC)
    ends = due(opened, TimeLimit(3, Unit.WORKING_DAY))
    assert ends == datetime(2025, 10, 11, 23, 59, 59, tzinfo=clock.ZONE)
    assert not is_overdue(ends, datetime(2025, 10, 11, 15, 59, tzinfo=UTC))
    assert is_overdue(ends, datetime(2025, 10, 11, 16, 0, 1, tzinfo=UTC))


@given(st.timedeltas(timedelta(0), timedelta(days=40 * 365)), st.integers(1, 250))
def test_every_step_has_a_due_date_whatever_the_year(later: timedelta, days: int) -> None:
    opened = datetime(2020, 1, 1, tzinfo=UTC) + later
    ends = due(opened, TimeLimit(days, Unit.WORKING_DAY))
    assert ends is not None
    assert ends > opened


def test_no_limit_means_never_overdue() -> None:
    assert due(datetime(2026, 1, 1, tzinfo=UTC), None) is None
    assert not is_overdue(None, datetime(2026, 1, 1, tzinfo=UTC))
