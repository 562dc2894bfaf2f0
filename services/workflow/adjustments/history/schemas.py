"""API models of what happened to an adjustment, and of the limits that run."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class Happened(BaseModel):
    """One line of the timeline."""

    at: datetime
    type: str = Field(examples=["adjustment.submitted"])
    title: str = Field(examples=["提交"])
    actor: str
    actor_name: str | None
    details: dict[str, Any] = Field(description="Step, outcome, receipt …, where there is one")


class RunningClock(BaseModel):
    """The limit of a task of the adjustment."""

    task_id: UUID
    kind: str = Field(description="Of the task")
    title: str
    state: str = Field(description="running, paused, overdue or stopped")
    started_at: datetime
    due_at: datetime
    provisional: bool = Field(description="Holidays of the year are not announced yet")
    amount: int
    unit: str
    pauses: list[dict[str, Any]]
    extensions: list[dict[str, Any]]
    stopped_at: datetime | None
