"""HTTP of lists."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.lists import repository, service
from services.catalog.lists.schemas import (
    EnactedLists,
    Enactment,
    JointEnactment,
    List,
    ListChange,
    Member,
    Members,
    NewEdition,
    NewList,
)
from services.catalog.records import Record, after_name
from shared.http.etag import IfMatch, created, etag, require_match, with_etag
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["lists"])

ListId = Annotated[UUID, Path(description="List")]
KindName = Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]


@router.get("/lists", operation_id="list_lists", summary="Lists")
async def list_lists(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, kind: KindName = None,
    region: Annotated[RegionText | None, Query(description="Of this region")] = None,
    within: Annotated[RegionText | None, Query(description="Of this region and all below it")] = None,
    state: Literal["compiling", "in_force"] | None = None,
    member: Annotated[UUID | None, Query(description="That this organ fills")] = None,
) -> Page[List]:  # fmt: skip
    """Lists by title."""
    code = fields.region(region, "query/region") if region else None
    rows = await repository.search(
        tx.connection, filters={"kind": kind, "region_code": code, "state": state}, member=member,
        within=fields.region(within, "query/within") if within else None, after=after_name(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([List(**row) for row in rows], limit, lambda one: [one.title, one.id])


@router.post("/lists", operation_id="create_list", summary="Create a list", status_code=201, response_model=List)
async def create_list(tx: Unit, staff: Staff, body: NewList) -> Response:
    """Set up a list of a kind in a region; it is compiled until the government decides on it."""
    row = await service.add(tx, staff, body)
    return created(f"/catalog/v1/lists/{row['id']}", List(**row), row["version"])


@router.get("/lists/{list_id}", operation_id="get_list", summary="One list", response_model=List)
async def get_list(tx: Unit, staff: Staff, list_id: ListId) -> Response:
    """One list."""
    row = await service.get(tx.connection, list_id)
    return with_etag(List(**row), row["version"])


@router.put(
    "/lists/{list_id}", operation_id="update_list", summary="Change a list's title and lead organ", response_model=List
)
async def update_list(tx: Unit, staff: Staff, list_id: ListId, body: ListChange, if_match: IfMatch = None) -> Response:
    """Title and lead organ of a list."""
    row = await service.get(tx.connection, list_id, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, body)
    return with_etag(List(**changed), changed["version"])


@router.get(
    "/lists/{list_id}/members", operation_id="list_members", summary="Member organs of a list", dependencies=[ONE_PAGE]
)
async def list_members(tx: Unit, staff: Staff, list_id: ListId, response: Response) -> Page[Member]:
    """The organs that bring items into the list; at most 500, so one page."""
    row = await service.get(tx.connection, list_id)
    response.headers["ETag"] = etag(row["version"])
    return _members(row, await repository.members(tx.connection, list_id))


@router.put(
    "/lists/{list_id}/members",
    operation_id="set_members",
    summary="Set the member organs of a list",
    response_model=Page[Member],
)
async def set_members(tx: Unit, staff: Staff, list_id: ListId, body: Members, if_match: IfMatch = None) -> Response:
    """Replace the organs that bring items into the list; others get 403 (QX-06)."""
    row = await service.get(tx.connection, list_id, lock=True)
    require_match(if_match, row["version"])
    changed = await service.set_members(tx, staff, row, body)
    return with_etag(_members(changed, await repository.members(tx.connection, list_id)), changed["version"])


@router.post(
    "/lists/{list_id}/enact",
    operation_id="enact_list",
    summary="Enact a list: the government has approved and published it",
    response_model=List,
)
async def enact_list(tx: Unit, staff: Staff, list_id: ListId, body: Enactment) -> Response:
    """Put the list into force with its decision record; without one nothing is published (ZL-34)."""
    row = await service.enact(tx, staff, list_id, body)
    return with_etag(List(**row), row["version"])


@router.post(
    "/enactments", operation_id="enact_lists", summary="Enact several lists by one decision, all of them or none"
)
async def enact_lists(tx: Unit, staff: Staff, body: JointEnactment) -> EnactedLists:
    """Put lists into force together; when one is not ready none is, and the problem says which and why."""
    enactment, rows = await service.enact_together(tx, staff, body)
    return EnactedLists(enactment=enactment, items=[List(**row) for row in rows])


@router.post(
    "/lists/{list_id}/editions", operation_id="name_edition", summary="Name an edition of a list", response_model=List
)
async def name_edition(tx: Unit, staff: Staff, list_id: ListId, body: NewEdition) -> Response:
    """Give the list as it stands, or as it stood at an instant, a name, e.g. 2017版; a name is given once."""
    row = await service.name_edition(tx, staff, list_id, body)
    return with_etag(List(**row), row["version"])


def _members(row: Record, members: list[Record]) -> Page[Member]:
    return Page(items=[Member(**member, lead=member["organ_id"] == row["lead_organ_id"]) for member in members])
