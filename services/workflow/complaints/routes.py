"""HTTP of complaints: channels hand them on, the organ or its region answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.complaints import service
from services.workflow.complaints.schemas import (
    Complaint,
    ComplaintState,
    NewComplaint,
    NewComplaintAnswer,
    NewComplaintOfFeedback,
    Source,
    Subject,
    view,
)
from services.workflow.fields import RegionCode
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Caller, Staff, Unit, transactional_router

BASE = "/workflow/v1/complaints"
router = transactional_router(prefix=BASE, tags=["complaints"])

ComplaintId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000033"])]


@router.post("", operation_id="take_complaint", summary="Hand on a complaint", status_code=201,
             response_model=Complaint)  # fmt: skip
async def take(tx: Unit, caller: Caller, given: NewComplaint) -> Response:
    """登记12345热线、好差评系统转来的或来信来访的投诉举报，关联事项或单位，按来源规定时限交办。"""
    row = await service.take(tx, caller, given)
    return created(f"{BASE}/{row.id}", view(row, tx.now), row.version)


@router.post("/of-feedback", operation_id="take_feedback_as_complaint", summary="Make a complaint of feedback",
             status_code=201, response_model=Complaint)  # fmt: skip
async def take_feedback(tx: Unit, staff: Staff, given: NewComplaintOfFeedback) -> Response:
    """将门户网站的一条公众反馈转为投诉举报办理，不重复录入；内容、时限和答复仍在公众反馈中。"""
    row = await service.take_feedback(tx, staff, given.feedback_id, given.subject)
    return created(f"{BASE}/{row.id}", view(row, tx.now), row.version)


@router.get("", operation_id="list_complaints", summary="Complaints, the newest first")
async def complaints(
    tx: Unit, caller: Caller,
    region: Annotated[RegionCode | None, Query(description="This region and all below it; people name one")] = None,
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    item: UUID | None = None, source: Source | None = None, subject: Subject | None = None,
    state: ComplaintState | None = None,
    overdue: Annotated[bool | None, Query(description="Not answered in time")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Complaint]:  # fmt: skip
    """投诉举报；接入系统只见本系统转办的。"""
    filters = {"region": region, "organ": organ, "item": item, "source": source, "subject": subject, "state": state,
               "overdue": overdue}  # fmt: skip
    rows = await service.page(tx, caller, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[view(row, tx.now) for row in found.items], next=found.next)


@router.get("/{complaint_id}", operation_id="get_complaint", summary="One complaint", response_model=Complaint)
async def complaint(tx: Unit, caller: Caller, complaint_id: ComplaintId) -> Response:
    """一件投诉举报及其答复。"""
    row = await service.get(tx, caller, complaint_id)
    return with_etag(view(row, tx.now), row.version)


@router.post("/{complaint_id}/answer", operation_id="answer_complaint", summary="Answer a complaint, once",
             response_model=Complaint)  # fmt: skip
async def answer(
    tx: Unit, staff: Staff, complaint_id: ComplaintId, given: NewComplaintAnswer, if_match: IfMatch = None
) -> Response:
    """由被投诉单位答复，或由本级审改办、清单牵头单位代为答复；门户网站的反馈在公众反馈中答复。"""
    if if_match is not None:
        require_match(if_match, (await service.get(tx, staff, complaint_id)).version)
    row = await service.answer(tx, staff, complaint_id, given)
    return with_etag(view(row, tx.now), row.version)
