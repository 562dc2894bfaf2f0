"""HTTP of coverage: the candidates a compiler chooses from, and what organs have not reported rightly."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.catalog import fields
from services.catalog.coverage import service
from services.catalog.coverage.schemas import Candidate, Coverage, RegionFailures
from services.catalog.fields import RegionText
from services.catalog.records import after_id
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["coverage"])

ListId = Annotated[UUID, Path(description="List that is being compiled")]


@router.get("/lists/{list_id}/candidates", operation_id="list_candidates", summary="Candidates for a list")
async def list_candidates(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None,
    covered: Annotated[bool | None, Query(description="Only those the list shows, or does not show")] = None,
    organ: UUID | None = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]*$", max_length=63, examples=["power"])] = None,
) -> Page[Candidate]:  # fmt: skip
    """Entries of the other lists of the region, and of superiors' master lists, marked covered or not."""
    found = await service.candidates(
        tx, list_id, covered=covered, organ=organ, kind=kind, after=after_id(cursor), count=limit + 1
    )
    return page_of(found, limit, lambda one: [one.item_id])


@router.get("/lists/{list_id}/coverage", operation_id="get_coverage", summary="Coverage of a list, by organ")
async def get_coverage(tx: Unit, staff: Staff, list_id: ListId) -> Coverage:
    """How many of the matters that other lists know a list shows."""
    return await service.coverage(tx, list_id)


@router.get("/reporting-failures", operation_id="get_reporting_failures", summary="Omission, concealment and error")
async def get_reporting_failures(
    tx: Unit, staff: Staff, region: Annotated[RegionText, Query(examples=["130922"])]
) -> RegionFailures:
    """What organs of a region have not reported, have denied, or reported wrongly; suspects for people to judge."""
    return await service.failures(tx, fields.region(region, "query/region"))
