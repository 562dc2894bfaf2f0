"""API models of related work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Evidence, Paragraph


class RelatedWorkReport(BaseModel):
    """What a department has put right after a publication."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "organ_id": "0197f3a0-0000-7000-8000-000000000002",
                "report": "已停止受理，撤下窗口示范文本和办事指南，更新网上办理入口",
            }
        },
    )

    organ_id: UUID
    report: Paragraph
    evidence: Evidence | None = None


class EarlierReport(BaseModel):
    """What a department reported after an earlier publication of the same adjustment."""

    opened_at: datetime
    report: str
    evidence: dict[str, Any] | None
    reported_by: str
    reported_at: datetime


class RelatedWork(BaseModel):
    """What a published adjustment leaves to a department, and what it reported."""

    organ_id: UUID
    organ_name: str
    opened_at: datetime
    report: str | None = Field(description="Empty: not put right yet")
    evidence: dict[str, Any] | None
    reported_by: str | None
    reported_at: datetime | None
    earlier: list[EarlierReport] = Field(description="After earlier publications, the first one first")


class RelatedWorks(BaseModel):
    """Of all departments concerned."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": []}})

    items: list[RelatedWork]
