"""HTTP of inspections."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import RegionCode
from services.workflow.inspections import service
from services.workflow.inspections.schemas import Inspection, NewInspection
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/inspections"
router = transactional_router(prefix=BASE, tags=["rectification"])


@router.post("", operation_id="record_inspection", summary="Record an inspection with its findings", status_code=201,
             response_model=Inspection)  # fmt: skip
async def record(tx: Unit, staff: Staff, given: NewInspection) -> Response:
    """登记督导检查；每条发现的问题同时形成一项限期整改。"""
    row = await service.record(tx, staff, given)
    return created(f"{BASE}/{row.id}", Inspection.model_validate(dict(row)))


@router.get("", operation_id="list_inspections", summary="Inspections, the newest first")
async def inspections(
    tx: Unit, staff: Staff,
    region: Annotated[RegionCode, Query(description="This region and all below it", examples=["130922000000"])],
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Inspection]:  # fmt: skip
    """督导检查记录及未整改到位的问题数。"""
    rows = await service.page(tx, staff, region, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[Inspection.model_validate(dict(row)) for row in found.items], next=found.next)


@router.get("/{inspection_id}", operation_id="get_inspection", summary="One inspection")
async def inspection(
    tx: Unit, staff: Staff, inspection_id: Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000035"])]
) -> Inspection:
    """一次督导检查。"""
    return Inspection.model_validate(dict(await service.get(tx, staff, inspection_id)))
