"""HTTP of the public's side of comment periods: nobody signs in."""

from __future__ import annotations

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.comments import repository, service
from services.publish.comments.schemas import (
    AnsweredComment,
    CommentPeriod,
    CommentReceipt,
    NewComment,
    ReceivedComment,
    titled,
)
from shared.http.etag import created_with_secret
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["public comment"])
PeriodId = Annotated[UUID, Path(description="Id of the period", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
RECEIPT_BYTES = 16


@router.get("/comment-periods", operation_id="list_comment_periods", summary="What the public is asked about")
async def periods(
    tx: Unit,
    region: Annotated[
        str | None, Query(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$", description="It and all below")
    ] = None,
    open_: Annotated[bool | None, Query(alias="open", description="Only those that take comments now")] = None,
    list_id: Annotated[UUID | None, Query(description="What was asked before changes of a published list")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CommentPeriod]:
    """公开征求意见列表，最近的在前；可查某一清单历次调整的征求意见情况。"""
    after = id_of(cursor)
    rows = await repository.periods(
        tx.connection, region=region, open_=open_, list_id=list_id, now=tx.now, after=after, limit=limit + 1
    )
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[CommentPeriod.model_validate(dict(row)) for row in found.items], next=found.next)


@router.get("/comment-periods/{period_id}", operation_id="get_comment_period", summary="One draft, and what came of it")
async def period(tx: Unit, period_id: PeriodId) -> CommentPeriod:
    """一次征求意见的说明、附件、期限和总结。"""
    return CommentPeriod.model_validate(dict(await service.period(tx, period_id)))


@router.get(
    "/comment-periods/{period_id}/answers", operation_id="list_comment_answers", summary="Comments and their answers"
)
async def answers(tx: Unit, period_id: PeriodId, cursor: Cursor = None, limit: Limit = 50) -> Page[AnsweredComment]:
    """公众意见及采纳情况；总结公布后可见。"""
    rows = await service.answers(tx, period_id, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[AnsweredComment.model_validate(titled(row)) for row in found.items], next=found.next)


@router.post(
    "/comment-periods/{period_id}/comments",
    operation_id="give_comment",
    summary="Say something of a draft",
    status_code=201,
    response_model=ReceivedComment,
)
async def give(tx: Unit, period_id: PeriodId, given: NewComment) -> Response:
    """对征求意见稿提出意见，无须登录；凭回执号查询答复，回执号仅显示一次。"""
    receipt = secrets.token_urlsafe(RECEIPT_BYTES)
    taken = await service.receive(tx, period_id, given, receipt)
    model = ReceivedComment(
        id=taken["id"], receipt=receipt, received_at=taken["received_at"], closes_at=taken["closes_at"]
    )
    return created_with_secret(f"/publish/v1/comment-periods/{period_id}", model, "receipt")


@router.post("/comments/readings", operation_id="read_comment", summary="What has become of a comment, by its receipt")
async def read(tx: Unit, given: CommentReceipt) -> AnsweredComment:
    """凭回执号查询意见的答复；回执号不写入网址，因此用 POST。"""
    return AnsweredComment.model_validate(titled(await service.by_receipt(tx, given.receipt)))
