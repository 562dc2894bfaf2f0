"""Models of the reconciliation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.catalog.fields import Grounds


class NewReconciliation(Grounds):
    """What to reconcile: all lists in force, or one; and whether to repair what drifted."""

    list_id: UUID | None = Field(default=None, description="All lists in force when empty")
    repair: bool = Field(
        default=False, description="Let drifting entries follow their authority again", examples=[True]
    )

    @model_validator(mode="after")
    def _says_why(self) -> NewReconciliation:
        if self.repair and self.reason is None:
            raise ValueError("修复须说明理由（reason）")
        return self


class Reconciled(BaseModel):
    """What the last reconciliation found in a list by a rule; equal hashes: no drift."""

    list_id: UUID
    kind: str = Field(examples=["power"])
    region_code: str = Field(examples=["440100000000"])
    title: str = Field(examples=["广州市权力清单"])
    rule: str = Field(description="A linkage rule, or `columns`: key columns beside versions", examples=["K01"])
    rule_set: int = Field(examples=[1])
    pairs: int = Field(examples=[510])
    drifted: int = Field(examples=[0])
    actual: str = Field(description="Hash of what the entries say", examples=["00c3…"])
    expected: str = Field(description="Hash of what a recompute from scratch would make them say", examples=["00c3…"])
    checked_at: datetime
