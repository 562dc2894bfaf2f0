"""HTTP of manuals: for those who handle permits; for everybody where the installation says so."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from services.publish.documents.guides.routes import Accept, ItemId
from services.publish.documents.manuals import service
from services.publish.documents.printed import Form, PrintedResponse, chosen
from services.publish.documents.schemas import described
from shared import settings
from shared.http.etag import IfNoneMatch
from shared.http.routing import Anyone, Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["documents"])
_EXAMPLE = {"kind": "manual", "title": "食品经营许可业务手册", "review_points": [
    {"point": "审查", "standard": "申请材料齐全，场所符合要求"}]}  # fmt: skip


@router.get("/items/{item_id}/manual", operation_id="get_manual", summary="Business manual of a published permit",
            response_class=Response, responses=described("The manual in the accepted form", _EXAMPLE))  # fmt: skip
async def manual(
    request: Request, tx: Unit, who: Anyone, item_id: ItemId, accept: Accept = "text/html",
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """业务手册：审查要点、环节时限、应当送达的文书、特别程序、责任和监管；默认仅供工作人员使用。"""
    return await _answer(request, tx, who, item_id, chosen(accept))


@router.get("/items/{item_id}/manual.{format}", operation_id="get_manual_file", response_class=Response,
            summary="Business manual in one form", responses=described("The manual", _EXAMPLE))  # fmt: skip
async def manual_file(
    request: Request, tx: Unit, who: Anyone, item_id: ItemId, format: Form, if_none_match: IfNoneMatch = None
) -> Response:
    """业务手册的网页、JSON、PDF 或 DOCX 文件。"""
    return await _answer(request, tx, who, item_id, format)


async def _answer(request: Request, tx: Unit, who: Anyone, item_id: ItemId, form: Form) -> Response:
    service.require_reader(who)
    document = await service.of_item(tx.connection, item_id, form)
    return PrintedResponse(request, document, form, public=settings.load().manuals_public)
