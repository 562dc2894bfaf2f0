"""HTTP of guidance records."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import Code, RegionCode
from services.workflow.guidance import repository, rules, service
from services.workflow.guidance.schemas import GuidanceView, NewGuidance
from services.workflow.obligations.service import reader_of
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

BASE = "/workflow/v1/guidance-records"
router = transactional_router(prefix=BASE, tags=["guidance"])

RecordId = Annotated[UUID, Path(description="Id of the record", examples=["0197f3a0-0000-7000-8000-000000000041"])]


@router.post(
    "", operation_id="record_guidance", summary="Record guidance given to those below", status_code=201,
    response_model=GuidanceView,
)  # fmt: skip
async def record_guidance(tx: Unit, staff: Staff, given: NewGuidance) -> Response:
    """记录对下级的指导；专项工作中相应的指导任务随之完成。"""
    row = await service.record(tx, staff, given)
    return created(f"{BASE}/{row.id}", _view(row))


@router.get(
    "", operation_id="list_guidance_records", summary="Guidance given to those below", response_model=Page[GuidanceView]
)
async def list_guidance_records(
    tx: Unit,
    staff: Staff,
    organ: Annotated[UUID | None, Query(description="Only by this organ")] = None,
    region_code: Annotated[RegionCode | None, Query(description="Only for this region")] = None,
    list_kind: Annotated[Code | None, Query(description="Only about lists of this kind")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[GuidanceView]:
    """指导记录，按时间倒序。"""
    rows = await repository.page(
        tx.connection, reader_of(staff), organ_id=organ, region_code=region_code, list_kind=list_kind,
        before=id_of(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([_view(row) for row in rows], limit, lambda each: [str(each.id)])


@router.get(
    "/{record_id}", operation_id="get_guidance_record", summary="One guidance record", response_model=GuidanceView
)
async def get_guidance_record(tx: Unit, staff: Staff, record_id: RecordId) -> GuidanceView:
    """一条指导记录。"""
    return _view(await service.find(tx, staff, record_id))


def _view(row: Row) -> GuidanceView:
    return GuidanceView.model_validate(dict(row) | {"method_title": rules.METHODS[row.method]})
