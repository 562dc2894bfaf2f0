"""HTTP of public annexes: no login."""

from __future__ import annotations

from typing import Literal

from fastapi import Request
from starlette.responses import Response

from services.publish.documents.annexes import service
from services.publish.lists.routes import Edition, ListId, RevisionNumber
from shared.annex.offer import AT_ONCE
from shared.annex.response import FILE, AnnexResponse
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["documents"])
Form = Literal["xlsx", "csv", "json", "docx", "html", "pdf"]


@router.get("/lists/{list_id}/annex.{format}", operation_id="get_public_annex", response_class=Response,
            responses=FILE, summary="A published revision in the shape of an annex")  # fmt: skip
async def annex(
    request: Request, tx: Unit, list_id: ListId, format: Form, revision: RevisionNumber = None, edition: Edition = None
) -> Response:
    """清单附件：封面（标题、版次、文号、日期）和编号表格，与该修订公布的内容一致；较长的清单按任务生成。"""
    of = await service.content(
        tx.connection, list_id, format, revision=revision, edition=edition, most=AT_ONCE[format] + 1
    )
    service.check_size(of, format)
    answer = AnnexResponse(request, of.name, format, (of.task, service.pages(request.app.state.engine, of)))
    answer.headers["Qingdan-Revision"], answer.headers["Qingdan-List-Hash"] = str(of.mark.revision), of.mark.hash
    return answer
