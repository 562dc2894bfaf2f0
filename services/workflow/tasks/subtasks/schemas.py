"""API models of parts of tasks."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.escalations.schemas import Role
from services.workflow.fields import Line, Title
from services.workflow.tasks.schemas import Task


class NewSubtask(BaseModel):
    """A part of a task: what, by whom, until when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "title": "梳理本单位权力事项并填报目录",
                "organ_id": "0197f3a0-0000-7000-8000-000000000003",
                "due_on": "2026-03-20",
            }
        },
    )

    title: Title
    organ_id: UUID | None = Field(default=None, description="That of the task when empty")
    role: Role | None = Field(default=None, description="compiler of the organ, or the role of the task, when empty")
    account_id: UUID | None = Field(default=None, description="Who does it; anybody of the role when empty")
    due_on: date | None = Field(default=None, description="Last day; that of the task when empty")


class Subtasks(BaseModel):
    """The parts of a task."""

    items: list[Task]
    open: int
    done: int


class JointOrgans(BaseModel):
    """Organs that help the leading one; replaces those named before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"organ_ids": ["0197f3a0-0000-7000-8000-000000000004"], "reason": "涉及该单位职责"}
        },
    )

    organ_ids: list[UUID] = Field(max_length=50)
    reason: Line
