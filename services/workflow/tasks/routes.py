"""HTTP of tasks."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.responses import Response

from services.workflow.tasks.groups import service as groups
from services.workflow.tasks.groups.schemas import AssignedGroup, GroupAssignment, TaskGroup
from services.workflow.tasks.groups.schemas import view as group_view
from services.workflow.tasks.inbox import service
from services.workflow.tasks.inbox.repository import Filters
from services.workflow.tasks.schemas import (
    Assignment,
    Completion,
    GiveBack,
    Task,
    TaskCount,
    TaskHistory,
    TaskKind,
    TaskState,
    TaskSummary,
    view,
)
from shared.http.etag import IfMatch, with_etag
from shared.http.instants import Instant
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/tasks", tags=["tasks"])

TaskId = Annotated[UUID, Path(description="Id of the task")]


def _filters(
    state: Annotated[TaskState, Query(description="Open unless told")] = "open",
    kind: Annotated[TaskKind | None, Query(description="Only this kind")] = None,
    adjustment_id: Annotated[UUID | None, Query(description="Only tasks of this adjustment")] = None,
    cause: Annotated[str | None, Query(description="Only of this cause", max_length=100, pattern=r"^[ -~]+$")] = None,
    parent_id: Annotated[UUID | None, Query(description="Only parts of this task")] = None,
    escalated: Annotated[
        bool, Query(description="What is late and has risen to the caller, instead of his own")
    ] = False,
    list_id: Annotated[UUID | None, Query(description="Only about this list")] = None,
    organ: Annotated[UUID | None, Query(description="Only tasks of this organ")] = None,
    assignee: Annotated[
        Literal["me", "nobody"] | None, Query(description="Only given to the caller, or to nobody yet")
    ] = None,
    overdue: Annotated[bool | None, Query(description="Only late ones, or only those in time")] = None,
    due_before: Annotated[Instant | None, Query(description="Only due before this instant")] = None,
) -> Filters:
    return Filters(
        state=state,
        kind=kind,
        adjustment_id=adjustment_id,
        cause=cause,
        parent_id=parent_id,
        escalated=escalated,
        list_id=list_id,
        organ_id=organ,
        assignee=assignee,
        overdue=overdue,
        due_before=due_before,
    )


Chosen = Annotated[Filters, Depends(_filters)]


@router.get("", operation_id="list_tasks", summary="The caller's tasks, the oldest first", response_model=Page[Task])
async def list_tasks(tx: Unit, staff: Staff, chosen: Chosen, cursor: Cursor = None, limit: Limit = 50) -> Page[Task]:
    """本人各角色、各单位的全部待办：审核、联动、核查、认领、退回修改、应完成事项、月报、投诉、整改、违规办件等。"""
    rows, following = await service.page(tx, staff, chosen, cursor=cursor, limit=limit)
    return Page(items=[view(row, tx.now) for row in rows], next=following)


@router.get("/summary", operation_id="count_tasks", summary="The caller's tasks, counted by kind")
async def count_tasks(tx: Unit, staff: Staff, chosen: Chosen) -> TaskSummary:
    """本人待办按种类计数，含超期数、本人领取数。"""
    kinds = [TaskCount.model_validate(row) for row in await service.summary(tx, staff, chosen)]
    total, late = sum(kind.open for kind in kinds), sum(kind.overdue for kind in kinds)
    return TaskSummary(kinds=kinds, open=total, overdue=late)


@router.get("/groups", operation_id="list_task_groups", summary="The caller's tasks by cause")
async def list_groups(
    tx: Unit, staff: Staff, chosen: Chosen, cursor: Cursor = None, limit: Limit = 50
) -> Page[TaskGroup]:
    """本人待办按缘由合并：同一法规修改、同一调整引起的多项待办合为一行。"""
    rows, following = await groups.page(tx, staff, chosen, cursor=cursor, limit=limit)
    return Page(items=[group_view(dict(row)) for row in rows], next=following)


@router.post("/groups/assign", operation_id="assign_task_group", summary="Give all tasks of a cause to somebody")
async def assign_group(tx: Unit, staff: Staff, given: GroupAssignment) -> AssignedGroup:
    """将同一缘由的待办一并指派给能够办理的同事（一次最多 1000 项）。"""
    handed, refused = await groups.assign(tx, staff, given)
    return AssignedGroup(assigned=len(handed), refused=refused)


@router.get("/{task_id}", operation_id="get_task", summary="One task", response_model=Task)
async def get_task(tx: Unit, staff: Staff, task_id: TaskId) -> Response:
    """一项待办。"""
    row = await service.find(tx, staff, task_id)
    return with_etag(view(dict(row), tx.now), row["version"])


@router.get("/{task_id}/history", operation_id="get_task_history", summary="What happened to a task")
async def get_history(tx: Unit, staff: Staff, task_id: TaskId) -> TaskHistory:
    """待办的经过：产生、指派、领取、退回、暂停、延期、预警、办结。"""
    return TaskHistory.model_validate({"items": await service.history(tx, staff, task_id)})


@router.post("/{task_id}/assign", operation_id="assign_task", summary="Give a task to somebody", response_model=Task)
async def assign(tx: Unit, staff: Staff, task_id: TaskId, given: Assignment, if_match: IfMatch = None) -> Response:
    """指派或转办给能够办理的同事。"""
    row = await service.assign(tx, staff, task_id, given.account_id, reason=given.reason, if_match=if_match)
    return with_etag(view(row, tx.now), row["version"])


@router.post("/{task_id}/take", operation_id="take_task", summary="Take a task", response_model=Task)
async def take(tx: Unit, staff: Staff, task_id: TaskId, if_match: IfMatch = None) -> Response:
    """领取无人办理的待办。"""
    row = await service.take(tx, staff, task_id, if_match)
    return with_etag(view(row, tx.now), row["version"])


@router.post("/{task_id}/give-back", operation_id="give_back_task", summary="Give a task back", response_model=Task)
async def give_back(tx: Unit, staff: Staff, task_id: TaskId, given: GiveBack, if_match: IfMatch = None) -> Response:
    """退回已领取的待办，由他人领取。"""
    row = await service.give_back(tx, staff, task_id, reason=given.reason, if_match=if_match)
    return with_etag(view(row, tx.now), row["version"])


@router.post("/{task_id}/complete", operation_id="complete_task", summary="Complete a task", response_model=Task)
async def complete(tx: Unit, staff: Staff, task_id: TaskId, given: Completion, if_match: IfMatch = None) -> Response:
    """办结限期事项（如月报），说明完成情况；其他待办随所涉事项自动关闭。"""
    row = await service.complete(tx, staff, task_id, note=given.note, if_match=if_match)
    return with_etag(view(row, tx.now), row["version"])
