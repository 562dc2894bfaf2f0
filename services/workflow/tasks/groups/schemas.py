"""API models of tasks by cause."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.fields import Line
from services.workflow.tasks.schemas import TaskKind


class TaskGroup(BaseModel):
    """Tasks of a kind that one thing has left: a law that changed, an adjustment, an entry, a rule."""

    kind: TaskKind
    cause: str | None = Field(examples=["document/0197f3a0-0000-7000-8000-000000000005"])
    cause_title: str | None = Field(examples=["某某管理条例"])
    title: str = Field(description="Of the first of them")
    task_id: UUID | None = Field(description="Where it is one task alone")
    tasks: int = Field(examples=[400])
    lists: int = Field(description="How many lists they are about", examples=[6])
    overdue: int
    mine: int = Field(description="Given to the caller")
    unassigned: int
    next_due_at: datetime | None
    opened_at: datetime
    href: str = Field(description="The tasks themselves", examples=["/workflow/v1/tasks?kind=finding&cause=rule%2FK10"])


class GroupAssignment(BaseModel):
    """Who is to do all tasks of a cause."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "finding",
                "cause": "document/0197f3a0-0000-7000-8000-000000000005",
                "account_id": "0197f3a0-0000-7000-8000-000000000009",
            }
        },
    )

    kind: TaskKind
    cause: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[ -~]+$")]
    account_id: UUID
    reason: Line | None = None


class AssignedGroup(BaseModel):
    """What became of it."""

    assigned: int = Field(examples=[400])
    refused: int = Field(description="Tasks the account could not do", examples=[0])


def view(row: dict[str, Any]) -> TaskGroup:
    """A group as the API tells it."""
    alone = row["first_id"] if row["tasks"] == 1 else None
    where = f"?kind={row['kind']}" + (f"&cause={quote(row['cause'], safe='')}" if row["cause"] else "")
    href = f"/workflow/v1/tasks/{alone}" if alone else f"/workflow/v1/tasks{where}"
    return TaskGroup.model_validate(row | {"task_id": alone, "href": href})
