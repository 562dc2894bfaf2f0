"""HTTP of the register of organs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.fields import RegionText, Search
from services.catalog.organs import loading, repository, service
from services.catalog.organs.schemas import Kind, NewOrgan, Organ, OrganLoad, OrganLoadResult
from services.catalog.records import after_name
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["organs"])

OrganId = Annotated[UUID, Path(description="Organ")]


@router.get("/organs", operation_id="list_organs", summary="Organs")
async def list_organs(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    region: Annotated[RegionText | None, Query(description="Of this region")] = None,
    within: Annotated[RegionText | None, Query(description="Of this region and all below it")] = None,
    kind: Kind | None = None,
    state: Literal["active", "abolished"] | None = None,
    credit_code: Annotated[str | None, Query(max_length=40, pattern=r"^[^\x00]*$")] = None,
    q: Search = None,
) -> Page[Organ]:  # fmt: skip
    """Organs by name."""
    filters = {"kind": kind, "state": state, "credit_code": credit_code}
    filters["region_code"] = fields.region(region, "query/region") if region else None
    rows = await repository.search(
        tx.connection, filters=filters, within=fields.region(within, "query/within") if within else None, query=q,
        after=after_name(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([Organ(**row) for row in rows], limit, lambda one: [one.name, one.id])


@router.post("/organs", operation_id="create_organ", summary="Register an organ", status_code=201, response_model=Organ)
async def create_organ(tx: Unit, staff: Staff, body: NewOrgan) -> Response:
    """Register an organ; a wrong check digit of its credit code is flagged."""
    row = await service.add(tx, staff, body)
    return created(f"/catalog/v1/organs/{row['id']}", Organ(**row), row["version"])


@router.put("/organs", operation_id="load_organs", summary="Register many organs")
async def load_organs(
    tx: Unit, staff: Staff, body: OrganLoad,
    atomic: Annotated[bool, Query(description="All or nothing")] = False,
) -> OrganLoadResult:  # fmt: skip
    """Register or change up to 2,000 organs, known by their credit codes."""
    return await loading.load_many(tx, staff, body, atomic=atomic)


@router.get("/organs/{organ_id}", operation_id="get_organ", summary="One organ", response_model=Organ)
async def get_organ(tx: Unit, staff: Staff, organ_id: OrganId) -> Response:
    """One organ."""
    row = await service.get(tx.connection, organ_id)
    return with_etag(Organ(**row), row["version"])


@router.put("/organs/{organ_id}", operation_id="update_organ", summary="Change an organ", response_model=Organ)
async def update_organ(tx: Unit, staff: Staff, organ_id: OrganId, body: NewOrgan, if_match: IfMatch = None) -> Response:
    """Change an organ."""
    row = await service.get(tx.connection, organ_id, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, body)
    return with_etag(Organ(**changed), changed["version"])
