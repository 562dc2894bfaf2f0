"""HTTP of tasks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.workflow.clocks.rules import is_overdue
from services.workflow.tasks import service
from services.workflow.tasks.schemas import Task, TaskKind, TaskState
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/tasks", tags=["tasks"])


@router.get("", operation_id="list_tasks", summary="The caller's tasks, the oldest first", response_model=Page[Task])
async def list_tasks(
    tx: Unit,
    staff: Staff,
    state: Annotated[TaskState, Query(description="Open unless told")] = "open",
    kind: Annotated[TaskKind | None, Query(description="Only this kind")] = None,
    adjustment_id: Annotated[UUID | None, Query(description="Only tasks of this adjustment")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Task]:
    """本人各角色、各单位的待办：签署、审核、审定、联动事项、疑似问题、冲突。"""
    rows, following = await service.mine(
        tx, staff, state=state, kind=kind, adjustment_id=adjustment_id, cursor=cursor, limit=limit
    )
    late = [row["state"] == "open" and is_overdue(row["due_at"], tx.now) for row in rows]
    items = [Task.model_validate(row | {"overdue": overdue}) for row, overdue in zip(rows, late, strict=True)]
    return Page(items=items, next=following)
