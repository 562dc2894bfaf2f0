"""HTTP of filings."""

from __future__ import annotations

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.schemas import AdjustmentSummary
from services.workflow.filings import service
from services.workflow.filings.schemas import Filing
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["procedure"])


@router.post(
    "/{adjustment_id}/filings",
    operation_id="record_filing_receipt",
    summary="Record the receipt of a filing",
    response_model=AdjustmentSummary,
)
async def record_filing(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Filing, if_match: IfMatch = None
) -> Response:
    """登记报备回执（接收单位、回执编号、日期）；全部接收单位均有回执的，报备办结。"""
    await adjustments.match(tx, adjustment_id, if_match)
    filed = await service.record(tx, staff, adjustment_id, given)
    return with_etag(AdjustmentSummary.model_validate(reading.summary(filed)), filed.version)
