"""HTTP of preparing steps: confirm, assess, hear, consult, report."""

from __future__ import annotations

from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.schemas import AdjustmentSummary
from services.workflow.preparations import service
from services.workflow.preparations.packages import package_of
from services.workflow.preparations.schemas import (
    Assessment,
    Confirmation,
    Consultation,
    Hearing,
    ReportPackage,
    UpwardReport,
)
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["procedure"])


@router.post(
    "/{adjustment_id}/confirm",
    operation_id="confirm_feedback",
    summary="A department confirms what was fed back",
    response_model=AdjustmentSummary,
)
async def confirm(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Confirmation, if_match: IfMatch = None
) -> Response:
    """部门核实确认审核反馈；有异议的写明意见，退回编制。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.confirm(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/assess",
    operation_id="record_assessment",
    summary="Record the assessment by experts",
    response_model=AdjustmentSummary,
)
async def assess(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Assessment, if_match: IfMatch = None
) -> Response:
    """登记评估论证：专家、意见、结论；不可行或须修改的退回编制。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.assess(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/hear",
    operation_id="record_hearing",
    summary="Record a hearing, or why none was held",
    response_model=AdjustmentSummary,
)
async def hear(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Hearing, if_match: IfMatch = None
) -> Response:
    """登记听证情况（附笔录），或未举行听证的理由。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.hear(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/consult",
    operation_id="record_consultation",
    summary="Record a joint consultation",
    response_model=AdjustmentSummary,
)
async def consult(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Consultation, if_match: IfMatch = None
) -> Response:
    """登记会商：参加单位、是否同意、结论；未达成一致的退回编制。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.consult(tx, staff, adjustment_id, given))


@router.post(
    "/{adjustment_id}/report",
    operation_id="record_upward_report",
    summary="Record the report to the superior and its receipt",
    response_model=AdjustmentSummary,
)
async def report(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: UpwardReport, if_match: IfMatch = None
) -> Response:
    """登记审定前的报送及回执；没有回执的不能审定。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return _answer(await service.report(tx, staff, adjustment_id, given))


@router.get("/{adjustment_id}/report-package", operation_id="get_report_package", summary="What the superior is sent")
async def report_package(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> ReportPackage:
    """审定前报送上级的材料：基本情况、变更内容、各环节意见、论证和征求意见情况、内容摘要。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return package_of(await reading.document(tx, adjustment))


def _answer(adjustment: Adjustment) -> Response:
    return with_etag(AdjustmentSummary.model_validate(reading.summary(adjustment)), adjustment.version)
