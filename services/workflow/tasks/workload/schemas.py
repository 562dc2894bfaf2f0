"""API models of the workload."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class Load(BaseModel):
    """What lies with one person, or with whoever takes it in an organ."""

    assignee_id: UUID | None
    name: str | None = Field(examples=["编制岗一"])
    organ_id: UUID | None
    organ_name: str | None
    role: str | None = Field(description="Where nobody has taken it yet", examples=["list_authority"])
    open: int = Field(examples=[12])
    overdue: int = Field(examples=[1])
    next_due_at: datetime | None


class Workload(BaseModel):
    """Open tasks of a region or an organ by who has them; most late ones first, a thousand lines at most."""

    items: list[Load]
    open: int
    overdue: int
