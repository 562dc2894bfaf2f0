"""HTTP of postings: evidence, confirmation, the log of what was posted."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from services.publish.channels import service as channels
from services.publish.channels.posting import repository, service
from services.publish.channels.posting.rules import LARGEST_FILE
from services.publish.channels.posting.schemas import Evidence, NewPosting, Posting
from services.publish.channels.routes import BASE, Code, ListId
from services.publish.channels.schemas import Words
from shared.http import uploads
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix=BASE, tags=["channels"])
# Bodies here are as large as files are.
EVIDENCE = f"{BASE}/{{code}}/evidence"


@router.post(
    "/{code}/evidence", operation_id="upload_channel_evidence", summary="Upload a photo or scan of what was posted",
    status_code=201, response_model=Evidence, openapi_extra=uploads.body("…"),
)  # fmt: skip
async def upload(
    request: Request, tx: Unit, staff: Staff, code: Code,
    file_name: Annotated[Words | None, Query(description="Of a bare body; a form carries it itself")] = None,
) -> Response:  # fmt: skip
    """上传发布凭证（照片、扫描件等，不超过 20 MB），格式按内容核验。"""
    # Before the first statement: no transaction waits while a photo comes over a slow line.
    name, content = await uploads.receive(request, file_name, most=LARGEST_FILE)
    channel = await channels.get(tx, staff, code)
    kept = await service.keep_evidence(tx, staff, channel, file_name=name, content=content)
    shown = Evidence.model_validate(kept | {"sha256": kept["sha256"].hex()})
    return created(f"{BASE}/{code}/evidence/{shown.id}", shown)


@router.get(
    "/{code}/evidence/{evidence_id}", operation_id="download_channel_evidence", summary="The photo or scan itself",
    response_class=Response, responses=uploads.DOWNLOAD,
)  # fmt: skip
async def download(tx: Unit, staff: Staff, code: Code, evidence_id: UUID) -> Response:
    """下载发布凭证；只供保存，不在浏览器中打开。"""
    row = await service.evidence(tx, await channels.get(tx, staff, code), evidence_id)
    suffix = row.file_name.rpartition(".")[2].lower()
    named = f"attachment; filename=\"evidence.{suffix}\"; filename*=UTF-8''{quote(row.file_name, safe='')}"
    headers = {
        "Content-Type": row.media_type, "Content-Disposition": named, "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
    }  # fmt: skip
    return Response(row.content, headers=headers)


@router.post(
    "/{code}/lists/{list_id}/postings", operation_id="confirm_posting", summary="Say that a copy was posted",
    status_code=201, response_model=Posting,
)  # fmt: skip
async def confirm(tx: Unit, staff: Staff, code: Code, list_id: ListId, given: NewPosting) -> Response:
    """确认已在公报、公告栏、报刊、公众号等渠道发布，写明日期并附凭证。"""
    channel = await channels.get(tx, staff, code, lock=True)
    row = await service.confirm(tx, staff, channel, list_id, given)
    return created(f"{BASE}/{code}/postings", Posting.of(row))


@router.get("/{code}/postings", operation_id="list_postings", summary="What was posted on a channel, newest first")
async def postings(tx: Unit, staff: Staff, code: Code, cursor: Cursor = None, limit: Limit = 50) -> Page[Posting]:
    """渠道的发布登记：版本、日期、凭证。"""
    channel = await channels.get(tx, staff, code)
    found = await repository.page(tx.connection, channel["id"], before=id_of(cursor), limit=limit + 1)
    return page_of([Posting.of(dict(row)) for row in found], limit, lambda one: [str(one.id)])
