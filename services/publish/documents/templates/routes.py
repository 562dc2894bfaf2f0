"""HTTP of templates: for staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from services.publish.documents.printed import PrintedResponse
from services.publish.documents.schemas import described
from services.publish.documents.slots.routes import BODY, FileName, Region
from services.publish.documents.templates import rules, service
from services.publish.documents.templates.schemas import DocumentKind, DocumentTemplate
from shared.http import uploads
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/publish/v1/document-templates"
router = transactional_router(prefix=BASE, tags=["documents"])
TemplateId = Annotated[UUID, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
_TRIAL = described("A full sample as the template prints it")


@router.post("", operation_id="upload_document_template", status_code=201, response_model=DocumentTemplate,
             summary="Upload a template, checked and tried", openapi_extra=BODY)  # fmt: skip
async def upload(
    request: Request, tx: Unit, staff: Staff, region: Region, document: DocumentKind,
    open_below: Annotated[bool, Query(description="Regions below may use templates of their own")] = False,
    file_name: FileName = None,
) -> Response:  # fmt: skip
    """上传模板（.docx 或 .typ，不超过 5 MB）：核验格式和字段并试排一份完整样例，通过后存为草稿。"""
    name, content = await uploads.receive(request, file_name, most=rules.LARGEST)
    row = await service.upload(tx, staff, region=region, document=document, name=uploads.plain_name(name),
                               content=content, open_below=open_below)  # fmt: skip
    return created(f"{BASE}/{row.id}", DocumentTemplate.model_validate(row), row.version)


@router.get("", operation_id="list_document_templates", summary="Templates of a region and those above it")
async def page(
    tx: Unit, staff: Staff, region: Region, document: DocumentKind | None = None, cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DocumentTemplate]:  # fmt: skip
    """本级和上级的模板，最新的在前。"""
    rows = await service.page(tx, region, document=document, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    return Page(items=[DocumentTemplate.model_validate(row) for row in found.items], next=found.next)


@router.get("/{template_id}", operation_id="get_document_template", response_model=DocumentTemplate,
            summary="One template")  # fmt: skip
async def one(tx: Unit, staff: Staff, template_id: TemplateId) -> Response:
    """模板的状态和摘要。"""
    row = await service.get(tx, template_id)
    return with_etag(DocumentTemplate.model_validate(row), row.version)


@router.get("/{template_id}/trial", operation_id="try_document_template", response_class=Response,
            summary="A sample as the template prints it", responses=_TRIAL)  # fmt: skip
async def trial(request: Request, tx: Unit, staff: Staff, template_id: TemplateId) -> Response:
    """用内容完整的样例试排，启用前核对版式。"""
    made = await service.trial(tx, template_id)
    assert made.template is not None
    form = next(form for form, engine in rules.ENGINES.items() if engine == made.template.engine)
    return PrintedResponse(request, made, "pdf" if form == "pdf" else "docx", public=False)


@router.post("/{template_id}/activate", operation_id="activate_document_template", response_model=DocumentTemplate,
             summary="Put a template in force")  # fmt: skip
async def activate(tx: Unit, staff: Staff, template_id: TemplateId, if_match: IfMatch = None) -> Response:
    """启用模板：本级及下级（未另行制定的）此后生成的文件都用它；原模板停用。"""
    row = await service.get(tx, template_id, lock=True)
    require_match(if_match, row.version)
    done = await service.activate(tx, staff, row)
    return with_etag(DocumentTemplate.model_validate(done), done.version)


@router.post("/{template_id}/retire", operation_id="retire_document_template", response_model=DocumentTemplate,
             summary="Take a template out of use")  # fmt: skip
async def retire(tx: Unit, staff: Staff, template_id: TemplateId, if_match: IfMatch = None) -> Response:
    """停用模板：改用上级的模板；上级没有的，用系统自带的版式。"""
    row = await service.get(tx, template_id, lock=True)
    require_match(if_match, row.version)
    done = await service.retire(tx, staff, row)
    return with_etag(DocumentTemplate.model_validate(done), done.version)
