"""Obligations as they follow from milestones: who owes them, when they are due, where a paper stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from services.workflow.campaigns.rules import PAPERS, Milestone
from services.workflow.clocks.rules import end_of
from shared import problems

KIND = "obligation"
# More would be a plan for every county of the country: those below arrange with plans of their own (HB-30).
MOST = 10_000
STATE_TITLES = {"open": "未完成", "submitted": "已报送待备案", "done": "已完成", "waived": "已免除"}
# What the state of a plan, a summary or a document is called where it is filed (QX-35).
PAPER_STATES = {"open": "not_submitted", "submitted": "submitted", "done": "filed"}
# Which node of a compilation guide says when an obligation is due (QX-38).
ACTS = {"list": "publication", "submission": "submission"}


class Facts(Protocol):
    """What is known of an obligation, by name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Somebody who owes what a milestone asks: a region, for a kind of list or not, an organ or not."""

    milestone_id: UUID
    region_code: str
    region: str
    region_kind: str
    kind: str | None = None
    kind_title: str | None = None
    organ_id: UUID | None = None
    organ: str | None = None
    organisers: tuple[UUID, ...] = ()
    list_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """An obligation as it is made when a campaign starts."""

    id: UUID
    campaign_id: UUID
    milestone_id: UUID
    subject: str
    unit: str
    region_code: str
    list_kind: str | None
    organ_id: UUID | None
    organisers: tuple[UUID, ...]
    list_id: UUID | None
    title: str
    due_at: datetime


def obliged(places: Iterable[Place], home: str) -> list[Place]:
    """The units that report and sum up (QX-43, QX-60): lead organs of the region's own lists, and its zones.

    Parameters
    ----------
    places
        Of the milestones that go by lead organ.
    home
        The region whose campaign it is.
    """
    found: dict[tuple[str, UUID | None], Place] = {}
    for place in places:
        itself = replace(place, kind=None, kind_title=None, list_id=None, organisers=())
        if place.region_kind == "zone":
            unit = replace(itself, organ_id=None, organ=None)
        elif place.region_code == home and place.organ_id is not None:
            unit = itself
        else:
            continue
        found.setdefault((unit.region_code, unit.organ_id), unit)
    return list(found.values())


def made(milestone: Milestone, place: Place, campaign_id: UUID, id_: UUID, due_at: datetime) -> Obligation:
    """What somebody owes."""
    whose = place.organ if milestone.unit in ("member", "organ", "obliged") and place.organ else place.region
    title = f"{milestone.title}：{whose}{place.kind_title or ''}"
    return Obligation(
        id=id_, campaign_id=campaign_id, milestone_id=milestone.id, subject=milestone.subject, unit=milestone.unit,
        region_code=place.region_code, list_kind=place.kind, organ_id=place.organ_id,
        organisers=place.organisers, list_id=place.list_id, title=title[:500], due_at=due_at,
    )  # fmt: skip


def due_at(subject: str, due_on: date, kind: str | None, nodes: Mapping[tuple[str, str], date]) -> datetime:
    """The last second of the day it is due: of the guide's node for the kind, if that is earlier (QX-38).

    Parameters
    ----------
    nodes
        (kind of list, act) -> the day a compilation guide gives.
    """
    node = nodes.get((kind or "", ACTS.get(subject, "")))
    return end_of(min(due_on, node) if node else due_on)


def tasks(obligation: Facts) -> list[dict[str, Any]]:
    """The tasks of an obligation: one with its id lies with whoever can meet it, one with each organ that organises."""
    own = _task(obligation)
    return [own] + [
        own | {"id": uuid5(own["id"], str(organ)), "organ_id": organ, "role": "list_authority",
               "subject": subject_of(own["id"], organ)}
        for organ in obligation["organisers"]
    ]  # fmt: skip


def subjects(obligation: Facts) -> list[str]:
    """What the tasks of an obligation are about."""
    return [subject_of(obligation["id"])] + [subject_of(obligation["id"], organ) for organ in obligation["organisers"]]


def _task(obligation: Facts) -> dict[str, Any]:
    if obligation["organ_id"] is None:
        role = "reviewer"
    else:
        role = "list_authority" if obligation["unit"] in ("lead", "obliged") else "compiler"
    names = ("id", "region_code", "organ_id", "list_id", "title")
    return {name: obligation[name] for name in names} | {
        "kind": KIND, "role": role, "subject": subject_of(obligation["id"]), "adjustment_id": None,
        "due_at": obligation["due_at"], "extension_most": 0,
    }  # fmt: skip


def subject_of(obligation_id: UUID, organiser: UUID | None = None) -> str:
    """What the task of an obligation is about, or that of one of the organs which organise it."""
    return f"{KIND}/{obligation_id}" + (f"/{organiser}" if organiser else "")


def paper_state(obligation: Facts) -> str | None:
    """Where a plan, a summary or a document stands: not_submitted, submitted or filed; None for lists."""
    return PAPER_STATES.get(obligation["state"]) if obligation["subject"] in PAPERS else None


def require_open(obligation: Facts, *states: str) -> None:
    """Refuse an act that the state does not allow.

    Raises
    ------
    problems.IllegalTransition
    """
    if obligation["campaign_state"] != "running":
        raise problems.IllegalTransition("专项工作未在实施中，不能办理。", allowed=[])
    if obligation["state"] not in states:
        title = STATE_TITLES[obligation["state"]]
        raise problems.IllegalTransition(f"该事项{title}，不能进行此操作。", allowed=allowed(obligation))


def allowed(obligation: Facts) -> list[str]:
    """What can be done with an obligation now."""
    if obligation["campaign_state"] != "running":
        return []
    paper = obligation["subject"] in PAPERS
    match obligation["state"]:
        case "open":
            acts = ["submit"] if paper or obligation["attachment"] else []
            filed = obligation["subject"] == "list" and obligation["filing"] and obligation["published_at"]
            return [*acts, *(["file"] if filed else []), "waive"]
        case "submitted":
            return ["file", "return"]
        case _:
            return []


def check_receipt(day: date, earliest: datetime, today: date) -> None:
    """A receipt lies between what it is for and today.

    Raises
    ------
    problems.Invalid
        Pointer `/date`.
    """
    if not earliest.astimezone(end_of(today).tzinfo).date() <= day <= today:
        place = problems.FieldError("/date", "date_out_of_range", "回执日期应在公布或报送之日至今天之间")
        raise problems.Invalid("回执日期有误。", errors=[place])


def refuse_too_many(count: int) -> None:
    """Refuse a plan that makes more obligations than one transaction should.

    Raises
    ------
    problems.Invalid
        Code `too_many_obligations`.
    """
    if count > MOST:
        raise problems.Invalid(
            f"该方案将产生{count}项应完成事项，超过{MOST}项；请缩小范围，由下级另行制定方案并注明上级方案。",
            code="too_many_obligations",
        )


def nodes_of(guides: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> dict[tuple[str, str], date]:
    """The days that guides give: (kind, act) -> day."""
    return {
        (kind, node["act"]): date.fromisoformat(node["ends_on"]) for kind, time_nodes in guides for node in time_nodes
    }
