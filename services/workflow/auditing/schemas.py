"""Models of the auditing API."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class LoggedEvent(BaseModel):
    """A change of state as the log has it: who, when, why, on which basis; names of what changed, never values."""

    position: int = Field(examples=[120_031])
    id: UUID
    type: str = Field(examples=["rectification_order.issued"])
    service: str
    region_code: str | None
    list_kind: str | None
    list_id: UUID | None
    item_ids: list[UUID]
    versions: list[int]
    elements: list[str]
    adjustment_id: UUID | None
    cause_id: UUID | None
    effective_at: datetime | None
    recorded_at: datetime
    actor: str
    reason: str | None
    legal_basis: str | None
    request_id: str | None
    refs: dict[str, Any]


class RecordedAct(BaseModel):
    """An act without a change of state: a sign-in, an export, a refused attempt."""

    id: UUID
    recorded_at: datetime
    service: str
    actor: str
    tag: str = Field(description="source:subject:action", examples=["workflow:log:export"])
    outcome: str = Field(examples=["done"])
    request_id: str | None
    detail: dict[str, Any]


class NewExport(BaseModel):
    """Which seals are exported, with their events."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"first": 1, "last": 60}})

    first: int = Field(ge=1, le=2**62, description="Number of the first seal")
    last: int = Field(ge=1, le=2**62, description="Number of the last seal")
