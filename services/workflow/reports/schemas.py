"""API models of monthly reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Paragraph
from services.workflow.reports import rules
from shared.statement import Row

Standing = Literal["open", "submitted", "late", "missing"]
_FIGURES: dict[str, Any] = {
    "total": 10, "done": 4, "done_in_month": 2, "late": 0, "open": 6, "overdue": 1, "waived": 0, "submitted": 5,
    "published": 4, "filed": 3,
    "waiting": [{"title": "编制并公开：青县行政执法事项清单", "due_at": "2017-10-31T23:59:59+08:00", "overdue": True}],
}  # fmt: skip


class ReportText(BaseModel):
    """What a unit says in its report; the figures are not its to write."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"difficulties": "省级清单尚未公布", "next_steps": "10月中旬提交审定"}},
    )

    progress: Paragraph | None = Field(default=None, description="As prefilled when empty")
    difficulties: Paragraph | None = None
    next_steps: Paragraph | None = None


class ReportView(BaseModel):
    """A monthly report."""

    id: UUID
    campaign_id: UUID
    campaign: str = Field(examples=["完善清单管理制度"])
    region_code: str
    region_name: str = Field(examples=["青县"])
    organ_id: UUID | None = Field(description="Empty: a zone reports for itself")
    organ_name: str | None
    month: date = Field(description="First day of the month it is about", examples=["2017-09-01"])
    due_at: datetime
    standing: Standing = Field(description="Missing from the day after the one it is due on")
    standing_title: str = Field(examples=["逾期未报"])
    figures: dict[str, Any] = Field(description="Computed, as of the end of the month", examples=[_FIGURES])
    progress: str
    difficulties: str | None
    next_steps: str | None
    submitted_at: datetime | None
    submitted_by: str | None


def view(row: Row, now: datetime) -> ReportView:
    """A report as the API tells it."""
    standing = rules.standing(row.state, row.due_at, row.submitted_at, now)
    return ReportView.model_validate(dict(row) | {"standing": standing, "standing_title": rules.STATE_TITLES[standing]})
