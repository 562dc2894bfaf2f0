"""HTTP of messages: everybody's own, nobody else's."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.workflow.messages import service
from services.workflow.messages.schemas import (
    Message,
    MessagePreference,
    ReadCount,
    ReadMessages,
    Unread,
    UnreadMessages,
    view,
)
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/messages", tags=["messages"])


@router.get("", operation_id="list_messages", summary="The caller's messages, the youngest first")
async def list_messages(
    tx: Unit,
    staff: Staff,
    unread: Annotated[bool | None, Query(description="Only unread ones, or only read ones")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Message]:
    """本人的消息：新的待办、指派、到期提醒、超期、督办；同一缘由的多项待办合为一条。"""
    rows, following = await service.page(tx, staff, unread=unread, cursor=cursor, limit=limit)
    return Page(items=[view(dict(row)) for row in rows], next=following)


@router.get("/unread", operation_id="count_unread_messages", summary="The caller's unread messages, counted")
async def count_unread(tx: Unit, staff: Staff) -> UnreadMessages:
    """本人未读消息数。"""
    found = [Unread.model_validate(dict(row)) for row in await service.unread(tx, staff)]
    return UnreadMessages(items=found, messages=sum(one.messages for one in found))


@router.post("/read", operation_id="read_messages", summary="Note messages as read")
async def read_messages(tx: Unit, staff: Staff, given: ReadMessages) -> ReadCount:
    """将所列消息或某一时刻以前的消息标为已读。"""
    return ReadCount(read=await service.read(tx, staff, ids=given.ids, until=given.until))


@router.get(
    "/preference",
    operation_id="get_message_preference",
    summary="How the caller wants to be told",
    response_model=MessagePreference,
)
async def get_preference(tx: Unit, staff: Staff) -> Response:
    """本人的消息设置：邮箱、逐条或每日汇总、是否经单位即时通讯工具接收。"""
    return with_etag(*await service.preference(tx, staff))


@router.put(
    "/preference",
    operation_id="set_message_preference",
    summary="Say how one wants to be told",
    response_model=MessagePreference,
)
async def set_preference(tx: Unit, staff: Staff, given: MessagePreference, if_match: IfMatch = None) -> Response:
    """修改本人的消息设置（首次设置时 If-Match 为 "0"）。"""
    return with_etag(given, await service.set_preference(tx, staff, given, if_match))
