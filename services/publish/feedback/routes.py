"""HTTP of feedback: anybody says and reads, whoever answers signs in."""

from __future__ import annotations

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.feedback import service
from services.publish.feedback.schemas import (
    Feedback,
    FeedbackState,
    NewAnswer,
    NewFeedback,
    ReceiptShown,
    ReceivedFeedback,
    ShownFeedback,
    State,
    titled,
)
from shared.http.etag import created_with_secret
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["feedback"])
ItemId = Annotated[UUID, Path(description="Id of the item", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
FeedbackId = Annotated[UUID, Path(description="Id of the feedback", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
RECEIPT_BYTES = 16


@router.post(
    "/items/{item_id}/feedback", operation_id="give_feedback", summary="Say something of a published entry",
    status_code=201, response_model=ReceivedFeedback,
)  # fmt: skip
async def give(tx: Unit, item_id: ItemId, given: NewFeedback) -> Response:
    """对已公布的事项提出反馈，无须登录；凭回执号查询答复，回执号仅显示一次。"""
    receipt = secrets.token_urlsafe(RECEIPT_BYTES)
    taken = await service.receive(tx, item_id, given, receipt)
    model = ReceivedFeedback(
        id=taken["id"], receipt=receipt, state="received", state_title="办理中", received_at=taken["received_at"],
        due_at=taken["due_at"],
    )  # fmt: skip
    return created_with_secret(f"/publish/v1/feedback/{taken['id']}", model, "receipt")


@router.get("/items/{item_id}/feedback", operation_id="list_shown_feedback", summary="Public feedback with its answers")
async def shown(tx: Unit, item_id: ItemId, cursor: Cursor = None, limit: Limit = 50) -> Page[ShownFeedback]:
    """Newest first; only what the answering organ has made public."""
    rows = await service.shown(tx, item_id, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[ShownFeedback.model_validate(titled(row, tx.now)) for row in found.items], next=found.next)


@router.post("/feedback/readings", operation_id="read_feedback", summary="What has become of feedback, by its receipt")
async def read(tx: Unit, given: ReceiptShown) -> FeedbackState:
    """凭回执号查询办理情况；回执号不写入网址，因此用 POST。"""
    return FeedbackState.model_validate(titled(await service.by_receipt(tx, given.receipt), tx.now))


@router.get("/feedback", operation_id="list_feedback", summary="Feedback to be answered")
async def feedback(
    tx: Unit, staff: Staff,
    region: Annotated[str, Query(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$",
                                 description="This region and all below it", examples=["440100000000"])],
    organ: Annotated[UUID | None, Query(description="Said of this organ's entries")] = None,
    item: UUID | None = None, state: State | None = None,
    overdue: Annotated[bool | None, Query(description="Not answered in time")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Feedback]:  # fmt: skip
    """Newest first. An organ's people name their organ."""
    filters = {"organ": organ, "item": item, "state": state, "overdue": overdue}
    rows = await service.page(tx, staff, region, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[Feedback.model_validate(titled(row, tx.now)) for row in found.items], next=found.next)


@router.get("/feedback/{feedback_id}", operation_id="get_feedback", summary="One piece of feedback")
async def one(tx: Unit, staff: Staff, feedback_id: FeedbackId) -> Feedback:
    """With its answer, and whether it is late."""
    return Feedback.model_validate(titled(await service.get(tx, staff, feedback_id), tx.now))


@router.post("/feedback/{feedback_id}/answer", operation_id="answer_feedback", summary="Answer feedback, once")
async def answer(tx: Unit, staff: Staff, feedback_id: FeedbackId, given: NewAnswer) -> Feedback:
    """由事项的实施机关答复，或由本级审改办、清单牵头单位代为答复；可选择将反馈与答复一并公开。"""
    return Feedback.model_validate(titled(await service.answer(tx, staff, feedback_id, given), tx.now))
