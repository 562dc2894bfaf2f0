"""API models of minor changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Code, Line, RegionCode

_NEW: dict[str, Any] = {
    "region_code": "130922000000",
    "list_kind": "implementation",
    "elements": ["consult_phone", "handling_place"],
    "source": "县审改办关于事项要素微调的规定",
}


class NewMinorElements(BaseModel):
    """Elements that departments may correct without review, in a region and below."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _NEW})

    region_code: RegionCode
    list_kind: Code | None = Field(default=None, description="Only entries of lists of this kind; all when empty")
    elements: list[Code] = Field(min_length=1, max_length=100)
    source: Line = Field(description="The document that allows it")
    valid_from: date | None = Field(default=None, description="Today when empty")
    valid_to: date | None = Field(default=None, description="Last day")


class LastDay(BaseModel):
    """When a permission ends."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"last_day": "2026-12-31"}})

    last_day: date


class MinorElement(BaseModel):
    """An element that needs no review."""

    id: UUID
    region_code: str
    list_kind: str | None
    element: str
    valid_from: date
    valid_to: date | None
    source: str
    created_by: str
    created_at: datetime


class MinorElements(BaseModel):
    """What holds in a region today, its own and what regions above have freed."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": []}})

    items: list[MinorElement]
