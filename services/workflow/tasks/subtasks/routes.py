"""HTTP of parts of tasks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from services.workflow.tasks.schemas import Task, view
from services.workflow.tasks.subtasks import service
from services.workflow.tasks.subtasks.schemas import JointOrgans, NewSubtask, Subtasks
from shared.http.etag import IfMatch, created, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/tasks/{task_id}", tags=["tasks"])

TaskId = Annotated[UUID, Path(description="Id of the task")]


@router.post(
    "/subtasks", operation_id="divide_task", summary="Give a part of a task away", status_code=201, response_model=Task
)
async def divide(tx: Unit, staff: Staff, task_id: TaskId, given: NewSubtask) -> Response:
    """将任务分解给单位或具体人员，可定完成日期。"""
    row = await service.add(tx, staff, task_id, given)
    return created(f"/workflow/v1/tasks/{row['id']}", view(row, tx.now), row["version"])


@router.get("/subtasks", operation_id="list_subtasks", summary="The parts of a task")
async def list_parts(tx: Unit, staff: Staff, task_id: TaskId) -> Subtasks:
    """任务的分解情况。"""
    items = [view(dict(row), tx.now) for row in await service.parts(tx, staff, task_id)]
    counted = {state: sum(item.state == state for item in items) for state in ("open", "done")}
    return Subtasks(items=items, open=counted["open"], done=counted["done"])


@router.put(
    "/joint-organs", operation_id="set_joint_organs", summary="Say which organs help with a task", response_model=Task
)
async def set_joint(tx: Unit, staff: Staff, task_id: TaskId, given: JointOrgans, if_match: IfMatch = None) -> Response:
    """确定任务的配合单位（牵头单位之外）。"""
    row = await service.share(tx, staff, task_id, given, if_match)
    return with_etag(view(row, tx.now), row["version"])
