"""HTTP of violations: for those who work for the place, never public."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import RegionCode
from services.workflow.violations import service
from services.workflow.violations.schemas import Dismissal, Severity, Violation, ViolationKind, ViolationState, view
from shared.http.etag import IfMatch, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/violations", tags=["handling records"])

ViolationId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000032"])]


@router.get("", operation_id="list_violations", summary="Violations, the newest first")
async def violations(
    tx: Unit, staff: Staff,
    region: Annotated[RegionCode, Query(description="This region and all below it", examples=["130922000000"])],
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    item: UUID | None = None, kind: ViolationKind | None = None, severity: Severity | None = None,
    state: ViolationState | None = None, cursor: Cursor = None, limit: Limit = 50,
) -> Page[Violation]:  # fmt: skip
    """违规办件：清单之外实施、取消后仍实施、超时限、清单以外的材料和收费，附证据。"""
    filters = {"region": region, "organ": organ, "item": item, "kind": kind, "severity": severity, "state": state}
    rows = await service.page(tx, staff, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row["id"]])
    return Page(items=[view(row) for row in found.items], next=found.next)


@router.get("/{violation_id}", operation_id="get_violation", summary="One violation", response_model=Violation)
async def violation(tx: Unit, staff: Staff, violation_id: ViolationId) -> Response:
    """一条违规记录及其证据；分管负责人和直接经办人仅向监督人员显示。"""
    row = service.shown(staff, await service.get(tx, staff, violation_id))
    return with_etag(view(row), row["version"])


@router.post("/{violation_id}/dismiss", operation_id="dismiss_violation", summary="Say why it is no violation",
             response_model=Violation)  # fmt: skip
async def dismiss(
    tx: Unit, staff: Staff, violation_id: ViolationId, given: Dismissal, if_match: IfMatch = None
) -> Response:
    """说明理由后撤销违规记录（如平台误报）；记录和理由予以保留。"""
    if if_match is not None:
        require_match(if_match, (await service.get(tx, staff, violation_id)).version)
    row = await service.dismiss(tx, staff, violation_id, given.reason)
    return with_etag(view(row), row["version"])
