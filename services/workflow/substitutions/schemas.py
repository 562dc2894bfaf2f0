"""API models of substitutions."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Line


class NewSubstitution(BaseModel):
    """Who does the tasks of somebody who is away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "substitute_id": "0197f3a0-0000-7000-8000-000000000009",
                "valid_from": "2026-03-09",
                "valid_to": "2026-03-20",
                "reason": "外出培训",
            }
        },
    )

    account_id: UUID | None = Field(default=None, description="Who is away; the caller when empty")
    substitute_id: UUID
    valid_from: date
    valid_to: date = Field(description="Last day")
    reason: Line


class SubstitutionEnd(BaseModel):
    """The last day of a substitution that ends early."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"last_day": "2026-03-13"}})

    last_day: date


class Substitution(BaseModel):
    """Who does the tasks of somebody who is away."""

    id: UUID
    account_id: UUID
    substitute_id: UUID
    valid_from: date = Field(examples=["2026-03-09"])
    valid_to: date = Field(description="Last day", examples=["2026-03-20"])
    reason: str = Field(examples=["外出培训"])
    created_by: str = Field(examples=["account:0197f3a0-0000-7000-8000-000000000007"])
    created_at: datetime
