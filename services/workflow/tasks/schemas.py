"""API models of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.clocks.rules import is_overdue
from services.workflow.fields import Line
from services.workflow.tasks.rules import href

TaskKind = Literal[
    "review", "linkage_draft", "finding", "conflict", "correction", "deadline", "claim", "feedback", "obligation",
    "dispute", "reply", "report", "issue", "complaint", "rectification", "violation", "subtask", "guidance", "notice",
    "survey", "related_work", "channel",
]  # fmt: skip
TaskState = Literal["open", "parked", "done", "void"]


class Task(BaseModel):
    """Something a person has to do."""

    id: UUID
    kind: TaskKind
    title: str = Field(examples=["联动新增：“互联网+监管”事项清单 - 建设项目环境影响报告表审批"])
    region_code: str
    organ_id: UUID | None
    role: str | None
    subject: str = Field(description="What it is about", examples=["draft/0197f3a0-0000-7000-8000-000000000005"])
    href: str = Field(
        description="Where to read what it is about, and what would change",
        examples=["/catalog/v1/drafts/0197f3a0-0000-7000-8000-000000000005"],
    )
    list_id: UUID | None
    adjustment_id: UUID | None
    state: TaskState
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    grade: str | None = Field(
        description="The last warning given, as the region's thresholds name it", examples=["three_days_before"]
    )
    assignee_id: UUID | None = Field(description="The account it was given to; anybody of the role when empty")
    cause: str | None = Field(
        description="What tasks were opened by together", examples=["document/0197f3a0-0000-7000-8000-000000000005"]
    )
    parent_id: UUID | None = Field(description="The task it is a part of")
    joint_organ_ids: list[UUID] = Field(description="Organs beside the leading one (配合单位)")
    closed_at: datetime | None
    closed_by: str | None


class TaskCount(BaseModel):
    """How many tasks there are of a kind."""

    kind: TaskKind
    open: int = Field(examples=[12])
    overdue: int = Field(examples=[1])
    mine: int = Field(description="Given to the caller", examples=[3])
    unassigned: int = Field(examples=[8])
    next_due_at: datetime | None


class TaskSummary(BaseModel):
    """The caller's open tasks, counted."""

    kinds: list[TaskCount]
    open: int
    overdue: int


class TaskAct(BaseModel):
    """Something that happened to a task."""

    at: datetime
    act: str = Field(
        description="opened, reopened, assigned, taken, released, divided, shared, completed, paused, resumed,"
        " extended, warned, overdue or closed",
        examples=["assigned"],
    )
    by: str | None = Field(examples=["account:0197f3a0-0000-7000-8000-000000000009"])
    to: UUID | None
    reason: str | None


class TaskHistory(BaseModel):
    """What happened to a task, in order."""

    items: list[TaskAct]


class Assignment(BaseModel):
    """Who is to do a task."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"account_id": "0197f3a0-0000-7000-8000-000000000009", "reason": "熟悉该事项"}},
    )

    account_id: UUID
    reason: Line | None = None


class GiveBack(BaseModel):
    """Why a task is given back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "外出培训"}})

    reason: Line | None = None


class Completion(BaseModel):
    """How something with a deadline was done."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "5月月报已报送市审改办"}})

    note: Line


def view(row: dict[str, Any], now: datetime) -> Task:
    """A task as the API tells it."""
    late = row["state"] == "open" and is_overdue(row["due_at"], now)
    return Task.model_validate(row | {"overdue": late, "href": href(row)})
