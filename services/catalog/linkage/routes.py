"""HTTP of the linkage: check, preview, cascade ledger, why; with the drafts and the rule sets."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from services.catalog.linkage import jobs, service
from services.catalog.linkage.drafts.routes import router as drafts
from services.catalog.linkage.rulesets.routes import router as rule_sets
from services.catalog.linkage.schemas import CascadeLedger, NewCheck, NewPreview, PreviewResult, Why
from shared.http.operations import Started, accepted
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["linkage"])

ROUTERS = (router, drafts, rule_sets)


@router.post(
    "/check",
    operation_id="check_lists",
    summary="Check the lists against each other",
    status_code=202,
    response_model=Started,
)
async def check_lists(tx: Unit, staff: Staff, body: NewCheck) -> Response:
    """Compare every linked pair; the operation's result has each mismatch with list, item, element and values."""
    parameters = {"list_id": str(body.list_id) if body.list_id else None, "record": body.record}
    return accepted("catalog", await operations.create(tx, kind=jobs.CHECK, parameters=parameters))


@router.post("/preview", operation_id="preview_changes", summary="Preview changes and what follows from them")
async def preview_changes(tx: Unit, staff: Staff, body: NewPreview) -> PreviewResult:
    """What would follow at once, what would be left for people, and what validation would say. Changes nothing."""
    return await service.preview_of(tx, body)


@router.get("/cascades/{adjustment_id}", operation_id="get_cascade", summary="Cascade ledger of an adjustment")
async def get_cascade(
    tx: Unit, staff: Staff, adjustment_id: Annotated[UUID, Path(description="Id of the adjustment")]
) -> CascadeLedger:
    """What an adjustment did in each list; complete when nothing waits."""
    return await service.ledger_of(tx, adjustment_id)


@router.get("/items/{item_id}/why/{element}", operation_id="why_element", summary="Where an element comes from")
async def why_element(
    tx: Unit,
    staff: Staff,
    item_id: Annotated[UUID, Path(description="Id of the item")],
    element: Annotated[str, Path(max_length=100, pattern=r"^[a-z][a-z0-9_]*$", examples=["name"])],
) -> Why:
    """The entry and version an element follows, the rule, the rule set and the root adjustment."""
    return await service.why(tx, item_id, element)
