"""HTTP of attachments: upload, list, read, download."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from services.workflow.adjustments import reading
from services.workflow.adjustments.routes import BASE as ADJUSTMENTS
from services.workflow.adjustments.routes import AdjustmentId
from services.workflow.attachments import repository, service
from services.workflow.attachments.rules import LARGEST_FILE
from services.workflow.attachments.schemas import Attachment, Attachments
from services.workflow.fields import Line
from shared.http import uploads
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/attachments"
router = transactional_router(prefix=BASE, tags=["attachments"])
of_adjustment_router = transactional_router(prefix=ADJUSTMENTS, tags=["attachments"])

AttachmentId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000009"])]


@router.post(
    "",
    operation_id="upload_attachment",
    summary="Attach a file to an adjustment",
    status_code=201,
    response_model=Attachment,
    openapi_extra=uploads.body("%PDF-1.7 …"),
)
async def upload_attachment(
    request: Request,
    tx: Unit,
    staff: Staff,
    adjustment_id: Annotated[UUID, Query(examples=["0197f3a0-0000-7000-8000-000000000003"])],
    step_id: Annotated[UUID | None, Query(description="At which review step, when several are the caller's")] = None,
    title: Annotated[Line | None, Query(description="What it is; its name when empty")] = None,
    file_name: Annotated[Line | None, Query(description="Of a bare body; a form carries it itself")] = None,
) -> Response:
    """上传动态调整的附件（PDF、OFD、DOCX、XLSX、JPEG、PNG、纯文本，不超过 20 MB）；内容相同的不重复保存。"""
    name, content = await uploads.receive(request, file_name, most=LARGEST_FILE)
    added = await service.attach(
        tx, staff, adjustment_id, step_id=step_id, title=title, file_name=name, content=content
    )
    body = Attachment.model_validate(vars(added)).model_dump_json()
    headers = {"Location": f"{BASE}/{added.id}"}
    return Response(body, status_code=201, media_type="application/json", headers=headers)


@router.get("/{attachment_id}", operation_id="get_attachment", summary="What a file is")
async def get_attachment(tx: Unit, staff: Staff, attachment_id: AttachmentId) -> Attachment:
    """附件的名称、类型、大小和摘要。"""
    return Attachment.model_validate(vars(await service.readable(tx, staff, attachment_id)))


@router.get(
    "/{attachment_id}/content",
    operation_id="download_attachment",
    summary="The file itself",
    response_class=Response,
    responses=uploads.DOWNLOAD,
)
async def download_attachment(tx: Unit, staff: Staff, attachment_id: AttachmentId) -> Response:
    """下载附件；只供保存，不在浏览器中打开。"""
    found = await service.readable(tx, staff, attachment_id)
    suffix = found.file_name.rpartition(".")[2].lower()
    named = f"attachment; filename=\"attachment.{suffix}\"; filename*=UTF-8''{quote(found.file_name, safe='')}"
    headers = {
        "Content-Type": found.media_type,
        "Content-Disposition": named,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "ETag": f'"{found.sha256}"',
    }
    return Response(await repository.content(tx.connection, found.id), headers=headers)


@of_adjustment_router.get(
    "/{adjustment_id}/attachments", operation_id="list_attachments", summary="The files of an adjustment"
)
async def list_attachments(tx: Unit, staff: Staff, adjustment_id: AdjustmentId) -> Attachments:
    """动态调整的全部附件，按上传先后。"""
    adjustment = await reading.find(tx, staff, adjustment_id)
    return Attachments.model_validate({"items": await repository.of_adjustment(tx.connection, adjustment.id)})
