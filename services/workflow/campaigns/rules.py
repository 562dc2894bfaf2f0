"""What a plan of work may say: phases in order, dates within it and within the superior's, units that can act. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared import problems
from shared.guide.fourteen import FOURTEEN
from shared.problems import FieldError

SUMMARY = "summary"
GUIDANCE = "guidance"
# The kind of list whose entries have guides, and as many of those that lack one as a refusal names.
IMPLEMENTATION = "implementation"
MOST_NAMED = 50
_GUIDE_TITLES = {key: title for key, title, _ in FOURTEEN}
# Subjects whose obligation is met by a document that a unit hands in (方案, 总结, 办法).
PAPERS = frozenset({"plan", SUMMARY, "document"})
SUBJECT_TITLES = {
    "list": "清单公布",
    "submission": "材料报送",
    "plan": "工作方案备案",
    SUMMARY: "工作总结",
    "document": "文件报送",
    GUIDANCE: "指导下级",
}
# Who can owe what: a list has one lead, its members submit, documents are asked of anybody.
UNITS = {
    "list": frozenset({"lead"}),
    "submission": frozenset({"member"}),
    "plan": frozenset({"lead", "organ", "region", "obliged"}),
    SUMMARY: frozenset({"obliged"}),
    "document": frozenset({"lead", "member", "organ", "region", "obliged"}),
    GUIDANCE: frozenset({"lead"}),
}
# Units that are found through kinds of list.
BY_KIND = frozenset({"lead", "member"})
# A month with the Spring Festival or the October holiday has hardly more; the report would fall into the next one.
MOST_WORKING_DAYS = 15
STATE_TITLES = {"draft": "拟定中", "running": "实施中", "closed": "已结束"}
ALLOWED = {"draft": ("update", "start"), "running": ("move", "close"), "closed": ()}


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of a campaign with its dates (工作阶段)."""

    number: int
    title: str
    act: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """What is due by a day: of which kinds, at which levels, by whom (时间节点)."""

    id: UUID
    number: int
    title: str
    subject: str
    levels: tuple[str, ...]
    unit: str
    due_on: date
    phase: int | None = None
    kinds: tuple[str, ...] = ()
    region_kinds: tuple[str, ...] = ("administrative",)
    organ_ids: tuple[UUID, ...] = ()
    completion: str | None = None
    filing: bool = False
    attachment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """How many lists of a class there have to be by a day (QX-04, QX-05)."""

    list_class: str
    at_least: int
    due_on: date
    together: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A plan of work as it is stored."""

    id: UUID
    region_code: str
    title: str
    source: str
    superior_id: UUID | None
    state: str
    starts_on: date
    due_on: date
    report_day: int | None
    version: int
    report_rule: str = "calendar_day"
    phases: tuple[Phase, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    targets: tuple[Target, ...] = ()
    source_document_id: UUID | None = None


def check(campaign: Campaign) -> None:
    """Refuse a plan that contradicts itself.

    Raises
    ------
    problems.Invalid
        Each place with what is wrong with it.
    """
    errors = [*_dates(campaign), *_numbers(campaign), *_phases(campaign.phases, campaign)]
    for index, milestone in enumerate(campaign.milestones):
        errors += _milestone(index, milestone, campaign)
    errors += _targets(campaign.targets)
    if errors:
        raise problems.Invalid("工作方案有误，请按提示修改。", code="plan_invalid", errors=errors)


def _dates(campaign: Campaign) -> Iterable[FieldError]:
    if campaign.due_on < campaign.starts_on:
        yield FieldError("/due_on", "period_reversed", "整体完成时限不能早于开始日期")
    if campaign.report_rule == "working_day" and (campaign.report_day or 0) > MOST_WORKING_DAYS:
        message = f"按工作日计的月报时限不能超过第{MOST_WORKING_DAYS}个工作日"
        yield FieldError("/report_day", "report_day_too_late", message)


def _numbers(campaign: Campaign) -> Iterable[FieldError]:
    for name, parts in (("phases", campaign.phases), ("milestones", campaign.milestones)):
        numbers = [part.number for part in parts]
        for index in range(1, len(numbers)):
            if numbers[index] <= numbers[index - 1]:
                yield FieldError(f"/{name}/{index}/number", "numbers_disordered", "序号须逐项递增")


def _phases(phases: Sequence[Phase], campaign: Campaign) -> Iterable[FieldError]:
    acts: set[str] = set()
    for index, phase in enumerate(phases):
        place = f"/phases/{index}"
        if phase.ends_on < phase.starts_on:
            yield FieldError(f"{place}/ends_on", "period_reversed", "阶段的结束日期不能早于开始日期")
        if phase.starts_on < campaign.starts_on or phase.ends_on > campaign.due_on:
            yield FieldError(place, "outside_campaign", "阶段须在专项工作的起止日期之内")
        if index and phase.starts_on <= phases[index - 1].ends_on:
            yield FieldError(f"{place}/starts_on", "phases_overlap", "阶段须按先后排列，不得与前一阶段重叠")
        if phase.act != "other" and phase.act in acts:
            yield FieldError(f"{place}/act", "act_repeated", "同类阶段（报送、审核、公布）只能有一个")
        acts.add(phase.act)


def _milestone(index: int, milestone: Milestone, campaign: Campaign) -> Iterable[FieldError]:
    place = f"/milestones/{index}"
    if not campaign.starts_on <= milestone.due_on <= campaign.due_on:
        yield FieldError(f"{place}/due_on", "outside_campaign", "节点日期须在专项工作的起止日期之内")
    ends = {phase.number: phase.ends_on for phase in campaign.phases}
    if milestone.phase is not None and milestone.phase not in ends:
        yield FieldError(f"{place}/phase", "phase_unknown", f"没有第{milestone.phase}阶段")
    elif milestone.phase is not None and milestone.due_on > ends[milestone.phase]:
        last = ends[milestone.phase]
        yield FieldError(f"{place}/due_on", "after_phase", f"节点日期不能晚于所属阶段的结束日期 {last}")
    if milestone.unit not in UNITS[milestone.subject]:
        known = "、".join(sorted(UNITS[milestone.subject]))
        title = SUBJECT_TITLES[milestone.subject]
        yield FieldError(f"{place}/unit", "unit_unfit", f"“{title}”的责任单位可以是：{known}")
    if milestone.unit in BY_KIND and not milestone.kinds:
        yield FieldError(f"{place}/kinds", "kinds_missing", "请列明清单类型，责任单位由清单确定")
    if milestone.organ_ids and milestone.unit != "organ" and milestone.subject != "list":
        message = "仅清单节点（组织单位）或责任单位为指定机构（organ）时列明机构"
        yield FieldError(f"{place}/organ_ids", "organs_unfit", message)
    if len(set(milestone.organ_ids)) < len(milestone.organ_ids):
        yield FieldError(f"{place}/organ_ids", "given_twice", "同一机构只能列明一次")
    if (milestone.completion is None) == (milestone.subject == "list"):
        message = "清单节点须写明完成标准（enacted 或 adjusted），其他不填"
        yield FieldError(f"{place}/completion", "completion_unfit", message)
    if milestone.attachment is not None and milestone.subject != "list":
        yield FieldError(f"{place}/attachment", "attachment_unfit", "仅清单节点可以要求附带文件")


def _targets(targets: Sequence[Target]) -> Iterable[FieldError]:
    seen: set[str] = set()
    for index, target in enumerate(targets):
        if target.list_class in seen:
            yield FieldError(f"/targets/{index}/list_class", "given_twice", "同一类清单只能有一个目标")
        seen.add(target.list_class)
        kinds = [kind for group in target.together for kind in group]
        if len(kinds) != len(set(kinds)):
            yield FieldError(f"/targets/{index}/together", "given_twice", "同一清单类型只能归入一组")


def check_day(milestone: Milestone, campaign: Campaign) -> None:
    """Refuse a day of a milestone outside the campaign, or after its phase.

    Raises
    ------
    problems.Invalid
        Pointer `/due_on`.
    """
    ends = {phase.number: phase.ends_on for phase in campaign.phases}
    last = min(campaign.due_on, ends.get(milestone.phase or 0, campaign.due_on))
    if not campaign.starts_on <= milestone.due_on <= last:
        message = f"节点日期应在 {campaign.starts_on} 至 {last} 之间"
        place = FieldError("/due_on", "outside_campaign", message)
        raise problems.Invalid("节点日期有误。", code="outside_campaign", errors=[place])


def require_state(campaign: Campaign, state: str) -> None:
    """Refuse what is not possible now.

    Raises
    ------
    problems.IllegalTransition
    """
    if campaign.state != state:
        raise problems.IllegalTransition(
            f"该专项工作{STATE_TITLES[campaign.state]}，不能进行此操作。", allowed=ALLOWED[campaign.state]
        )


def with_summary(milestones: Sequence[Milestone], due_on: date, new_id: UUID) -> Milestone | None:
    """The slot of the summaries every campaign ends with (QX-43), where the plan does not name it itself."""
    if any(milestone.subject == SUMMARY for milestone in milestones):
        return None
    number = max((milestone.number for milestone in milestones), default=0) + 1
    levels = tuple(dict.fromkeys(level for milestone in milestones for level in milestone.levels))
    return Milestone(
        id=new_id, number=number, title=SUBJECT_TITLES[SUMMARY], subject=SUMMARY, levels=levels or ("county",),
        unit="obliged", due_on=due_on, region_kinds=("administrative", "zone"),
    )  # fmt: skip


def compiles_guides(campaign: Campaign) -> bool:
    """Whether the work is about implementation lists, for each entry of which there has to be a guide (ZL-26)."""
    return any(IMPLEMENTATION in milestone.kinds for milestone in campaign.milestones)


def missing_guides(incomplete: Sequence[tuple[str, str, Sequence[str]]], entries: int) -> None:
    """A campaign of implementation lists cannot be closed while an entry lacks its guide (ZL-26).

    Parameters
    ----------
    incomplete
        Organ and name of the first entries, and the elements that nobody has said.
    entries
        How many there are in all.

    Raises
    ------
    problems.Conflict
        Code `guides_missing`, with each entry named.
    """
    if incomplete:
        errors = [
            FieldError("", "guide_incomplete", f"{organ}“{name}”的办事指南缺少：{_titles(missing)}")
            for organ, name, missing in incomplete
        ]
        raise problems.Conflict(
            f"还有{entries}个事项没有完整的办事指南，不能结束专项工作；逐项情况见“办事指南缺项”（document-coverage）。",
            code="guides_missing", errors=errors,
        )  # fmt: skip


def _titles(keys: Sequence[str]) -> str:
    return "、".join(_GUIDE_TITLES[key] for key in keys)


def missing_summaries(waiting: Sequence[tuple[str, str]]) -> None:
    """A campaign cannot be closed while a summary is missing (QX-43).

    Parameters
    ----------
    waiting
        Title of the obligation and name of the unit of each summary that was not handed in.

    Raises
    ------
    problems.Conflict
        Code `summaries_missing`, with each unit.
    """
    if waiting:
        errors = [FieldError("", "summary_missing", f"{unit}尚未报送“{title}”") for title, unit in waiting]
        raise problems.Conflict(
            f"还有{len(waiting)}份工作总结未报送，不能结束专项工作。", code="summaries_missing", errors=errors
        )
