"""API models of suspensions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.adjustments.schemas import Decision
from services.workflow.fields import Paragraph

_DECISION: dict[str, Any] = {"meeting": "区政府第14次常务会议", "date": "2026-03-16", "number": "区政审〔2026〕5号"}


class NewSuspension(BaseModel):
    """Why an adjustment is to rest (中止)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "上级正在修改依据，待其施行后继续办理"}}
    )

    reason: Paragraph
    decision: Decision | None = Field(default=None, description="Required where the government has decided already")


class Revocation(BaseModel):
    """The government takes back what it decided (撤销审定)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "依据已被废止", "decision": _DECISION}}
    )

    reason: Paragraph
    decision: Decision


class Suspension(BaseModel):
    """A time an adjustment rested."""

    reason: str = Field(examples=["上级正在修改依据，待其施行后继续办理"])
    decision: dict[str, Any] | None
    suspended_by: str
    suspended_at: datetime
    resumption: str | None = Field(description="Why it went on")
    resumed_by: str | None
    resumed_at: datetime | None


class Suspensions(BaseModel):
    """All of them, the first one first."""

    items: list[Suspension]
