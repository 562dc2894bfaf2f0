"""HTTP of succession."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.catalog.fields import RegionText
from services.catalog.organs import service as organs
from services.catalog.succession import repository, service
from services.catalog.succession.schemas import (
    OrganSuccession,
    OrganSuccessor,
    RegionSuccessions,
    RegionSuccessor,
    SuccessionResult,
)
from shared.http.etag import IfMatch, require_match
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["succession"])

OrganId = Annotated[UUID, Path(description="Organ that is no more")]
RegionPath = Annotated[RegionText, Path(examples=["130922"], description="6, 9 or 12 digits, or a local code")]


@router.get("/organs/{organ_id}/successors", operation_id="list_organ_successors", summary="Who took its place")
async def organ_successors(tx: Unit, staff: Staff, organ_id: OrganId) -> list[OrganSuccessor]:
    """Successors of an organ, and theirs in turn."""
    row = await organs.get(tx.connection, organ_id)
    return [OrganSuccessor(**heir) for heir in await repository.of_organ(tx.connection, row["id"])]


@router.put("/organs/{organ_id}/successors", operation_id="put_organ_successors", summary="Close an organ for others")
async def put_organ_successors(
    tx: Unit, staff: Staff, organ_id: OrganId, body: OrganSuccession, if_match: IfMatch = None
) -> list[OrganSuccessor]:
    """The organ is abolished and its successors are kept; its entries have been transferred before."""
    row = await organs.get(tx.connection, organ_id, lock=True)
    require_match(if_match, row["version"])
    return [OrganSuccessor(**heir) for heir in await service.succeed(tx, staff, row, body)]


@router.get("/region-successors/{code}", operation_id="list_region_successors", summary="What a code has become")
async def region_successors(tx: Unit, staff: Staff, code: RegionPath) -> list[RegionSuccessor]:
    """Successors of a region code that GB/T 2260 gave up, and theirs in turn."""
    return [RegionSuccessor(**heir) for heir in await service.of_region(tx, code)]


@router.put("/region-successors", operation_id="load_region_successors", summary="Keep changes of region codes")
async def load_region_successors(tx: Unit, staff: Staff, body: RegionSuccessions) -> SuccessionResult:
    """Up to 5,000 announced changes; rows that are wrong are named, the others are kept."""
    return await service.load_regions(tx, staff, body)
