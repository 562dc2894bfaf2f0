"""HTTP of related work."""

from __future__ import annotations

from services.workflow.adjustments import reading
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.related import repository, service
from services.workflow.related.schemas import RelatedWorkReport, RelatedWorks
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["adjustments"])


@router.post(
    "/{adjustment_id}/related-work",
    operation_id="report_related_work",
    summary="Report what was put right after the publication",
)
async def report(tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: RelatedWorkReport) -> RelatedWorks:
    """部门对照公布的清单调整相关工作（受理、窗口、指南等）后报告；待办随之办结。"""
    await service.report(tx, staff, adjustment_id, given)
    items = await repository.of_adjustment(tx.connection, adjustment_id)
    return RelatedWorks.model_validate({"items": items})


@router.get("/{adjustment_id}/related-work", operation_id="list_related_work", summary="What departments put right")
async def related_work(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> RelatedWorks:
    """公布后各部门对照调整相关工作的情况。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    items = await repository.of_adjustment(tx.connection, adjustment.id)
    return RelatedWorks.model_validate({"items": items})
