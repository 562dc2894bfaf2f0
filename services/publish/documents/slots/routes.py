"""HTTP of the slots: what stands in them for everybody, uploads and gaps for staff."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from services.publish.documents.guides.routes import Accept, ItemId
from services.publish.documents.printed import Document, Form, PrintedResponse, chosen
from services.publish.documents.schemas import described
from services.publish.documents.slots import rules, service
from services.publish.documents.slots.schemas import (
    DocumentCoverage,
    ItemDocuments,
    LackingItem,
    OrganCoverage,
    ReviewRulesFile,
    Slot,
)
from shared.http import uploads
from shared.http.etag import IfMatch, IfNoneMatch, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["documents"])
# Bodies here are as large as files are.
REVIEW_RULES = "/publish/v1/items/{item_id}/review-rules"
Region = Annotated[str, Query(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$", examples=["440100000000"])]
Organ = Annotated[UUID | None, Query(description="This organ's entries alone")]
FileName = Annotated[str | None, Query(max_length=500, description="Of a bare body; a form carries it itself")]
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM, "example": {"file": "（文件）"}},
            "application/octet-stream": {"schema": _FILE, "example": "（文件）"},
        },
    }
}
_RULES = described("Review rules: generated in the accepted form, else the organ's file as it was uploaded")
_RULES[200]["content"]["application/octet-stream"] = {"schema": _FILE, "example": "（文件）"}


@router.get("/items/{item_id}/documents", operation_id="get_item_documents",
            summary="Policy documents, guide and review rules of a published entry")  # fmt: skip
async def documents(tx: Unit, item_id: ItemId) -> ItemDocuments:
    """政策文件（含是否现行有效）、办事指南、审查细则三项公开内容。"""
    return ItemDocuments.model_validate(await service.of_item(tx, item_id))


@router.get("/items/{item_id}/review-rules", operation_id="get_review_rules", summary="Review rules of an entry",
            response_class=Response, responses=_RULES)  # fmt: skip
async def review_rules(
    request: Request, tx: Unit, item_id: ItemId, accept: Accept = "text/html", if_none_match: IfNoneMatch = None
) -> Response:
    """审查细则：由实施规范的审查标准生成；没有审查标准的，为实施机关上传的文件。"""
    return _rules(request, await service.review_rules(tx, item_id, form := chosen(accept)), form)


@router.get("/items/{item_id}/review-rules.{format}", operation_id="get_review_rules_file", response_class=Response,
            summary="Review rules of an entry in one form", responses=_RULES)  # fmt: skip
async def review_rules_file(
    request: Request, tx: Unit, item_id: ItemId, format: Form, if_none_match: IfNoneMatch = None
) -> Response:
    """审查细则的网页、JSON、PDF 或 DOCX；上传的文件按原格式提供。"""
    return _rules(request, await service.review_rules(tx, item_id, format), format)


@router.put("/items/{item_id}/review-rules", operation_id="put_review_rules", openapi_extra=BODY,
            summary="Upload review rules of an entry", response_model=ReviewRulesFile)  # fmt: skip
async def put_review_rules(
    request: Request, tx: Unit, staff: Staff, item_id: ItemId, file_name: FileName = None, if_match: IfMatch = None
) -> Response:
    """上传审查细则（按内容核验格式，不超过 20 MB）；首次上传用 If-Match: "0"，以后用上一份的编号。"""
    name, content = await uploads.receive(request, file_name, most=rules.LARGEST_FILE)
    row = await service.upload(tx, staff, item_id, file_name=name, content=content, if_match=if_match)
    return with_etag(ReviewRulesFile.model_validate(row), row.number)


@router.delete("/items/{item_id}/review-rules", operation_id="remove_review_rules", status_code=204,
               response_class=Response, summary="Take uploaded review rules out of the slot")  # fmt: skip
async def remove_review_rules(tx: Unit, staff: Staff, item_id: ItemId, if_match: IfMatch = None) -> Response:
    """撤下上传的审查细则；历次文件仍保留备查。"""
    await service.remove(tx, staff, item_id, if_match)
    return Response(status_code=204)


@router.get("/document-coverage", operation_id="get_document_coverage",
            summary="How many published entries lack a document, by organ")  # fmt: skip
async def coverage(tx: Unit, staff: Staff, region: Region, organ: Organ = None) -> DocumentCoverage:
    """各机关的政策文件、办事指南、审查细则，以及许可事项的实施规范、业务手册、服务指南是否齐全。"""
    rows = await service.coverage(tx, staff, region, organ)
    items = [
        OrganCoverage(kind=row.kind, organ_id=row.organ_id, organ=row.organ, entries=row.entries,
                      missing={key: row[key] for key in rules.things(row.kind)})
        for row in rows
    ]  # fmt: skip
    return DocumentCoverage(
        region_code=region, items=items, entries=sum(one.entries for one in items),
        complete=not any(any(one.missing.values()) for one in items),
        covered=rules.covered([(one.kind, one.entries, one.missing) for one in items]),
    )  # fmt: skip


@router.get("/document-coverage/items", operation_id="list_items_lacking_documents",
            summary="Published entries that lack a document")  # fmt: skip
async def lacking(
    tx: Unit, staff: Staff, region: Region, organ: Organ = None, slot: Slot | None = None,
    kind: Annotated[str | None, Query(max_length=100, pattern=r"^[a-z_]+$", examples=["permit"])] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[LackingItem]:  # fmt: skip
    """缺少文件的事项，逐项列明缺什么；办事指南不完整的，列明缺哪些要素。"""
    filters = {"organ": organ, "slot": slot, "kind": kind}
    rows = await service.lacking(tx, staff, region, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.item_id])
    return Page(items=[LackingItem.model_validate(row) for row in found.items], next=found.next)


def _rules(request: Request, found: Any, form: Form) -> Response:
    if isinstance(found, Document):
        return PrintedResponse(request, found, form)
    row, content = found
    headers = {
        "ETag": f'"{row.sha256}"', "Content-Type": row.media_type, "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "public, no-cache", "Vary": "Accept",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.file_name, safe='')}",
    }  # fmt: skip
    return Response(content, headers=headers)
