"""HTTP of submissions: receipts, and the paper copy."""

from __future__ import annotations

from services.workflow.adjustments import reading
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.rules import Adjustment
from services.workflow.submissions import paper, repository
from services.workflow.submissions.schemas import Receipts
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction

router = transactional_router(prefix=BASE, tags=["adjustments"])


@router.get("/{adjustment_id}/receipts", operation_id="list_submission_receipts", summary="Receipts of its submissions")
async def receipts(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Receipts:
    """历次报送的回执：编号、时间、内容摘要、纸质件。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return await _receipts(tx, adjustment)


@router.post(
    "/{adjustment_id}/paper-copy", operation_id="receive_paper_copy", summary="Note that the paper copy has come"
)
async def receive_paper(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Receipts:
    """审改办登记收到最近一次报送的纸质件。"""
    return await _receipts(tx, await paper.receive(tx, staff, adjustment_id))


async def _receipts(tx: Transaction, adjustment: Adjustment) -> Receipts:
    rows = await repository.of_adjustment(tx.connection, adjustment.id)
    return Receipts.model_validate({"items": [dict(row) for row in rows]})
