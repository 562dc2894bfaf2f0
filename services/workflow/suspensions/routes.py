"""HTTP of suspensions."""

from __future__ import annotations

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.schemas import AdjustmentSummary, Reason
from services.workflow.suspensions import service
from services.workflow.suspensions.schemas import NewSuspension, Revocation, Suspensions
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["adjustments"])


@router.post(
    "/{adjustment_id}/suspend",
    operation_id="suspend_adjustment",
    summary="Let it rest",
    response_model=AdjustmentSummary,
)
async def suspend(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: NewSuspension, if_match: IfMatch = None
) -> Response:
    """中止：审核中的暂停计时、待办和征求意见；已审定待生效的凭审定机关的决定中止生效。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.suspend(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/resume",
    operation_id="resume_adjustment",
    summary="Let it go on",
    response_model=AdjustmentSummary,
)
async def resume(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Reason, if_match: IfMatch = None
) -> Response:
    """恢复办理：从中止时的环节继续，时限接续计算；所定生效时间已过的，自恢复时生效。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.resume(tx, staff, adjustment_id, given.reason))


@router.post(
    "/{adjustment_id}/revoke",
    operation_id="revoke_decision",
    summary="Take a decision back before it takes effect",
    response_model=AdjustmentSummary,
)
async def revoke(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Revocation, if_match: IfMatch = None
) -> Response:
    """撤销审定：审定机关在生效之前撤回其决定。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.revoke(tx, staff, adjustment_id, given))


@router.get("/{adjustment_id}/suspensions", operation_id="list_suspensions", summary="When and why it rested")
async def suspensions(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Suspensions:
    """历次中止与恢复：原因、时间、经办人。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return Suspensions.model_validate({"items": [dict(row) for row in await service.of_adjustment(tx, adjustment)]})


def _answer(adjustment: Adjustment) -> Response:
    return with_etag(AdjustmentSummary.model_validate(reading.summary(adjustment)), adjustment.version)
