"""API models of the issue log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import Code, Line, Paragraph, RegionCode, Title
from services.workflow.reports.issues import rules
from shared.statement import Row

Severity = Literal["major", "critical"]
_ISSUE: dict[str, Any] = {
    "severity": "major",
    "title": "两部门对监管主体意见不一",
    "description": "审批与监管职责划分未明确，影响清单按期公布。",
    "list_kind": "responsibility",
}


class NewIssue(BaseModel):
    """A major problem that cannot wait for the monthly report (QX-61)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _ISSUE})

    severity: Severity
    title: Title
    description: Paragraph
    region_code: RegionCode | None = Field(
        default=None, description="Where it arose; when empty that of the campaign, of the list, or of the organ"
    )
    organ_id: UUID | None = Field(default=None, description="The organ that reports; the caller's own when empty")
    list_kind: Code | None = Field(default=None, description="When empty that of the list")
    list_id: UUID | None = Field(default=None, description="The list it is about")
    item_id: UUID | None = Field(default=None, description="The entry it is about, of that list")


class Assignment(BaseModel):
    """Who has to solve it, and by when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "organ_id": "0197f3a0-0000-7000-8000-000000000031", "due_on": "2017-09-10", "note": "请提出意见",
            }
        },
    )  # fmt: skip

    organ_id: UUID
    due_on: Day
    note: Line | None = None


class Resolution(BaseModel):
    """How an issue was solved."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"resolution": "经协调，由市场监管局负责监管"}}
    )

    resolution: Paragraph


class Reopening(BaseModel):
    """Why an issue is not solved."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "划分仍不明确", "due_on": "2017-09-20"}}
    )

    reason: Line
    due_on: Day


class IssueView(BaseModel):
    """An issue as it is stored."""

    id: UUID = Field(examples=["0197f3a0-0000-7000-8000-000000000023"])
    campaign_id: UUID | None
    region_code: str = Field(examples=["130922000000"])
    organ_id: UUID | None
    organ_name: str | None = Field(examples=["县市场监管局"])
    list_kind: str | None
    list_id: UUID | None
    list_title: str | None
    item_id: UUID | None
    item_name: str | None
    severity: Severity
    title: str
    description: str
    state: Literal["open", "resolved"]
    state_title: str = Field(examples=["未解决"])
    allowed: list[str] = Field(examples=[["assign", "resolve"]])
    owner_id: UUID | None = Field(description="The organ that has to solve it")
    owner_name: str | None
    due_at: datetime
    overdue: bool = Field(description="Open, and its day is over")
    late: bool = Field(description="Solved after its day, or not yet and the day is over")
    reported_by: str
    reported_at: datetime
    resolution: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    history: list[dict[str, Any]]


def view(row: Row, now: datetime) -> IssueView:
    """An issue as the API tells it."""
    known = dict(row) | {
        "state_title": rules.STATE_TITLES[row.state],
        "allowed": list(rules.ALLOWED[row.state]),
        "overdue": row.state == "open" and row.due_at < now,
        "late": (row.resolved_at or now) > row.due_at,
    }
    return IssueView.model_validate(known)
