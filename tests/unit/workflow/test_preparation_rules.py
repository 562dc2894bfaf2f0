"""What records of preparing steps, public comment, justifications and submissions must say; without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.publish.comments import rules as public
from services.workflow.comments import rules as comments
from services.workflow.justifications import rules as justifications
from services.workflow.justifications.rules import AddedMaterial
from services.workflow.preparations import rules as preparations
from services.workflow.procedures import checks, presets
from services.workflow.procedures.kinds import kind_of_change
from services.workflow.procedures.rules import ReviewStep, Step, plan
from services.workflow.register.repository import Organ
from services.workflow.submissions import rules as submissions
from shared import clock, problems
from shared.identity.principal import Grant, Principal

COUNTY = "130922000000"
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def step(**more: object) -> ReviewStep:
    given: dict[str, object] = {
        "number": 3, "code": "comment", "title": "公开征求意见", "act": "comment", "role": "assessor", "organ_id": None,
        "limit": None, "id": uuid4(), "adjustment_id": uuid4(), "submission": 1, "region_code": COUNTY, "state": "open",
    }  # fmt: skip
    return ReviewStep(**(given | more))  # type: ignore[arg-type]


def organ(supervisor: UUID | None = None) -> Organ:
    return Organ(uuid4(), "环境监测站", (COUNTY,), supervisor)


def compiler(organ_id: UUID | None) -> Principal:
    return Principal(uuid4(), "编制", "编制", organ_id, (Grant("compiler", COUNTY, organ_id),))


@pytest.mark.req("ZL-45", "HB-26")
def test_a_subordinate_body_submits_through_its_department_and_nobody_else_for_it() -> None:
    department = uuid4()
    station = organ(department)
    for stranger in (compiler(station.id), compiler(uuid4())):
        with pytest.raises(problems.Forbidden, match="主管部门") as refused:
            submissions.require_submitter(stranger, station)
        assert (refused.value.code, refused.value.extra["department"]) == ("through_department", str(department))
    submissions.require_submitter(compiler(department), station)
    submissions.require_submitter(compiler(uuid4()), organ())
    assert submissions.departments_of([station.id, department], {station.id: station}) == [department]


@given(st.integers(1, 366), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_a_period_lasts_whole_days_and_the_first_is_not_counted(days: int, opened_on: date) -> None:
    closing = comments.closes_at(opened_on, days).astimezone(clock.ZONE)
    assert (closing.hour, closing.minute) == (0, 0)
    assert closing.date() - opened_on == timedelta(days=days + 1)


def test_the_public_has_no_fewer_days_than_the_procedure_gives_it() -> None:
    comments.check_days(30, step(least_days=30))
    with pytest.raises(problems.Invalid) as refused:
        comments.check_days(29, step(least_days=30))
    assert refused.value.errors[0].pointer == "/days"


@pytest.mark.req("ZL-49")
def test_a_period_is_summarised_when_it_is_over_and_nobody_is_without_an_answer() -> None:
    closing = NOW
    for now, waiting, code in ((NOW, 0, "period_open"), (NOW + timedelta(minutes=2), 1, "comments_waiting")):
        with pytest.raises(problems.Conflict) as refused:
            comments.check_concluded(closing, now, waiting)
        assert refused.value.code == code
    comments.check_concluded(closing, NOW + comments.SETTLING, 0)


def test_an_answer_goes_to_a_comment_of_the_period_once() -> None:
    one, other = uuid4(), uuid4()
    comments.check_answers([one], {one: False})
    for ids, known, error in (
        ([one, other], {one: False}, problems.Invalid),
        ([one, one], {one: False}, problems.Invalid),
        ([one], {one: True}, problems.Conflict),
    ):
        with pytest.raises(error) as refused:
            comments.check_answers(ids, known)
        assert refused.value.errors[0].pointer.startswith("/answers/")


WORDS = st.text(alphabet="建议取消场地证明ABcd１２３①.,，。 !", max_size=60)


@given(WORDS, st.sampled_from([" ", "\n", "，", "。", "!"]))
def test_the_same_words_are_one_comment_however_they_are_spaced_and_punctuated(text: str, between: str) -> None:
    assert public.digest(between.join(public.bare(text))) == public.digest(public.bare(text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("……！！", "no_words"),
        ("看 http://a.cn http://b.cn www.c.cn 便宜", "too_many_links"),
        ("\ud800好", "no_words"),
    ],
)
def test_what_is_no_opinion_is_refused(text: str, code: str) -> None:
    with pytest.raises(problems.Invalid) as refused:
        public.check_text(text)
    assert refused.value.errors[0].code == code


def test_what_comes_too_fast_or_too_much_is_put_off() -> None:
    public.check_room(public.MOST_A_MINUTE - 1, public.MOST_OF_PERIOD - 1)
    for last_minute, total in ((public.MOST_A_MINUTE, 1), (0, public.MOST_OF_PERIOD)):
        with pytest.raises(problems.TooMany) as refused:
            public.check_room(last_minute, total)
        assert "Retry-After" in refused.value.headers


def test_only_what_is_called_optional_may_be_left_out() -> None:
    preparations.check_omission(step(optional=True))
    with pytest.raises(problems.Conflict) as refused:
        preparations.check_omission(step())
    assert refused.value.code == "step_not_optional"


@pytest.mark.req("TH-55")
@given(st.lists(st.booleans(), min_size=2, max_size=6))
def test_a_consultation_agrees_when_everybody_agrees(agreed: list[bool]) -> None:
    right, wrong = ("agreed", "not_agreed") if all(agreed) else ("not_agreed", "agreed")
    preparations.check_agreement(right, agreed)
    with pytest.raises(problems.Invalid):
        preparations.check_agreement(wrong, agreed)


def test_a_record_is_of_a_day_between_the_opening_of_its_step_and_today() -> None:
    preparations.check_date(TODAY, TODAY, TODAY, "/date")
    for held_on in (TODAY + timedelta(days=1), TODAY - timedelta(days=3)):
        with pytest.raises(problems.Invalid):
            preparations.check_date(held_on, TODAY - timedelta(days=2), TODAY, "/date")
    for received_on in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
        with pytest.raises(problems.Invalid):
            preparations.check_receipt_date(TODAY, received_on, TODAY)


@pytest.mark.req("ZL-33")
def test_a_material_is_added_only_with_its_justification() -> None:
    material = AddedMaterial(number=4, item_id=uuid4(), organ_id=uuid4(), place=1, material="场地证明", justified=False)
    with pytest.raises(problems.Conflict, match="场地证明") as refused:
        justifications.refuse_unjustified([material])
    assert refused.value.errors[0].pointer == "/changes/4/elements/materials/1"
    with pytest.raises(problems.Invalid):
        justifications.check_named([(material.item_id, "别的")], [material])
    with pytest.raises(problems.Invalid):
        justifications.check_named([(material.item_id, "场地证明")] * 2, [material])
    justifications.check_named([(material.item_id, "场地证明")], [material])


def sound(**more: object) -> list[Step]:
    middle = {"code": "middle", "title": "中间环节", "act": "assess", "role": "assessor", "next": "decide"} | more
    return [
        Step(code="sign", title="签署", act="sign", role="principal", next="review"),
        Step(code="review", title="审核", act="review", role="reviewer", next="middle"),
        Step(**middle),  # type: ignore[arg-type]
        Step(code="decide", title="审定", act="decide", role="decider"),
    ]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"act": "comment"}, "/steps/2/least_days"),
        ({"act": "comment", "least_days": 367}, "/steps/2/least_days"),
        ({"least_days": 30}, "/steps/2/least_days"),
        ({"act": "report", "role": "reviewer"}, "/steps/2/recipients"),
        ({"act": "report", "role": "reviewer", "recipients": ("市审改办",), "optional": True}, "/steps/2/optional"),
        ({"recipients": ("市审改办",)}, "/steps/2/recipients"),
        ({"act": "confirm", "role": "assessor"}, "/steps/2/role"),
    ],
)
def test_a_preparing_step_that_is_not_sound_is_refused_at_its_place(more: dict[str, object], pointer: str) -> None:
    checks.check_steps(sound(), ["modify"])
    with pytest.raises(problems.Invalid) as refused:
        checks.check_steps(sound(**more), ["modify"])
    assert pointer in [error.pointer for error in refused.value.errors]


def test_departments_confirm_only_what_has_been_fed_back() -> None:
    steps = sound(act="confirm", role="principal")
    checks.check_steps(steps, ["modify"])
    sign, review, confirm, decide = steps
    turned = [
        Step(code="sign", title="签署", act="sign", role="principal", next="middle"),
        Step(code="middle", title="确认", act="confirm", role="principal", next="review"),
        Step(code="review", title="审核", act="review", role="reviewer", next="decide"),
        decide,
    ]
    with pytest.raises(problems.Invalid) as refused:
        checks.check_steps(turned, ["modify"])
    assert "confirmation_before_review" in [error.code for error in refused.value.errors]
    assert {sign.code, review.code, confirm.code} == {"sign", "review", "middle"}


@pytest.mark.req("HB-27", "ZL-52", "ZZ-09")
def test_the_shipped_procedures_know_confirmation_assessment_and_the_report_before_the_decision() -> None:
    by_code = {template.code: template for template in presets.BUILT_IN}
    one, other = uuid4(), uuid4()
    confirming = [each for each in plan(by_code["staffing_office"].steps, [one, other]) if each.act == "confirm"]
    assert [each.organ_id for each in confirming] == [one, other]
    planned = plan(by_code["full_with_public_comment"].steps, [one])
    acts = [each.act for each in planned]
    assert acts.index("report") < acts.index("decide") < acts.index("publish")
    beside = {each.act for each in planned if each.number == 3}
    assert beside == {"comment", "assess", "hear", "consult"}
    assert {each.role for each in planned if each.number == 3} == {"assessor"}


@pytest.mark.req("TH-02")
@pytest.mark.parametrize(
    ("operation", "before", "after", "trigger", "kind"),
    [
        ("modify", "2", "2,3", "SUPERIOR_DEVOLVE", "devolve"),
        ("modify", "2,7", "3", "LOCAL_INITIATIVE", "devolve"),
        ("modify", "3", "2", "LAW_AMEND", "modify"),
        ("modify", None, "3", "LAW_AMEND", "modify"),
        ("modify", "3", None, "LAW_AMEND", "modify"),
        ("modify", ["3"], "4", "LAW_AMEND", "modify"),
        ("transfer", "3", "4", "ORG_REFORM", "transfer"),
        ("add", None, "4", "SUPERIOR_DEVOLVE", "take_over"),
        ("add", None, "4", "LAW_ENACT", "add"),
    ],
)
def test_what_a_change_does_is_told_by_where_it_leaves_the_matter(
    operation: str, before: object, after: object, trigger: str, kind: str
) -> None:
    assert kind_of_change(operation, before=before, after=after, trigger=trigger) == kind
