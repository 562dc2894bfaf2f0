"""Plans that contradict themselves or their superior's, targets, and what a report begins with."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.workflow.campaigns import bounds, rules
from services.workflow.campaigns.bounds import Superior
from services.workflow.campaigns.rules import Campaign, Milestone, Phase, Target
from services.workflow.obligations import rules as obligations
from services.workflow.obligations.rules import Place
from services.workflow.progress.rules import standing
from services.workflow.reports import rules as reports
from shared import clock, problems
from shared.calendar.working_days import Unannounced, national

START, END = date(2017, 6, 20), date(2017, 11, 30)
CALENDAR = national(Unannounced.WEEKDAYS)


def milestone(**given: Any) -> Milestone:
    known: dict[str, Any] = {"id": UUID(int=1), "number": 1, "title": "节点", "subject": "list", "unit": "lead",
                             "kinds": ("power",), "levels": ("county",), "due_on": date(2017, 9, 30),
                             "completion": "enacted"}  # fmt: skip
    return Milestone(**(known | given))


def campaign(*milestones: Milestone, **given: Any) -> Campaign:
    known: dict[str, Any] = {"id": UUID(int=9), "region_code": "130922000000", "title": "方案", "source": "文件",
                             "superior_id": None, "state": "draft", "starts_on": START, "due_on": END,
                             "report_day": 5, "version": 1, "milestones": milestones}  # fmt: skip
    return Campaign(**(known | given))


def phase(number: int, act: str, first: date, last: date) -> Phase:
    return Phase(number=number, title="阶段", act=act, starts_on=first, ends_on=last)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (campaign(milestone(due_on=END + timedelta(days=1))), "/milestones/0/due_on"),
        (campaign(milestone(unit="member")), "/milestones/0/unit"),
        (campaign(milestone(kinds=())), "/milestones/0/kinds"),
        (campaign(milestone(completion=None)), "/milestones/0/completion"),
        (campaign(milestone(phase=3)), "/milestones/0/phase"),
        (campaign(milestone(subject="plan", completion=None, organ_ids=(UUID(int=3),))), "/milestones/0/organ_ids"),
        (campaign(milestone(organ_ids=(UUID(int=3),) * 2)), "/milestones/0/organ_ids"),
        (campaign(milestone(subject="guidance", unit="member", completion=None)), "/milestones/0/unit"),
        (campaign(milestone(), report_day=16, report_rule="working_day"), "/report_day"),
        (campaign(milestone(), milestone()), "/milestones/1/number"),
        (campaign(milestone(), due_on=START - timedelta(days=1)), "/due_on"),
        (campaign(milestone(subject="plan", attachment="措施", completion=None)), "/milestones/0/attachment"),
        (campaign(phases=(phase(1, "review", START, date(2017, 12, 1)),)), "/phases/0"),
        (campaign(phases=(phase(1, "submission", START, START), phase(2, "review", START, END))),
         "/phases/1/starts_on"),
        (campaign(phases=(phase(1, "review", START, START), phase(2, "review", date(2017, 7, 1), END))),
         "/phases/1/act"),
        (campaign(targets=(Target(list_class="special", at_least=2, due_on=END),) * 2), "/targets/1/list_class"),
    ],
)  # fmt: skip
def test_a_plan_that_contradicts_itself_is_refused_with_the_place(wrong: Campaign, pointer: str) -> None:
    with pytest.raises(problems.Invalid) as refused:
        rules.check(wrong)
    assert pointer in [error.pointer for error in refused.value.errors]


def above(**given: Any) -> Superior:
    return Superior(campaign_id=UUID(int=7), campaign="省方案", region_code="130000000000", region="河北省",
                    milestone=milestone(**given))  # fmt: skip


@pytest.mark.req("HB-30")
def test_a_date_later_than_the_superiors_is_refused_with_the_superiors_row() -> None:
    superior = above(title="市县公布", due_on=date(2015, 6, 30), levels=("city", "county"))
    with pytest.raises(problems.Invalid) as refused:
        bounds.refuse_later([("/milestones/0/due_on", milestone(due_on=date(2015, 7, 1)))], [superior])
    assert refused.value.code == "later_than_superior"
    (row,) = refused.value.extra["superior"]
    assert (row["region"], row["milestone"], row["due_on"]) == ("河北省", "市县公布", "2015-06-30")
    bounds.refuse_later([("/x", milestone(due_on=date(2015, 6, 30)))], [superior])


@pytest.mark.parametrize(
    "other", [{"levels": ("province",)}, {"kinds": ("permit",)}, {"subject": "plan"}, {"region_kinds": ("zone",)}]
)
def test_a_superiors_date_about_something_else_binds_nobody(other: dict[str, Any]) -> None:
    early = above(due_on=date(2015, 1, 1), **other)
    bounds.refuse_later([("/x", milestone(due_on=date(2017, 1, 1)))], [early])


@pytest.mark.req("HB-30")
@given(
    mine=st.dates(START, END), dates=st.lists(st.dates(START, END), max_size=5),
    kinds=st.lists(st.sampled_from(["power", "permit"]), max_size=2, unique=True),
)  # fmt: skip
def test_of_several_superiors_the_earliest_binds(mine: date, dates: list[date], kinds: list[str]) -> None:
    superiors = [above(due_on=day, kinds=tuple(kinds)) for day in dates]
    concerned = not kinds or "power" in kinds
    late = concerned and any(mine > day for day in dates)
    dated = [("/x", milestone(due_on=mine))]
    if not late:
        bounds.refuse_later(dated, superiors)
        return
    with pytest.raises(problems.Invalid) as refused:
        bounds.refuse_later(dated, superiors)
    assert refused.value.extra["superior"][0]["due_on"] == min(dates).isoformat()


def published(*kinds: str, special: tuple[str, ...] = ()) -> list[dict[str, str]]:
    return [{"kind": kind, "title": kind, "list_class": "special" if kind in special else "comprehensive"}
            for kind in kinds]  # fmt: skip


@pytest.mark.req("QX-04")
@pytest.mark.req("QX-05")
def test_seven_lists_and_four_new_ones_are_eleven_where_directory_and_implementation_count_as_one() -> None:
    existing = tuple(f"old_{n}" for n in range(7))
    new = ("enforcement", "random_inspection", "catalogue", "implementation", "proof")
    special = ("environment", "safety")
    found = published(*existing, *new, *special, special=special)
    ten = Target(list_class="comprehensive", at_least=10, due_on=END, together=(("catalogue", "implementation"),))
    stands = standing(ten, found)
    assert (stands.actual, stands.met) == (11, True)
    halved = standing(ten, published(*existing, "catalogue"))
    assert (halved.actual, halved.met) == (7, False), "half of a list is none"
    two = standing(Target(list_class="special", at_least=2, due_on=END), found)
    assert (two.actual, two.met) == (2, True)


def test_lead_organs_of_the_regions_own_lists_and_its_zones_report_once_each() -> None:
    def place(region: str, nature: str, organ: int | None, kind: str) -> Place:
        organ_id = None if organ is None else UUID(int=organ)
        return Place(milestone_id=UUID(int=1), region_code=region, region=region, region_kind=nature, kind=kind,
                     organ_id=organ_id)  # fmt: skip

    places = [
        place("county", "administrative", 1, "a"), place("county", "administrative", 1, "b"),
        place("county", "administrative", 2, "c"), place("county", "administrative", None, "d"),
        place("town", "administrative", 3, "a"), place("zone", "zone", 4, "a"), place("zone", "zone", 5, "b"),
    ]  # fmt: skip
    units = [(unit.region_code, unit.organ_id) for unit in obligations.obliged(places, "county")]
    assert units == [("county", UUID(int=1)), ("county", UUID(int=2)), ("zone", None)]


@pytest.mark.req("QX-38")
def test_a_guides_node_is_the_due_day_where_it_is_earlier() -> None:
    nodes = obligations.nodes_of([("power", [{"act": "publication", "ends_on": "2017-09-10"}])])
    due = obligations.due_at("list", date(2017, 9, 30), "power", nodes)
    assert due == datetime(2017, 9, 10, 23, 59, 59, tzinfo=clock.ZONE)
    assert obligations.due_at("list", date(2017, 9, 1), "power", nodes).day == 1
    assert obligations.due_at("list", date(2017, 9, 30), "permit", nodes).day == 30
    assert obligations.due_at("plan", date(2017, 9, 30), "power", nodes).day == 30


@pytest.mark.req("QX-60")
@given(st.dates(date(2016, 1, 1), date(2030, 12, 31)), st.integers(1, 28))
def test_a_report_is_about_the_month_before_and_missing_from_the_day_after(day: date, number: int) -> None:
    about, due = reports.about(day), reports.due_at(day, number, "calendar_day", CALENDAR)
    assert about.day == 1
    assert (day.year * 12 + day.month) - (about.year * 12 + about.month) == 1
    assert reports.month_end(day) < due
    assert reports.month_end(day) > reports.due_at(about, 28, "calendar_day", CALENDAR)
    assert reports.standing("open", due, None, due) == "open"
    after = datetime.combine(due.date() + timedelta(days=1), datetime.min.time(), tzinfo=clock.ZONE)
    assert reports.standing("open", due, None, after) == "missing"
    assert reports.standing("submitted", due, after, after) == "late"


@pytest.mark.req("QX-60")
@pytest.mark.parametrize(
    ("month", "rule", "due"),
    [
        (date(2017, 9, 1), "calendar_day", date(2017, 9, 5)),
        (date(2017, 10, 1), "calendar_day", date(2017, 10, 5)),  # in the October holiday: the notice names the day
        (date(2017, 10, 1), "next_working_day", date(2017, 10, 9)),
        (date(2017, 8, 1), "next_working_day", date(2017, 8, 7)),  # a Saturday
        (date(2017, 9, 1), "next_working_day", date(2017, 9, 5)),
        (date(2017, 10, 1), "working_day", date(2017, 10, 13)),  # 9 to 13 October
        (date(2017, 9, 1), "working_day", date(2017, 9, 7)),
    ],
)
def test_a_report_is_due_on_the_day_the_notice_means(month: date, rule: str, due: date) -> None:
    assert reports.due_at(month, 5, rule, CALENDAR).date() == due


def test_organs_that_organise_a_list_have_tasks_of_their_own_with_the_same_ids_each_time() -> None:
    owed = {"id": UUID(int=1), "unit": "lead", "organ_id": UUID(int=2), "organisers": [UUID(int=3)], "list_id": None,
            "region_code": "130922-KFQ", "title": "清单", "due_at": None}  # fmt: skip
    own, other = obligations.tasks(owed)
    assert (own["id"], own["organ_id"], other["organ_id"]) == (UUID(int=1), UUID(int=2), UUID(int=3))
    assert obligations.tasks(owed) == [own, other]
    assert obligations.subjects(owed) == [own["subject"], other["subject"]]


def test_a_report_begins_with_its_figures_in_words() -> None:
    counted = dict.fromkeys(("late", "waived", "submitted", "published", "filed"), 0)
    waiting = [{"title": "编制：执法事项清单", "due_at": "x", "overdue": True}]
    found = counted | {"total": 10, "done": 4, "done_in_month": 2, "open": 6, "overdue": 1, "waiting": waiting}
    text = reports.prefilled(date(2017, 9, 1), found)
    assert text.startswith("截至2017年9月底，应完成事项10项，已完成4项（其中本月完成2项")
    assert "“编制：执法事项清单”" in text
