"""HTTP of the published lists: public, no login."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.publish.lists import comparing, service
from services.publish.lists.schemas import ListComparison, ListDetail, ListHash, ListSummary, Revision
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["published lists"])

ListId = Annotated[UUID, Path(description="Id of the list", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
Kind = Annotated[str | None, Query(max_length=100, description="Kind of list", examples=["permit"])]
Region = Annotated[str | None, Query(max_length=12, description="Region, 12 digits", examples=["440100000000"])]
Edition = Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$", examples=["2017版"])]
RevisionNumber = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Revision; the present one when empty", examples=[12])
]


@router.get("/lists", operation_id="list_published_lists", summary="Lists in force")
async def lists(
    unit: Unit, kind: Kind = None, region: Region = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ListSummary]:
    """All lists that are published, each with its revision and hash."""
    return await service.lists(unit, kind=kind, region=region, cursor=cursor, limit=limit)


@router.get("/lists/{list_id}", operation_id="get_published_list", summary="One list with its named editions")
async def one(unit: Unit, list_id: ListId) -> ListDetail:
    """A list as its present revision shows it."""
    return await service.one(unit, list_id)


@router.get("/lists/{list_id}/revisions", operation_id="list_revisions", summary="Revisions of a list, newest first")
async def revisions(unit: Unit, list_id: ListId, cursor: Cursor = None, limit: Limit = 50) -> Page[Revision]:
    """Every revision with its hash, the decision behind it and when it took effect."""
    return await service.revisions(unit, list_id, cursor=cursor, limit=limit)


@router.get("/lists/{list_id}/differences", operation_id="compare_revisions", summary="Difference of two states")
async def differences(
    unit: Unit, list_id: ListId, first: Annotated[Edition, Query(alias="from", description="Edition")] = None,
    second: Annotated[Edition, Query(alias="to", description="Edition; the present state when empty")] = None,
    from_revision: RevisionNumber = None, to_revision: RevisionNumber = None, cursor: Cursor = None,
    limit: Limit = 50,
) -> ListComparison:  # fmt: skip
    """Entries added, removed and changed between two editions or revisions, element by element and row by row."""
    return await comparing.compare(
        unit, list_id, first=(first, from_revision), second=(second, to_revision), cursor=cursor, limit=limit
    )


@router.get("/lists/{list_id}/hash", operation_id="get_list_hash", summary="Both levels of a revision's hash")
async def proof(unit: Unit, list_id: ListId, revision: RevisionNumber = None) -> ListHash:
    """What is needed to prove that a page or file shows this revision (see docs/publication-hash.md)."""
    return await service.proof(unit, list_id, revision)
