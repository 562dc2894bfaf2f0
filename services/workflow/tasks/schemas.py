"""API models of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

TaskKind = Literal["review", "linkage_draft", "finding", "conflict", "correction"]
TaskState = Literal["open", "done", "void"]


class Task(BaseModel):
    """Something a person has to do."""

    id: UUID
    kind: TaskKind
    title: str = Field(examples=["联动新增：“互联网+监管”事项清单 - 建设项目环境影响报告表审批"])
    region_code: str
    organ_id: UUID | None
    role: str | None
    subject: str = Field(description="What it is about", examples=["draft/0197f3a0-0000-7000-8000-000000000005"])
    list_id: UUID | None
    adjustment_id: UUID | None
    state: TaskState
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    closed_at: datetime | None
    closed_by: str | None
