"""HTTP of public comment, for those who organise it; the public asks and answers at the publish service."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments import service as adjustments
from services.workflow.adjustments.routes import BASE, AdjustmentId
from services.workflow.adjustments.schemas import AdjustmentSummary
from services.workflow.comments import repository, service
from services.workflow.comments.schemas import Answers, Comment, NewPeriod, Period, Summary
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["public comment"])


@router.post(
    "/{adjustment_id}/comment-period",
    operation_id="open_comment_period",
    summary="Ask the public",
    status_code=201,
    response_model=Period,
)
async def open_period(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: NewPeriod, if_match: IfMatch = None
) -> Response:
    """公开征求意见：标题、说明、附件和期限即时公开。"""
    await adjustments.match(tx, adjustment_id, if_match)
    period = await service.open_period(tx, staff, adjustment_id, given)
    return created(f"{BASE}/{adjustment_id}/comments", Period.model_validate(dict(period)))


@router.get(
    "/{adjustment_id}/comments",
    operation_id="list_public_comments",
    summary="What the public says of it, and the answers",
)
async def comments(
    tx: Unit,
    staff: Staff,
    adjustment_id: AdjustmentId,
    waiting: Annotated[bool | None, Query(description="Only those without an answer, or with one")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Comment]:
    """社会公众对本次调整的意见及答复，先提出的在前。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    after: UUID | None = id_of(cursor)
    rows = await repository.page(tx.connection, adjustment.id, waiting=waiting, after=after, limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[Comment.model_validate(dict(row)) for row in found.items], next=found.next)


@router.post(
    "/{adjustment_id}/comment-answers", operation_id="answer_public_comments", summary="Answer comments, all or none"
)
async def answer(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Answers, if_match: IfMatch = None
) -> Period:
    """逐条答复公众意见：是否采纳及理由；随总结一并公开。"""
    await adjustments.match(tx, adjustment_id, if_match)
    return Period.model_validate(dict(await service.answer(tx, staff, adjustment_id, given)))


@router.post(
    "/{adjustment_id}/comment-summary",
    operation_id="summarise_comment_period",
    summary="Publish what came of it",
    response_model=AdjustmentSummary,
)
async def summarise(
    tx: Unit, staff: Staff, adjustment_id: AdjustmentId, given: Summary, if_match: IfMatch = None
) -> Response:
    """公布征求意见情况总结，环节办结或退回编制；期限未满或有意见未答复的不能总结。"""
    await adjustments.match(tx, adjustment_id, if_match)
    adjustment = await service.summarise(tx, staff, adjustment_id, given)
    return with_etag(AdjustmentSummary.model_validate(reading.summary(adjustment)), adjustment.version)
