"""HTTP of lists in sections: sections and their entries in order, declarations, coverage, drafting of duties."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog.fields import Identifier, Words
from services.catalog.records import after_id
from services.catalog.responsibility import repository, service
from services.catalog.responsibility.proposals.routes import router as proposals
from services.catalog.responsibility.schemas import (
    Coverage,
    Declaration,
    NewDeclaration,
    NewDutyDrafts,
    SectionEntry,
    SectionState,
)
from shared import problems
from shared.http.etag import created
from shared.http.operations import Started, accepted
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.problems import FieldError

router = transactional_router(prefix="/catalog/v1", tags=["responsibility"])
ROUTERS = (router, proposals)

ListId = Annotated[UUID, Path(description="List")]
DeclarationId = Annotated[UUID, Path(description="Declaration")]
SectionKey = Annotated[Identifier, Path(description="Section", examples=["boundary"])]


@router.get(
    "/lists/{list_id}/sections",
    operation_id="list_sections",
    summary="Sections of a list in their order",
    dependencies=[ONE_PAGE],
)
async def list_sections(tx: Unit, staff: Staff, list_id: ListId) -> Page[SectionState]:
    """The sections of a list, with what stands in each; one page."""
    return Page(items=await service.sections_of(tx, list_id))


@router.get(
    "/lists/{list_id}/sections/{section}/items",
    operation_id="list_section_items",
    summary="Entries of a section in the order of their categories",
)
async def list_section_items(
    tx: Unit, staff: Staff, list_id: ListId, section: SectionKey, limit: Limit = 50, cursor: Cursor = None
) -> Page[SectionEntry]:
    """Entries of one section as they are now, cancelled ones left out."""
    rows = await service.entries_of(tx, list_id, section, after=_after(cursor), limit=limit + 1)
    ranks = {row["id"]: row.pop("rank") for row in rows}
    return page_of([SectionEntry(**row) for row in rows], limit, lambda one: [ranks[one.id], one.id])


def _after(cursor: str | None) -> tuple[int, UUID] | None:
    if cursor is None:
        return None
    rank, item_id = decode_cursor(cursor, 2)
    try:
        if not isinstance(rank, int) or not 0 <= rank < 1_000:
            raise ValueError
        return rank, UUID(str(item_id))
    except ValueError:
        place = FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place]) from None


@router.get(
    "/lists/{list_id}/duty-coverage", operation_id="get_duty_coverage", summary="Coverage of a responsibility list"
)
async def get_coverage(tx: Unit, staff: Staff, list_id: ListId) -> Coverage:
    """Powers without duties, organs, fields and services that are missing, counted now."""
    return await service.coverage_of(tx, list_id)


@router.post(
    "/lists/{list_id}/duty-drafts",
    operation_id="draft_duties",
    summary="Draft a duty for each power of an organ",
    status_code=202,
    response_model=Started,
)
async def draft_duties(tx: Unit, staff: Staff, list_id: ListId, body: NewDutyDrafts) -> Response:
    """The drafts are accepted or refused like those of the linkage; repeating it makes no second ones."""
    return accepted("catalog", await service.start_drafting(tx, staff, list_id, body.organ_id))


@router.get("/lists/{list_id}/declarations", operation_id="list_declarations", summary="Declarations of a list")
async def list_declarations(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None,
    withdrawn: Annotated[bool, Query(description="Those that were withdrawn as well")] = False,
) -> Page[Declaration]:  # fmt: skip
    """Who answers for it that there is nothing to list, oldest first."""
    rows = await repository.declarations(
        tx.connection, list_id, withdrawn=withdrawn, after=after_id(cursor), limit=limit + 1
    )
    return page_of([Declaration(**row) for row in rows], limit, lambda one: [one.id])


@router.post(
    "/lists/{list_id}/declarations",
    operation_id="create_declaration",
    summary="Declare that there is nothing to list",
    status_code=201,
    response_model=Declaration,
)
async def create_declaration(tx: Unit, staff: Staff, list_id: ListId, body: NewDeclaration) -> Response:
    """A section that is empty, or a cancelled power that needs no supervision; with reason, by the list's lead."""
    row = await service.declare(tx, staff, list_id, body)
    return created(f"/catalog/v1/declarations/{row['id']}", Declaration(**row))


@router.get("/declarations/{declaration_id}", operation_id="get_declaration", summary="One declaration")
async def get_declaration(tx: Unit, staff: Staff, declaration_id: DeclarationId) -> Declaration:
    """One declaration."""
    row = await repository.declaration_of(tx.connection, declaration_id)
    if row is None:
        raise problems.NotFound("没有这个声明，请核对编号。", code="declaration_not_found")
    return Declaration(**row)


@router.delete(
    "/declarations/{declaration_id}",
    operation_id="withdraw_declaration",
    summary="Withdraw a declaration; it stays on record",
    status_code=204,
)
async def withdraw_declaration(
    tx: Unit, staff: Staff, declaration_id: DeclarationId,
    reason: Annotated[Words | None, Query(description="Why", examples=["已补充职责边界"])] = None,
) -> Response:  # fmt: skip
    """What the declaration answered for is open again."""
    await service.withdraw(tx, staff, declaration_id, reason=reason)
    return Response(status_code=204)
