"""HTTP of questions to the counterpart above."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import Code
from services.workflow.guidance.questions import repository, service
from services.workflow.guidance.questions.repository import Filters
from services.workflow.guidance.questions.schemas import (
    Answer,
    FollowUp,
    NewQuestion,
    QuestionLine,
    QuestionView,
    State,
    line,
)
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

BASE = "/workflow/v1/guidance-questions"
router = transactional_router(prefix=BASE, tags=["guidance"])

QuestionId = Annotated[UUID, Path(description="Id of the question, which is that of its task")]


@router.post(
    "", operation_id="ask_question", summary="Ask the counterpart above", status_code=201, response_model=QuestionView
)
async def ask_question(tx: Unit, staff: Staff, given: NewQuestion) -> Response:
    """向上级对口部门咨询，上级须在时限内答复。"""
    row = await service.ask(tx, staff, given)
    return created(f"{BASE}/{row.id}", await service.shown(tx, row), row.version)


@router.get("", operation_id="list_questions", summary="Questions, the newest first", response_model=Page[QuestionLine])
async def list_questions(
    tx: Unit,
    staff: Staff,
    state: Annotated[State | None, Query(description="Only in this state")] = None,
    overdue: Annotated[
        bool | None, Query(description="Only unanswered ones whose limit is over, or only others")
    ] = None,
    list_kind: Annotated[Code | None, Query(description="Only about lists of this kind")] = None,
    asked_organ: Annotated[UUID | None, Query(description="Only those this organ has to answer")] = None,
    shared: Annotated[bool | None, Query(description="Only those answered for everybody below, or only others")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[QuestionLine]:
    """咨询与解答，按时间倒序；shared=true 为上级公开给下级参考的解答。"""
    chosen = Filters(state=state, overdue=overdue, list_kind=list_kind, asked_organ_id=asked_organ, shared=shared)
    rows = await repository.page(
        tx.connection, service.asker_of(staff), chosen, now=tx.now, before=id_of(cursor), limit=limit + 1
    )
    return page_of([line(row, tx.now) for row in rows], limit, lambda each: [str(each.id)])


@router.get("/{question_id}", operation_id="get_question", summary="One question", response_model=QuestionView)
async def get_question(tx: Unit, staff: Staff, question_id: QuestionId) -> Response:
    """一条咨询及其往来。"""
    return await _answer(tx, await service.find(tx, staff, question_id))


@router.post("/{question_id}/answer", operation_id="answer_question", summary="Answer", response_model=QuestionView)
async def answer_question(
    tx: Unit, staff: Staff, question_id: QuestionId, given: Answer, if_match: IfMatch = None
) -> Response:
    """答复下级咨询；shared=true 时各下级均可参阅（不显示咨询单位）。"""
    return await _answer(tx, await service.answer(tx, staff, question_id, given, if_match))


@router.post(
    "/{question_id}/follow-up", operation_id="follow_up_question", summary="Ask on", response_model=QuestionView
)
async def follow_up_question(
    tx: Unit, staff: Staff, question_id: QuestionId, given: FollowUp, if_match: IfMatch = None
) -> Response:
    """对答复仍有疑问的，继续咨询，重新计时。"""
    return await _answer(tx, await service.follow_up(tx, staff, question_id, given.content, if_match))


@router.post("/{question_id}/close", operation_id="close_question", summary="Close it", response_model=QuestionView)
async def close_question(tx: Unit, staff: Staff, question_id: QuestionId, if_match: IfMatch = None) -> Response:
    """咨询单位确认问题已清楚，或撤回咨询。"""
    return await _answer(tx, await service.close(tx, staff, question_id, if_match))


async def _answer(tx: Unit, row: Row) -> Response:
    return with_etag(await service.shown(tx, row), row.version)
