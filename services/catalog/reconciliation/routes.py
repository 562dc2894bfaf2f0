"""HTTP of the reconciliation."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.catalog.reconciliation import jobs, repository, service
from services.catalog.reconciliation.schemas import NewReconciliation, Reconciled
from services.catalog.records import after_name
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["reconciliation"])


@router.post(
    "/reconciliations",
    operation_id="reconcile_lists",
    summary="Compare derived lists with a recompute from scratch, and repair them",
    status_code=202,
    response_model=Started,
)
async def reconcile_lists(tx: Unit, staff: Staff, body: NewReconciliation) -> Response:
    """By hash, per list and rule; the operation's result says how many entries drift, and how many were repaired."""
    await service.check_asked(tx, staff, body.list_id, repair=body.repair)
    parameters = body.model_dump(mode="json", include={"list_id", "repair", "reason"})
    return accepted("catalog", await operations.create(tx, kind=jobs.RECONCILE, parameters=parameters))


@router.get("/reconciliations", operation_id="list_reconciliations", summary="What the last reconciliations found")
async def list_reconciliations(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, list_id: UUID | None = None,
    drifted: Annotated[bool, Query(description="Only where something drifts")] = False,
) -> Page[Reconciled]:  # fmt: skip
    """The hashes of each list in force, by rule."""
    rows = await repository.page(tx.connection, list_id=list_id, drifted=drifted, after=_place(cursor), count=limit + 1)
    shown = [Reconciled(**row | {name: row[name].hex() for name in ("actual", "expected")}) for row in rows]
    return page_of(shown, limit, lambda one: [one.rule, one.list_id])


def _place(cursor: str | None) -> tuple[UUID, str] | None:
    place = after_name(cursor)
    return (place[1], place[0]) if place else None
