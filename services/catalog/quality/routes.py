"""HTTP of the findings."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query

from services.catalog.linkage.paging import instant_cursor
from services.catalog.quality import repository, service
from services.catalog.quality.schemas import Finding, NewWaiver
from shared import problems
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["quality"])

FindingId = Annotated[UUID, Path(description="Id of the finding")]


@router.get("/findings", operation_id="list_findings", summary="Findings of the checks")
async def list_findings(
    tx: Unit,
    staff: Staff,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Literal["open", "waived", "closed"] | None = None,
    severity: Literal["block", "error", "warn"] | None = None,
    list_id: UUID | None = None,
    item_id: UUID | None = None,
    adjustment_id: UUID | None = None,
    rule: Annotated[str | None, Query(max_length=20, pattern=r"^[A-Z][A-Z0-9_]*$", examples=["K22"])] = None,
    region_code: Annotated[str | None, Query(max_length=32, pattern=r"^[0-9A-Za-z._-]+$")] = None,
) -> Page[Finding]:
    """Contradictions between lists and excesses over superiors; suspects (疑似) until people have judged them."""
    filters = {"state": state, "severity": severity, "list_id": list_id, "item_id": item_id,
               "adjustment_id": adjustment_id, "rule": rule, "region_code": region_code}  # fmt: skip
    rows = await repository.page(tx.connection, filters, after=instant_cursor(cursor), limit=limit + 1)
    return page_of([Finding.model_validate(row) for row in rows], limit, lambda one: [one.opened_at, one.id])


@router.get("/findings/{finding_id}", operation_id="get_finding", summary="One finding")
async def get_finding(tx: Unit, staff: Staff, finding_id: FindingId) -> Finding:
    """One finding."""
    row = await repository.find(tx.connection, finding_id)
    if row is None:
        raise problems.NotFound("没有这条问题。", code="finding_not_found")
    return Finding.model_validate(row)


@router.post(
    "/findings/{finding_id}/waive",
    operation_id="waive_finding",
    summary="Waive a finding for a time (lead organ of the list)",
)
async def waive_finding(tx: Unit, staff: Staff, finding_id: FindingId, body: NewWaiver) -> Finding:
    """Tolerate a finding until a day, with the reason; when it says something else it opens again."""
    row = await service.waive(tx, staff, finding_id, reason=body.reason, expires_on=body.expires_on)
    return Finding.model_validate(row)
