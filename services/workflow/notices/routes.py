"""HTTP of notices."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.campaigns import access
from services.workflow.notices import repository, service
from services.workflow.notices.schemas import (
    Approval,
    NewNotice,
    NoticeChange,
    NoticeKind,
    NoticeLine,
    NoticeReason,
    NoticeState,
    NoticeView,
    line,
    view,
)
from shared.http.etag import IfMatch, created, etag, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/notices"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
router = transactional_router(prefix=BASE, tags=["standings"])
of_campaign_router = transactional_router(prefix="/workflow/v1/campaigns", tags=["standings"])

NoticeId = Annotated[UUID, Path(description="Id of the notice", examples=["0197f3a0-0000-7000-8000-000000000051"])]
CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]


@of_campaign_router.post(
    "/{campaign_id}/notices", operation_id="draft_notice", summary="Draft a notice from the standings",
    status_code=201, response_model=NoticeView,
)  # fmt: skip
async def draft_notice(tx: Unit, staff: Staff, campaign_id: CampaignId, given: NewNotice) -> Response:
    """起草表扬通报或通报批评：名单和依据由系统按排名得出，不能自行添加单位。"""
    row = await service.draft(tx, staff, campaign_id, given)
    return created(f"{BASE}/{row.id}", view(row), row.version)


@of_campaign_router.get(
    "/{campaign_id}/notices", operation_id="list_notices", summary="Notices of a campaign, the newest first",
    response_model=Page[NoticeLine],
)  # fmt: skip
async def list_notices(
    tx: Unit,
    staff: Staff,
    campaign_id: CampaignId,
    kind: Annotated[NoticeKind | None, Query(description="Only of this kind")] = None,
    state: Annotated[NoticeState | None, Query(description="Only in this state")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[NoticeLine]:
    """一项专项工作的通报；草稿仅统筹、督查人员可见。"""
    await access.find(tx, staff, campaign_id)
    by = service.reader_of(staff)
    rows = await repository.page(
        tx.connection, campaign_id, by, kind=kind, state=state, before=id_of(cursor), limit=limit + 1
    )
    return page_of([line(row) for row in rows], limit, lambda each: [str(each.id)])


@router.get("/{notice_id}", operation_id="get_notice", summary="One notice", response_model=NoticeView)
async def get_notice(tx: Unit, staff: Staff, notice_id: NoticeId) -> Response:
    """一份通报，连同每个单位的依据。"""
    row = await service.find(tx, staff, notice_id)
    return with_etag(view(row), row.version)


@router.put(
    "/{notice_id}", operation_id="update_notice", summary="Write the text of a draft", response_model=NoticeView
)
async def update_notice(
    tx: Unit, staff: Staff, notice_id: NoticeId, given: NoticeChange, if_match: IfMatch = None
) -> Response:
    """修改通报草稿的标题、正文，或注明理由不予通报某单位；统计数字和依据不能改写。"""
    row = await service.change(tx, staff, notice_id, given, if_match)
    return with_etag(view(row), row.version)


@router.post(
    "/{notice_id}/approve", operation_id="approve_notice", summary="Approve a notice", response_model=NoticeView
)
async def approve_notice(
    tx: Unit, staff: Staff, notice_id: NoticeId, given: Approval, if_match: IfMatch = None
) -> Response:
    """签发通报：编文号，内容和文档计算摘要，此后不能更改；起草后情况有变化的不能签发。"""
    row = await service.approve(tx, staff, notice_id, given, if_match)
    return with_etag(view(row), row.version)


@router.post(
    "/{notice_id}/discard", operation_id="discard_notice", summary="Discard a draft", response_model=NoticeView
)
async def discard_notice(
    tx: Unit, staff: Staff, notice_id: NoticeId, given: NoticeReason, if_match: IfMatch = None
) -> Response:
    """作废通报草稿。"""
    row = await service.discard(tx, staff, notice_id, given.reason, if_match)
    return with_etag(view(row), row.version)


@router.get(
    "/{notice_id}/content", operation_id="get_notice_content", summary="What a notice says, byte for byte",
    response_class=Response,
    responses={200: {"content": {"application/json": {"example": {"title": "通报"}}}, "description": "The content"}},
)  # fmt: skip
async def get_content(tx: Unit, staff: Staff, notice_id: NoticeId) -> Response:
    """通报内容的规范 JSON；已签发的，其 SHA-256 即 content_hash。"""
    row = await service.find(tx, staff, notice_id)
    headers = {"ETag": f'"{row.content_hash}"' if row.content_hash else etag(row.version)}
    return Response(await service.content_of(tx, row), media_type="application/json", headers=headers)


@router.get(
    "/{notice_id}/document", operation_id="get_notice_document", summary="A notice as a text document (DOCX)",
    response_class=Response, responses={200: {"content": {DOCX: {}}, "description": "The document"}},
)  # fmt: skip
async def get_document(tx: Unit, staff: Staff, notice_id: NoticeId) -> Response:
    """通报文档；已签发的为签发时的原件，摘要见 file_hash。"""
    row = await service.find(tx, staff, notice_id)
    headers = {
        "ETag": f'"{row.file_hash}"' if row.file_hash else etag(row.version),
        "Content-Disposition": f'attachment; filename="notice-{row.id}.docx"',
    }
    return Response(await service.file_of(tx, row), media_type=DOCX, headers=headers)
