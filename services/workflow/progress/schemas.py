"""API models of progress and targets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_COUNTS: dict[str, Any] = {
    "total": 12, "done": 7, "late": 1, "open": 5, "overdue": 2, "waived": 0, "submitted": 9, "decided": 8,
    "published": 8, "filed": 7,
}  # fmt: skip


class Counts(BaseModel):
    """How many obligations there are and where they stand."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, json_schema_extra={"example": _COUNTS})

    total: int
    done: int
    late: int = Field(description="Done, after their day")
    open: int
    overdue: int = Field(description="Open, and their day is over")
    waived: int
    submitted: int
    decided: int
    published: int
    filed: int


class OfMilestone(Counts):
    """A milestone: its bar in the timetable and its counts."""

    number: int
    title: str
    phase: int | None
    due_on: date


class OfPhase(Counts):
    """A phase: its bar in the timetable, its counts, and what was submitted in the course of it."""

    number: int
    title: str
    act: str
    starts_on: date
    ends_on: date
    adjustments: int = Field(description="Adjustments submitted")
    entries: int = Field(description="Entries in them")
    late_adjustments: int = Field(description="Submitted after the end of the phase")
    late_entries: int


class OfOrgan(Counts):
    """An organ, once as a lead unit and once for its own part."""

    organ_id: UUID | None
    organ_name: str | None = Field(description="Empty: the regions themselves")


class OfRegion(Counts):
    """A region."""

    region_code: str
    region_name: str | None


class OfKind(Counts):
    """A kind of list."""

    list_kind: str
    kind_title: str | None


class Progress(BaseModel):
    """Where a campaign stands, counted from events."""

    campaign_id: UUID
    at: datetime
    starts_on: date
    due_on: date
    overdue: bool = Field(description="Still running, and the day by which everything was to be done is over")
    total: Counts
    milestones: list[OfMilestone]
    phases: list[OfPhase]
    leads: list[OfOrgan] = Field(description="Lead units, and others that answer for a list or a report")
    organs: list[OfOrgan] = Field(description="Organs that submit or hand in something of their own")
    regions: list[OfRegion]
    kinds: list[OfKind]


_STANDING: dict[str, Any] = {
    "list_class": "comprehensive", "title": "综合清单", "target": 10, "actual": 11, "met": True,
    "due_on": "2017-12-31", "overdue": False, "counted": ["行政权力清单", "责任清单"],
}  # fmt: skip


class TargetStanding(BaseModel):
    """A target and how it stands."""

    model_config = ConfigDict(json_schema_extra={"example": _STANDING})

    list_class: str
    title: str
    target: int
    actual: int
    met: bool
    due_on: date
    overdue: bool = Field(description="Not met, and the day is over")
    counted: list[str] = Field(description="Lists that count; kinds that count as one in one line")


class Targets(BaseModel):
    """The targets of a campaign."""

    region_code: str
    items: list[TargetStanding]


class Submission(BaseModel):
    """An adjustment submitted in the course of a campaign."""

    adjustment_id: UUID
    number: str = Field(examples=["T-2017-000012"])
    title: str = Field(examples=["规范事项名称"])
    organ_id: UUID
    organ_name: str | None
    region_code: str
    list_kinds: list[str] = Field(examples=[["permit"]])
    entries: int
    submitted_at: datetime
    phase: int | None
    late: bool = Field(description="After the end of the phase of submission")
