"""HTTP of justifications."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.justifications import recording, repository
from services.workflow.justifications.schemas import Justifications, NewJustifications
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction

router = transactional_router(prefix=BASE, tags=["changes"])


@router.post(
    "/{adjustment_id}/material-justifications",
    operation_id="justify_materials",
    summary="Argue for added materials",
    response_model=Justifications,
)
async def justify(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: NewJustifications, if_match: IfMatch = None
) -> Response:
    """登记新增申请材料的必要性论证和听取意见情况；未论证的，调整不能提交。"""
    await adjustments.match(tx, adjustment_id, if_match)
    version = await recording.record(tx, staff, adjustment_id, given)
    return with_etag(await _shown(tx, adjustment_id), version)


@router.get(
    "/{adjustment_id}/material-justifications",
    operation_id="list_material_justifications",
    summary="Why materials were added",
)
async def justifications(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Justifications:
    """新增申请材料的论证记录。"""
    return await _shown(tx, (await reading.find(tx, staff, adjustment_id)).id)


async def _shown(tx: Transaction, adjustment_id: UUID) -> Justifications:
    rows = await repository.of_adjustment(tx.connection, adjustment_id)
    return Justifications.model_validate({"items": [dict(row) for row in rows]})
