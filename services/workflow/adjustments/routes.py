"""HTTP of adjustments: open, read, edit, submit, withdraw, rebase."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.adjustments import reading, repository, rules, service
from services.workflow.adjustments.schemas import (
    Adjustment,
    AdjustmentHeader,
    AdjustmentSummary,
    NewAdjustment,
    OpenedAdjustment,
    Reason,
)
from services.workflow.adjustments.viewers.rules import viewer_of
from services.workflow.adjustments.waiting import WaitingRoute
from services.workflow.fields import RegionCode
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/adjustments"
router = transactional_router(prefix=BASE, tags=["adjustments"])
waiting_router = transactional_router(prefix=BASE, tags=["adjustments"])
waiting_router.route_class = WaitingRoute

AdjustmentId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000003"])]


@router.post(
    "", operation_id="open_adjustment", summary="Open an adjustment", status_code=201, response_model=OpenedAdjustment
)
async def open_adjustment(tx: Unit, staff: Staff, given: NewAdjustment) -> Response:
    """发起动态调整，可同时列出变更事项（一次最多 2000 项，全部成功或全部不成功）。"""
    adjustment, changes, others = await service.open_adjustment(tx, staff, given)
    answer = reading.summary(adjustment) | {"changes": changes, "others": others}
    model = OpenedAdjustment.model_validate(answer)
    return created(f"{BASE}/{adjustment.id}", model, adjustment.version)


@router.get(
    "",
    operation_id="list_adjustments",
    summary="Adjustments, the youngest first",
    response_model=Page[AdjustmentSummary],
)
async def list_adjustments(
    tx: Unit,
    staff: Staff,
    state: Annotated[
        list[rules.State] | None, Query(description="Only these states", max_length=len(rules.State))
    ] = None,
    region_code: Annotated[RegionCode | None, Query(description="This region and below")] = None,
    organ_id: Annotated[UUID | None, Query(description="Led by the organ, or with it")] = None,
    mine: Annotated[bool, Query(description="Only those the caller opened")] = False,
    minor: Annotated[bool | None, Query(description="Only minor changes, or only others")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AdjustmentSummary]:
    """本区划（含下级）或本单位参与的动态调整，按时间倒序。"""
    rows = await repository.page(
        tx.connection,
        viewer=viewer_of(staff),
        states=state or [],
        region_code=region_code,
        organ_id=organ_id,
        created_by=staff.actor if mine else None,
        minor=minor,
        before=id_of(cursor),
        limit=limit + 1,
    )
    shown = [AdjustmentSummary.model_validate(reading.summary(row)) for row in rows]
    return page_of(shown, limit, lambda each: [str(each.id)])


@waiting_router.get(
    "/{adjustment_id}",
    operation_id="get_adjustment",
    summary="Everything about an adjustment",
    response_model=Adjustment,
)
async def get_adjustment(
    tx: Unit,
    staff: Staff,
    adjustment_id: AdjustmentId,
    wait_for: Annotated[
        str | None,
        Query(max_length=200, description="States to wait for, separated by commas", examples=["effective,conflict"]),
    ] = None,
    wait: Annotated[int, Query(ge=0, le=10, description="Seconds to wait at most")] = 0,
) -> Response:
    """动态调整全貌：变更、环节、谁在等谁、校验结果、联动台账；可等待其到达指定状态。"""
    _check_states(wait_for)
    adjustment = await reading.find(tx, staff, adjustment_id)
    return with_etag(await reading.document(tx, adjustment), adjustment.version)


@router.put(
    "/{adjustment_id}", operation_id="edit_adjustment", summary="Change what it says", response_model=Adjustment
)
async def edit_adjustment(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: AdjustmentHeader, if_match: IfMatch = None
) -> Response:
    """修改尚在编制（起草或已退回）的动态调整的基本信息。"""
    adjustment = await service.editable(tx, adjustment_id)
    require_match(if_match, adjustment.version)
    edited = await service.edit(tx, staff, adjustment, given)
    return with_etag(await reading.document(tx, edited), edited.version)


@router.post(
    "/{adjustment_id}/submit", operation_id="submit_adjustment", summary="Submit it", response_model=AdjustmentSummary
)
async def submit_adjustment(
    tx: Unit,
    staff: Staff,
    adjustment_id: AdjustmentId,
    paper_copy: Annotated[bool, Query(description="A paper copy follows")] = False,
    if_match: IfMatch = None,
) -> Response:
    """提交：先由系统校验，无阻断问题后转负责人签署；所属单位的事项由主管部门提交。"""
    await service.match(tx, adjustment_id, if_match)
    return _answer(await service.submit(tx, staff, adjustment_id, paper_copy=paper_copy))


@router.post(
    "/{adjustment_id}/withdraw",
    operation_id="withdraw_adjustment",
    summary="Take it back",
    response_model=AdjustmentSummary,
)
async def withdraw_adjustment(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Reason, if_match: IfMatch = None
) -> Response:
    """撤回尚未审定（或存在冲突）的动态调整。"""
    await service.match(tx, adjustment_id, if_match)
    return _answer(await service.withdraw(tx, staff, adjustment_id, given.reason))


@router.post(
    "/{adjustment_id}/rebase",
    operation_id="rebase_adjustment",
    summary="Start again from the present values",
    response_model=AdjustmentSummary,
)
async def rebase_adjustment(tx: Unit, staff: Staff, adjustment_id: AdjustmentId, if_match: IfMatch = None) -> Response:
    """以现行内容为新的基准，退回起草；用于处理冲突。"""
    await service.match(tx, adjustment_id, if_match)
    return _answer(await service.rebase(tx, staff, adjustment_id))


def _answer(adjustment: rules.Adjustment) -> Response:
    return with_etag(AdjustmentSummary.model_validate(reading.summary(adjustment)), adjustment.version)


def _check_states(wait_for: str | None) -> None:
    unknown = [name for name in (wait_for or "").split(",") if wait_for and name not in list(rules.State)]
    if unknown:
        place = problems.FieldError("query/wait_for", "unknown_state", f"没有状态“{unknown[0][:40]}”")
        raise problems.Invalid("等待的状态有误。", errors=[place])
