"""HTTP of the drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query

from services.catalog.linkage.drafts import repository, service
from services.catalog.linkage.drafts.choosing import Refused
from services.catalog.linkage.drafts.schemas import (
    Acceptance,
    AcceptanceResult,
    Draft,
    DraftResult,
    Objection,
    ObjectionResult,
    Objections,
)
from services.catalog.linkage.paging import instant_cursor
from shared import problems
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["linkage"])

DraftId = Annotated[UUID, Path(description="Id of the draft")]
RuleId = Annotated[str | None, Query(max_length=20, pattern=r"^[A-Z][A-Z0-9_]*$", examples=["K10"])]
Region = Annotated[str | None, Query(max_length=32, pattern=r"^[0-9A-Za-z._-]+$", examples=["440100000000"])]


@router.get("/drafts", operation_id="list_drafts", summary="Drafts made by linkage")
async def list_drafts(
    tx: Unit,
    staff: Staff,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Literal["open", "accepted", "objected", "superseded"] | None = None,
    list_id: UUID | None = None,
    rule: RuleId = None,
    region_code: Region = None,
    adjustment_id: UUID | None = None,
) -> Page[Draft]:
    """What rules imply for other lists, in the order it arose."""
    filters = {"state": state, "list_id": list_id, "rule": rule, "region_code": region_code,
               "adjustment_id": adjustment_id}  # fmt: skip
    rows = await repository.page(tx.connection, filters, after=instant_cursor(cursor), limit=limit + 1)
    return page_of([Draft.model_validate(row) for row in rows], limit, lambda one: [one.opened_at, one.id])


@router.get("/drafts/{draft_id}", operation_id="get_draft", summary="One draft made by linkage")
async def get_draft(tx: Unit, staff: Staff, draft_id: DraftId) -> Draft:
    """One draft."""
    row = await repository.find(tx.connection, draft_id)
    if row is None:
        raise problems.NotFound("没有这份草稿。", code="draft_not_found")
    return Draft.model_validate(row)


@router.post("/drafts/accept", operation_id="accept_drafts", summary="Accept drafts (lead organ of the list)")
async def accept_drafts(tx: Unit, staff: Staff, body: Acceptance) -> AcceptanceResult:
    """Turn drafts into entries of their lists; what was accepted is itself followed by further lists."""
    limit = len(body.ids) if body.ids else body.limit
    done = await service.accept(
        tx, staff, ids=body.ids, list_id=body.list_id, limit=limit, reason=body.reason, atomic=body.atomic
    )
    left = await repository.count_open(tx.connection, body.list_id) if body.list_id else 0
    return AcceptanceResult(
        accepted=len(done.accepted),
        superseded=len(done.superseded),
        remaining=left,
        item_ids=list(dict.fromkeys(done.accepted.values())),
        results=[
            *(DraftResult(draft_id=id_, outcome="accepted", item_id=item) for id_, item in done.accepted.items()),
            *(DraftResult(draft_id=id_, outcome="superseded") for id_ in done.superseded),
            *_refused(done.refused),
        ],
    )


@router.post("/drafts/object", operation_id="object_to_drafts", summary="Object to drafts (lead organ of the list)")
async def object_to_drafts(tx: Unit, staff: Staff, body: Objections) -> ObjectionResult:
    """Refuse what drafts propose, with one reason for all; the same is not proposed again."""
    done, refused = await service.object_to(tx, staff, body.ids, body.opinion, atomic=body.atomic)
    results = [*(DraftResult(draft_id=id_, outcome="objected") for id_ in done), *_refused(refused)]
    return ObjectionResult(objected=len(done), results=results)


@router.post(
    "/drafts/{draft_id}/object", operation_id="object_to_draft", summary="Object to a draft (lead organ of the list)"
)
async def object_to_draft(tx: Unit, staff: Staff, draft_id: DraftId, body: Objection) -> Draft:
    """Refuse what a draft proposes, with the reason; the same is not proposed again."""
    await service.object_to(tx, staff, [draft_id], body.opinion)
    row = await repository.find(tx.connection, draft_id)
    return Draft.model_validate(row)


def _refused(rows: Sequence[Refused]) -> list[DraftResult]:
    return [DraftResult(draft_id=row.draft_id, outcome="refused", code=row.code, message=row.message) for row in rows]
