"""HTTP of uniformity: the horizontal report, and the check of names across the lists of a region."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.uniformity import jobs, service
from services.catalog.uniformity.schemas import HorizontalReport
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["uniformity"])

Kind = Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]*$", max_length=63, description="Kind of list compared")]
# A page opens every entry of its matters: a province has hundreds of each.
Few = Annotated[int, Query(ge=1, le=50, description="Matters a page")]


@router.get(
    "/horizontal-differences",
    operation_id="list_horizontal_differences",
    summary="Matters that organs of one level handle differently",
)
async def list_horizontal_differences(
    tx: Unit, staff: Staff, kind: Kind = "implementation", limit: Few = 20, cursor: Cursor = None,
    within: Annotated[RegionText | None, Query(description="This region and all below it", examples=["130000"])] = None,
    base_code: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{12}$", examples=["000116101000"])] = None,
    level: Annotated[str | None, Query(pattern=r"^[1-7]$", examples=["4"])] = None,
) -> HorizontalReport:  # fmt: skip
    """Entries with the same base code and level across organs and regions, and the elements in which they differ."""
    region = fields.region(within, "query/within") if within else None
    return await service.horizontal(
        tx, kind, within=region, base_code=base_code, level=level, cursor=cursor, limit=limit
    )


@router.post(
    "/uniformity-checks",
    operation_id="check_uniformity",
    summary="Check that a matter has one name in all lists of a region (V22) and permits are those in force (K29)",
    status_code=202,
    response_model=Started,
)
async def check_uniformity(tx: Unit, staff: Staff) -> Response:
    """Names and service objects of a matter in all lists, and permits no list in force knows; each is a finding."""
    return accepted("catalog", await operations.create(tx, kind=jobs.UNIFORMITY, parameters={}))
