"""Models of the findings API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.fields import Strict, Words


class Waiver(BaseModel):
    """Why a finding is tolerated, by whom and until when."""

    by: str = Field(examples=["account:0190a1f0-0000-7000-8000-000000000001"])
    reason: str = Field(examples=["已报省级主管部门同意，年底前统一"])
    expires_on: date = Field(examples=["2026-12-31"])


class Finding(BaseModel):
    """A contradiction or an excess that people must settle: entry, element, what it says, what it should say."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    rule: str = Field(examples=["K22"])
    severity: str = Field(description="block, error or warn", examples=["block"])
    list_id: UUID
    list_kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440100000000"])
    item_id: UUID
    element: str = Field(examples=["materials"])
    actual: Any = Field(description="What the entry says")
    expected: Any = Field(description="What the authority or the superior says")
    source_item_id: UUID | None
    source_version: int | None
    message: str = Field(examples=["疑似增加申请材料：公众参与说明（上级：广东省“建设项目环境影响报告表审批”）"])
    state: str = Field(description="open, waived or closed", examples=["open"])
    adjustment_id: UUID | None
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    waiver: Waiver | None


class NewWaiver(Strict):
    """A waiver as it is requested."""

    reason: Words = Field(examples=["已报省级主管部门同意，年底前统一"])
    expires_on: date = Field(description="Last day on which it holds", examples=["2099-12-31"])
