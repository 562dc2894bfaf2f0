"""HTTP of disputes about what was fed back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.workflow.adjustments import reading
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.disputes import repository, rules, service
from services.workflow.disputes.schemas import Dispute, DisputeConsultation, DisputeDecision, Disputes
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

router = transactional_router(prefix="/workflow/v1", tags=["disputes"])
DisputeId = Annotated[UUID, Path(description="A dispute", examples=["0197f3a0-0000-7000-8000-000000000041"])]


@router.get(
    f"{BASE.removeprefix('/workflow/v1')}/{{adjustment_id}}/disputes",
    operation_id="list_disputes",
    summary="Disputes about what was fed back",
)
async def disputes(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Disputes:
    """部门对审核反馈的争议：要素、会商、审定。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return Disputes(items=[_view(row) for row in await repository.of_adjustment(tx.connection, adjustment.id)])


@router.get("/disputes/{dispute_id}", operation_id="get_dispute", summary="One dispute")
async def dispute(tx: Unit, staff: Staff, dispute_id: DisputeId) -> Dispute:
    """一项争议。"""
    found = await service.get(tx, dispute_id)
    await reading.find(tx, staff, found.adjustment_id)
    return _view(found)


@router.post("/disputes/{dispute_id}/consult", operation_id="consult_dispute", summary="Record the consultation")
async def consult(tx: Unit, staff: Staff, dispute_id: DisputeId, given: DisputeConsultation) -> Dispute:
    """登记争议会商：一致的按结论办理，未达成一致的提请本级政府审定。"""
    return _view(await service.consult(tx, staff, dispute_id, given))


@router.post("/disputes/{dispute_id}/decide", operation_id="decide_dispute", summary="Record the government's decision")
async def decide(tx: Unit, staff: Staff, dispute_id: DisputeId, given: DisputeDecision) -> Dispute:
    """本级政府审定争议，解除要素锁定。"""
    return _view(await service.decide(tx, staff, dispute_id, given))


def _view(row: Row) -> Dispute:
    return Dispute.model_validate(dict(row) | {"state_title": rules.STATE_TITLES[row.state]})
