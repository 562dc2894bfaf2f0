"""Procedures as data: what a step is, which steps a submission has to pass, and when one is due. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.calendar.limits import TimeLimit
from shared.calendar.working_days import Unit

# What is done at a step, and who may be charged with it. `sign` and `confirm` are done by every participating organ;
# `publish` is closed by the publication itself.
ACTS: dict[str, frozenset[str]] = {
    "sign": frozenset({"principal"}),
    "review": frozenset({"reviewer", "list_authority", "joint_reviewer"}),
    "legality": frozenset({"legality_reviewer"}),
    "confirm": frozenset({"principal"}),
    "comment": frozenset({"assessor", "reviewer"}),
    "assess": frozenset({"assessor", "reviewer"}),
    "hear": frozenset({"assessor", "reviewer"}),
    "consult": frozenset({"assessor", "reviewer", "list_authority"}),
    "report": frozenset({"reviewer", "list_authority"}),
    "decide": frozenset({"decider", "list_authority"}),
    "publish": frozenset({"system"}),
    "file": frozenset({"reviewer", "list_authority"}),
}
# What offices may decide themselves; everything else needs the government (spec 5.3; [P5], articles 22-25).
DECIDED_BY_OFFICES = frozenset({"modify"})
# Acts that may stand beside one another at one number.
PARALLEL = frozenset({"review", "legality", "comment", "assess", "hear", "consult"})
# Acts that prepare the decision: what they leave behind is a record, and each must be there before it.
PREPARING = frozenset({"confirm", "comment", "assess", "hear", "consult", "report"})
# Done by every participating organ.
OF_EACH_ORGAN = frozenset({"sign", "confirm"})
# Done once for every recipient, with the role that regions bind recipients to.
RECIPIENT_ROLES = {"file": "filing_recipient", "report": "report_recipient"}
# Acts that follow the decision; they hold back neither effect nor cascade.
AFTERWARDS = frozenset({"publish", "file"})
# What may be left out where nobody needs it.
OMITTABLE = frozenset({"comment", "assess", "hear", "consult"})
ROLES: frozenset[str] = frozenset().union(*ACTS.values())
ROLE_TITLES = {
    "principal": "部门负责人",
    "reviewer": "审改办",
    "joint_reviewer": "会审部门",
    "list_authority": "清单牵头单位",
    "legality_reviewer": "合法性审查机构",
    "assessor": "征求意见和评估论证组织单位",
    "decider": "本级人民政府",
    "system": "系统（随公布自动办结）",
    "filing_recipient": "报备接收单位",
    "report_recipient": "报送接收单位",
}

MOST_STEPS = 20
MOST_RECIPIENTS = 10
# A period of public comment is never longer than a year.
MOST_COMMENT_DAYS = 366
# The longest limit a step may have: a year. More is a typing error.
MOST_OF_UNIT = {Unit.WORKING_DAY: 250, Unit.NATURAL_DAY: 366, Unit.CALENDAR_MONTH: 12}


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day that a document names (9月20日前): the step is due at its end, whenever it opened."""

    day: date


FIXED_DATE = "fixed_date"
StepLimit = TimeLimit | DueDay


@dataclass(frozen=True, kw_only=True)
class Step:
    """One review step (审核环节) of a template.

    Attributes
    ----------
    next
        The step that follows when this one is passed; None ends the procedure.
    beside
        The step this one is done together with, at the same number: all of them must agree before the procedure goes
        on. Such a step has no `next` of its own.
    sealed
        A signature needs a digest of the sealed document or an electronic seal, not only its archive number.
    optional
        It may be left out, with a reason on record: a hearing nobody asked for.
    least_days
        Of a `comment` step: how many natural days the public has at least.
    recipients
        To whom a `file` or `report` step reports; one receipt each.
    """

    code: str
    title: str
    act: str
    role: str
    limit: StepLimit | None = None
    next: str | None = None
    beside: str | None = None
    sealed: bool = False
    optional: bool = False
    least_days: int | None = None
    recipients: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """The step as it is stored in a template."""
        return asdict(self) | {"limit": limit_data(self.limit), "recipients": list(self.recipients)}


@dataclass(frozen=True, kw_only=True)
class Template:
    """A procedure the product brings along."""

    code: str
    title: str
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]
    source: str
    version: int = 1


