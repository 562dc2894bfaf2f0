"""HTTP of procedure templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import Code
from services.workflow.procedures import rules, service
from services.workflow.procedures.rules import StoredTemplate
from services.workflow.procedures.schemas import NewTemplate, StoredTemplateView, TemplateView
from services.workflow.procedures.templates import repository
from services.workflow.register import service as register
from services.workflow.register.repository import Document
from shared import problems
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/procedure-templates"
router = transactional_router(prefix=BASE, tags=["procedures"])


@router.post(
    "",
    operation_id="create_procedure_template",
    summary="Add a procedure",
    status_code=201,
    response_model=StoredTemplateView,
)
async def create_template(tx: Unit, staff: Staff, given: NewTemplate) -> Response:
    """新增审核程序，或发布其下一版本；办理中的调整沿用开始时的版本。"""
    stored, unbound = await service.create_template(
        tx,
        staff,
        code=given.code,
        title=given.title,
        region_code=given.region_code,
        kinds=given.kinds,
        steps=[step.as_step() for step in given.steps],
        source=given.source,
        source_document_id=given.source_document_id,
        verified=given.verified,
    )
    (shown,) = await _views(tx, [stored])
    view = StoredTemplateView(**shown.model_dump(), unbound_roles=unbound)
    return created(f"{BASE}/{stored.code}?version={stored.version}", view)


@router.get(
    "",
    operation_id="list_procedure_templates",
    summary="Procedures, latest versions",
    response_model=Page[TemplateView],
)
async def list_templates(tx: Unit, staff: Staff, cursor: Cursor = None, limit: Limit = 50) -> Page[TemplateView]:
    """审核程序列表（各取最新版本）。"""
    rows = await repository.templates(tx.connection, after=_after(cursor), limit=limit + 1)
    items = await _views(tx, rows[:limit])
    return Page(items=items, next=encode_cursor([items[-1].code]) if len(rows) > limit else None)


@router.get("/{code}", operation_id="get_procedure_template", summary="One procedure", response_model=TemplateView)
async def get_template(
    tx: Unit,
    staff: Staff,
    code: Annotated[Code, Path(examples=["short"])],
    version: Annotated[int | None, Query(ge=1, le=100_000, description="The latest when empty")] = None,
) -> TemplateView:
    """审核程序的一个版本。"""
    (shown,) = await _views(tx, [await service.get_template(tx, code, version)])
    return shown


async def _views(tx: Unit, found: Sequence[StoredTemplate]) -> list[TemplateView]:
    documents = await register.sources(tx, [stored.source_document_id for stored in found])
    return [_view(stored, documents.get(stored.source_document_id or UUID(int=0))) for stored in found]


def _view(stored: StoredTemplate, document: Document | None) -> TemplateView:
    steps = [step.as_data() | {"limit_working_days": rules.in_working_days(step.limit)} for step in stored.steps]
    return TemplateView.model_validate(vars(stored) | {"steps": steps, "source_document": document})


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    (value,) = decode_cursor(cursor, 1)
    if not isinstance(value, str):
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor")
    return value
