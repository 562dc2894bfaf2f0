"""HTTP of candidates."""

from __future__ import annotations

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.candidates import answering, service
from services.workflow.candidates.schemas import Candidates, NewAnswers
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["changes"])


@router.get("/{adjustment_id}/candidates", operation_id="list_adjustment_candidates", summary="What the cause concerns")
async def candidates(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Candidates:
    """调整情形涉及的候选事项：建议的变更、理由，是否已列入或已答复。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return Candidates.model_validate({"items": await service.shown(tx, adjustment)})


@router.post(
    "/{adjustment_id}/candidate-answers",
    operation_id="answer_candidates",
    summary="Say why candidates are not changed here",
    response_model=Candidates,
)
async def answer(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: NewAnswers, if_match: IfMatch = None
) -> Response:
    """逐项答复候选事项：已由其他调整覆盖，或不需调整及其理由；必须答复的未答复前不能提交。"""
    await adjustments.match(tx, adjustment_id, if_match)
    version = await answering.answer(tx, staff, adjustment_id, given)
    adjustment = await adjustments.find(tx, adjustment_id)
    return with_etag(Candidates.model_validate({"items": await service.shown(tx, adjustment)}), version)
