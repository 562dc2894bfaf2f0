"""HTTP of guides: public, no login."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Header, Path, Request
from starlette.responses import Response

from services.publish.documents.guides import service
from services.publish.documents.printed import Form, PrintedResponse, chosen
from services.publish.documents.schemas import Handled, described
from shared.http.etag import IfNoneMatch
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["documents"])
ItemId = Annotated[UUID, Path(description="Id of the item", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
Accept = Annotated[str, Header(max_length=1000, description="Which form: HTML, JSON, PDF or DOCX")]


@router.get("/items/{item_id}/guide", operation_id="get_public_guide", summary="Guide of a published entry",
            response_class=Response, responses=described("The guide in the accepted form"))  # fmt: skip
async def guide(
    request: Request, tx: Unit, item_id: ItemId, accept: Accept = "text/html", if_none_match: IfNoneMatch = None
) -> Response:
    """办事指南：由已公布的实施清单和许可事项生成，不另行录入；按 Accept 给出网页、JSON、PDF 或 DOCX。"""
    form = chosen(accept)
    return PrintedResponse(request, await service.of_item(tx.connection, item_id, form), form)


@router.get("/items/{item_id}/guide.{format}", operation_id="get_public_guide_file", response_class=Response,
            summary="Guide of a published entry in one form", responses=described("The guide"))  # fmt: skip
async def guide_file(
    request: Request, tx: Unit, item_id: ItemId, format: Form, if_none_match: IfNoneMatch = None
) -> Response:
    """办事指南的网页、JSON、PDF 或 DOCX 文件；内容未变时 ETag 不变。"""
    return PrintedResponse(request, await service.of_item(tx.connection, item_id, format), format)


@router.get("/items/{item_id}/guides", operation_id="list_guides_of_matter",
            summary="Implementation entries of a matter, each with its guide")  # fmt: skip
async def guides(tx: Unit, item_id: ItemId, cursor: Cursor = None, limit: Limit = 50) -> Page[Handled]:
    """目录事项对应的本地及下级实施事项（一对多），每个都有办事指南。"""
    rows = await service.of_matter(tx.connection, item_id, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.item_id])
    items = [Handled.model_validate({**row, "guide": f"/publish/v1/items/{row.item_id}/guide"})
             for row in found.items]  # fmt: skip
    return Page(items=items, next=found.next)
