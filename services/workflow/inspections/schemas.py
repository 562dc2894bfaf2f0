"""Models of the inspections API."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Line, Paragraph, RegionCode, Title
from services.workflow.rectification.schemas import Day, Remedy, Severity


class NewInspectionFinding(BaseModel):
    """Something an inspection found: it becomes an order to put it right."""

    model_config = ConfigDict(extra="forbid")

    organ_id: UUID
    item_id: UUID | None = None
    title: Title = Field(examples=["责任清单未在门户公布"])
    requirement: Paragraph = Field(examples=["于期限内在政府门户网站公布责任清单"])
    remedy: Remedy = "correct"
    severity: Severity = "ordinary"
    due_on: Day


class NewInspection(BaseModel):
    """An inspection with what it found."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region_code": "130922000000",
                "title": "责任清单编制情况督导检查",
                "inspected_on": "2026-03-05",
                "inspectors": "县政府办公室、县编办",
                "basis": "青政办〔2017〕33号 五（三）",
                "scope": "县环保局、县住建局",
                "summary": "清单已编制，一个单位未公布",
                "findings": [
                    {
                        "organ_id": "0197f3a0-0000-7000-8000-000000000003",
                        "title": "责任清单未在门户公布",
                        "requirement": "于期限内公布",
                        "due_on": "2026-03-20",
                    }
                ],
            }
        },
    )

    region_code: RegionCode
    title: Title
    inspected_on: Day
    inspectors: Line
    basis: Line
    scope: Line
    summary: Paragraph
    findings: list[NewInspectionFinding] = Field(default=[], max_length=100)


class Inspection(BaseModel):
    """An inspection; its findings are the orders with `inspection=<id>`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    region_code: str
    title: str
    inspected_on: date
    inspectors: str
    basis: str
    scope: str
    summary: str
    findings: int = Field(examples=[3])
    open: int = Field(description="Findings that are not put right yet", examples=[1])
    recorded_by: str
    recorded_at: datetime
