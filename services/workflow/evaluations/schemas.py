"""API models of evaluations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import Paragraph, RegionCode, Title

_METRICS: dict[str, Any] = {
    "adjustments_decided": 14, "days_to_decision": 11.5, "adjustments_published": 14, "lists_published": 11,
    "tasks_due": 96, "tasks_late": 3, "findings_opened": 22, "findings_closed": 20, "findings_open_at_end": 5,
    "obligations_due": 31, "obligations_late": 2, "reports_due": 36, "reports_late": 1, "surveys_due": 1,
    "surveys_missing": 0, "satisfaction": 88.25, "issues_reported": 2,
}  # fmt: skip


class NewEvaluation(BaseModel):
    """What is concluded from the figures of a period; the figures are not the caller's to write."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region_code": "130922000000", "first_day": "2026-01-01", "last_day": "2026-06-30",
                "title": "2026年上半年清单实施情况评估", "conclusion": "清单调整及时，个别月报迟报。",
            }
        },
    )  # fmt: skip

    region_code: RegionCode
    first_day: Day
    last_day: Day = Field(description="Over, or today")
    title: Title
    conclusion: Paragraph


class EvaluationView(BaseModel):
    """An evaluation as it was recorded."""

    id: UUID
    region_code: str
    first_day: date
    last_day: date
    title: str
    metrics: dict[str, float] = Field(examples=[_METRICS])
    conclusion: str
    recorded_by: str
    recorded_at: datetime
