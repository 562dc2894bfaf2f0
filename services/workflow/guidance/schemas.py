"""API models of guidance records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import Code, Paragraph, RegionCode

Method = Literal["visit", "training", "meeting", "call", "document"]
_RECORD: dict[str, Any] = {
    "organ_id": "0197f3a0-0000-7000-8000-000000000031",
    "region_codes": ["130922100000"],
    "list_kinds": ["power", "responsibility"],
    "method": "visit",
    "held_on": "2017-08-15",
    "content": "现场核对乡镇权力事项名称和依据，解答子项划分问题。",
}


class NewGuidance(BaseModel):
    """What an organ did for regions below about kinds of list."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _RECORD})

    organ_id: UUID = Field(description="The organ that guided")
    region_codes: list[RegionCode] = Field(min_length=1, max_length=200, description="Whom, below the organ's region")
    list_kinds: list[Code] = Field(min_length=1, max_length=100)
    method: Method
    held_on: Day
    content: Paragraph


class GuidanceView(BaseModel):
    """A guidance record as it is stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _RECORD
            | {
                "id": "0197f3a0-0000-7000-8000-000000000041", "organ_name": "县编办", "method_title": "实地指导",
                "recorded_by": "account:0197f3a0-0000-7000-8000-000000000051",
                "recorded_at": "2017-08-15T17:00:00+08:00",
            }
        }
    )  # fmt: skip

    id: UUID
    organ_id: UUID
    organ_name: str | None
    region_codes: list[str]
    list_kinds: list[str]
    method: Method
    method_title: str
    held_on: date
    content: str
    recorded_by: str
    recorded_at: datetime
