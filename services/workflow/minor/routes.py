"""HTTP of minor changes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE as ADJUSTMENTS
from services.workflow.adjustments.routes import AdjustmentId
from services.workflow.adjustments.schemas import AdjustmentSummary
from services.workflow.fields import RegionCode
from services.workflow.minor import repository, service
from services.workflow.minor.schemas import LastDay, MinorElements, NewMinorElements
from services.workflow.register.service import chain_of
from shared import clock
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction

BASE = "/workflow/v1/minor-elements"
router = transactional_router(prefix=BASE, tags=["procedure"])
submitting_router = transactional_router(prefix=ADJUSTMENTS, tags=["adjustments"])

MinorElementId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-00000000000a"])]


@router.post("", operation_id="add_minor_elements", summary="Free elements from review", status_code=201)
async def add_minor_elements(tx: Unit, staff: Staff, given: NewMinorElements) -> MinorElements:
    """规定本区划及下级可不经审核直接更正的要素；仅限电话、地点、时间、网址等办理指引类要素。"""
    await service.free(tx, staff, given)
    return await _shown(tx, given.region_code)


@router.get("", operation_id="list_minor_elements", summary="Elements that need no review today")
async def list_minor_elements(
    tx: Unit, staff: Staff, region_code: Annotated[RegionCode, Query(examples=["130922000000"])]
) -> MinorElements:
    """区划当前可作微调的要素，含上级规定的。"""
    return await _shown(tx, region_code)


@router.post("/{id}/end", operation_id="end_minor_element", summary="Let a permission end")
async def end_minor_element(
    tx: Unit, staff: Staff, id_: Annotated[MinorElementId, Path(alias="id")], given: LastDay
) -> MinorElements:
    """终止一项微调规定；已提交的不受影响。"""
    return await _shown(tx, await service.end(tx, staff, id_, given.last_day))


@submitting_router.post(
    "/{adjustment_id}/submit-minor",
    operation_id="submit_minor_adjustment",
    summary="Hand in what needs no review",
    response_model=AdjustmentSummary,
)
async def submit_minor(tx: Unit, staff: Staff, adjustment_id: AdjustmentId, if_match: IfMatch = None) -> Response:
    """提交微调：全部变更都属于本区划规定可免审核的要素时，系统校验通过即生效，并全程留痕。"""
    await adjustments.match(tx, adjustment_id, if_match)
    submitted = await service.submit(tx, staff, adjustment_id)
    return with_etag(AdjustmentSummary.model_validate(reading.summary(submitted)), submitted.version)


async def _shown(tx: Transaction, region_code: str) -> MinorElements:
    chain = await chain_of(tx, region_code)
    rows = await repository.in_force(tx.connection, chain, tx.now.astimezone(clock.ZONE).date())
    return MinorElements.model_validate({"items": [dict(row) for row in rows]})
