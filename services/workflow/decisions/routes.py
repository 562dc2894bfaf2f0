"""HTTP of the procedure: sign, review, legality review, decide."""

from __future__ import annotations

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.schemas import AdjustmentSummary
from services.workflow.decisions import service
from services.workflow.decisions.schemas import DecisionAct, LegalityReview, Review, Signature
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["procedure"])


@router.post(
    "/{adjustment_id}/sign", operation_id="sign_adjustment", summary="Sign it", response_model=AdjustmentSummary
)
async def sign(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Signature, if_match: IfMatch = None
) -> Response:
    """参与单位主要负责人签署（附签字盖章凭证），或退回编制。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.sign(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/review", operation_id="review_adjustment", summary="Review it", response_model=AdjustmentSummary
)
async def review(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Review, if_match: IfMatch = None
) -> Response:
    """审改办审核：通过，或附逐要素意见退回。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.review(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/legality",
    operation_id="review_legality",
    summary="Legality review",
    response_model=AdjustmentSummary,
)
async def legality(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: LegalityReview, if_match: IfMatch = None
) -> Response:
    """合法性审查：合法、不合法或需修改；后两者退回编制。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.legality(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/decide", operation_id="decide_adjustment", summary="Decide it", response_model=AdjustmentSummary
)
async def decide(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: DecisionAct, if_match: IfMatch = None
) -> Response:
    """本级政府审定（会议、日期、文号）：随审定生效，或在所定时间生效；内容已被他人改变的转为冲突。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.decide(tx, staff, adjustment_id, given))


def _answer(adjustment: Adjustment) -> Response:
    return with_etag(AdjustmentSummary.model_validate(reading.summary(adjustment)), adjustment.version)
