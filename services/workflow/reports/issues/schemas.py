"""API models of the issue log."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Code, Paragraph, RegionCode, Title

Severity = Literal["major", "critical"]


class NewIssue(BaseModel):
    """A major problem that cannot wait for the monthly report (QX-61)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "severity": "major",
                "title": "两部门对监管主体意见不一",
                "description": "审批与监管职责划分未明确，影响清单按期公布。",
                "list_kind": "responsibility",
            }
        },
    )

    severity: Severity
    title: Title
    description: Paragraph
    region_code: RegionCode | None = Field(default=None, description="Where it arose; that of the campaign when empty")
    organ_id: UUID | None = Field(default=None, description="The organ that reports; the caller's own when empty")
    list_kind: Code | None = None


class Resolution(BaseModel):
    """How an issue was solved."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"resolution": "经协调，由市场监管局负责监管"}}
    )

    resolution: Paragraph


class IssueView(BaseModel):
    """An issue as it is stored."""

    id: UUID = Field(examples=["0197f3a0-0000-7000-8000-000000000023"])
    campaign_id: UUID
    region_code: str = Field(examples=["130922000000"])
    organ_id: UUID | None
    organ_name: str | None = Field(examples=["县市场监管局"])
    list_kind: str | None
    severity: Severity
    title: str
    description: str
    state: Literal["open", "resolved"]
    reported_by: str
    reported_at: datetime
    resolution: str | None
    resolved_by: str | None
    resolved_at: datetime | None
