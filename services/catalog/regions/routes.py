"""HTTP of the register of regions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.fields import RegionText, Search
from services.catalog.regions import repository, service
from services.catalog.regions.schemas import Kind, Level, LoadResult, Region, RegionChange, RegionLoad
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["regions"])

RegionPath = Annotated[RegionText, Path(examples=["130922000000"], description="6, 9 or 12 digits, or a local code")]


@router.get("/regions", operation_id="list_regions", summary="Regions and development zones")
async def list_regions(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, level: Level | None = None,
    kind: Kind | None = None,
    parent: Annotated[RegionText | None, Query(description="Directly under this region")] = None,
    within: Annotated[RegionText | None, Query(description="Anywhere below this region")] = None,
    q: Search = None,
) -> Page[Region]:  # fmt: skip
    """Regions by code."""
    above = fields.region(parent, "query/parent") if parent else None
    rows = await repository.search(
        tx.connection,
        filters={"level": level, "kind": kind, "parent_code": above},
        within=fields.region(within, "query/within") if within else None,
        query=q,
        after=str(decode_cursor(cursor, 1)[0]) if cursor else None,
        limit=limit + 1,
    )
    return page_of([Region(**row) for row in rows], limit, lambda one: [one.code])


@router.put("/regions", operation_id="load_regions", summary="Register many regions")
async def load_regions(
    tx: Unit, staff: Staff, body: RegionLoad,
    atomic: Annotated[bool, Query(description="All or nothing")] = False,
) -> LoadResult:  # fmt: skip
    """Register or change up to 5,000 regions; rows that are wrong are named, the others are registered."""
    return await service.load_many(tx, staff, body, atomic=atomic)


@router.get("/regions/{code}", operation_id="get_region", summary="One region", response_model=Region)
async def get_region(tx: Unit, staff: Staff, code: RegionPath) -> Response:
    """One region with all regions above it."""
    row = await service.get(tx.connection, code)
    return with_etag(Region(**row), row["version"])


@router.put("/regions/{code}", operation_id="put_region", summary="Register or change a region", response_model=Region,
            responses={201: {"model": Region, "description": "登记"}})  # fmt: skip
async def put_region(
    tx: Unit, staff: Staff, code: RegionPath, body: RegionChange, if_match: IfMatch = None
) -> Response:
    """Register a region under its own code, or change it."""
    present = await repository.get(tx.connection, fields.region(code, "path/code"), lock=True)
    if present is not None:
        service.require_administrator(staff, [present["code"], *present["ancestors"]])
        require_match(if_match, present["version"])
    elif if_match is not None:
        raise problems.PreconditionFailed("该区划尚未登记，不能按版本修改；登记时请去掉 If-Match。")
    row, new = await service.put(tx, staff, code, body)
    if new:
        return created(f"/catalog/v1/regions/{row['code']}", Region(**row), row["version"])
    return with_etag(Region(**row), row["version"])