@dataclass(frozen=True)
class StoredTemplate:
    """One version of a template."""

    code: str
    version: int
    title: str
    region_code: str | None
    kinds: list[str]
    steps: list[Step]
    source: str
    verified: bool
    created_at: datetime
    source_document_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Charged:
    """An organ that a region has charged with a role (role binding)."""

    role: str
    organ_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step as one submission has to pass it; steps with one number are done beside one another."""

    number: int
    code: str
    title: str
    act: str
    role: str
    organ_id: UUID | None
    limit: StepLimit | None
    sealed: bool = False
    optional: bool = False
    least_days: int | None = None
    recipient: str | None = None
    recipient_organ_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewStep(PlannedStep):
    """A review step of one submission."""

    id: UUID
    adjustment_id: UUID
    submission: int
    region_code: str
    state: str
    opinion: str | None = None
    element_opinions: Sequence[dict[str, Any]] = ()
    record: dict[str, Any] | None = None
    decided_by: str | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    decided_at: datetime | None = None


def limit_data(limit: StepLimit | None) -> dict[str, Any] | None:
    """A limit as it is stored and told: unit, and amount or day."""
    match limit:
        case None:
            return None
        case DueDay(day):
            return {"amount": None, "unit": FIXED_DATE, "day": day.isoformat()}
        case TimeLimit(amount, unit):
            return {"amount": amount, "unit": unit.value, "day": None}


def limit_from(data: Mapping[str, Any] | None) -> StepLimit | None:
    """A limit from unit, and amount or day."""
    if data is None:
        return None
    if data["unit"] == FIXED_DATE:
        day = data["day"]
        return DueDay(day if isinstance(day, date) else date.fromisoformat(day))
    return TimeLimit(data["amount"], Unit(data["unit"]))


def in_working_days(limit: StepLimit | None) -> int | None:
    """The limit in working days where that is its unit: what earlier readers of a step knew."""
    return limit.amount if isinstance(limit, TimeLimit) and limit.unit is Unit.WORKING_DAY else None


def steps_from(data: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Steps as stored in a template."""
    return [
        Step(**{**step, "limit": limit_from(step["limit"]), "recipients": tuple(step["recipients"])}) for step in data
    ]


def chain(steps: Sequence[Step]) -> tuple[list[str], bool]:
    """The codes one after another from the first step on, and whether the end is reached rather than a cycle or gap."""
    by_code = {step.code: step for step in steps if step.beside is None}
    path: list[str] = []
    code: str | None = steps[0].code if steps else None
    while code is not None:
        if code in path or code not in by_code:
            return [*path, code], False
        path.append(code)
        code = by_code[code].next
    return path, True


def of_leads(step: Step | PlannedStep | ReviewStep) -> bool:
    """Whether a step is the review by who leads the lists: each lead organ its own, not one office (QX-55)."""
    return step.act == "review" and step.role == "list_authority"


def plan(
    steps: Sequence[Step], organs: Sequence[UUID], charged: Sequence[Charged] = (), leads: Sequence[UUID] = ()
) -> list[PlannedStep]:
    """The steps a submission has to pass, in order.

    Parameters
    ----------
    steps : of a checked template.
    organs : the leading organ first, then the participants; each of their principals signs.
    charged : organs the region has bound to roles. Each organ bound to joint review gets a step of its own unless it
        takes part itself, and without any the joint review falls away; filings go to the organs bound as recipients,
        else to those the template names. Of other roles it is a forecast: they are bound when their step opens.
    leads : organs that lead the lists which are changed; each reviews where the template has the lead unit review.
    """
    path, _ = chain(steps)
    numbers = {code: number for number, code in enumerate(path, start=1)}
    planned = [
        planned_step
        for step in steps
        for planned_step in _planned(step, numbers[step.beside or step.code], organs, charged, leads)
    ]
    return sorted(planned, key=lambda step: step.number)


def following(steps: Sequence[ReviewStep], number: int) -> list[ReviewStep]:
    """What opens when a step of that number has been passed: nothing while another beside it is still open."""
    if any(step.number == number and step.state == "open" for step in steps):
        return []
    return [step for step in steps if step.number == number + 1 and step.state == "waiting"]


def office(role: str, charged: Sequence[Charged]) -> UUID | None:
    """The one organ that does the work of a role; None when the region has bound none."""
    return next((each.organ_id for each in charged if each.role == role), None)


def _planned(
    step: Step, number: int, organs: Sequence[UUID], charged: Sequence[Charged], leads: Sequence[UUID]
) -> list[PlannedStep]:
    def one(organ_id: UUID | None, **more: Any) -> PlannedStep:
        return PlannedStep(
            number=number, code=step.code, title=step.title, act=step.act, role=step.role, limit=step.limit,
            sealed=step.sealed, optional=step.optional, least_days=step.least_days, organ_id=organ_id, **more,
        )  # fmt: skip

    if step.act in OF_EACH_ORGAN:
        return [one(organ) for organ in dict.fromkeys(organs)]
    if of_leads(step) and leads:
        return [one(lead) for lead in dict.fromkeys(leads)]
    if step.role == "joint_reviewer":
        return [one(each.organ_id) for each in charged if each.role == step.role and each.organ_id not in organs]
    organ = office(step.role, charged)
    if step.act in RECIPIENT_ROLES:
        # By name, since that is how a receipt says whose it is.
        recipient_role = RECIPIENT_ROLES[step.act]
        bound = {each.name: each.organ_id for each in charged if each.role == recipient_role}
        if bound:
            return [one(organ, recipient=name, recipient_organ_id=organ_id) for name, organ_id in bound.items()]
        return [one(organ, recipient=name) for name in step.recipients]
    return [one(organ)]
