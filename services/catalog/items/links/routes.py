"""HTTP of links between items."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from services.catalog.fields import Grounds, Note
from services.catalog.items.links import service
from services.catalog.records import after_id
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["items"])

LinkType = Literal[
    "supervises", "measure_of", "standard_item", "transferred_from", "sub_item_of", "precedes", "replaces", "based_on",
    "duty_of", "related",
]  # fmt: skip
ItemId = Annotated[UUID, Path(description="Item the link starts from")]


class NewLink(Grounds):
    """A link from an item to another one."""

    to_item_id: UUID
    type: LinkType = Field(examples=["measure_of"])
    note: Note = Field(default="", examples=["措施编码 C105001"])


class Link(BaseModel):
    """A link; it starts from `from_item_id`."""

    id: UUID
    from_item_id: UUID
    to_item_id: UUID
    type: str = Field(examples=["measure_of"])
    note: str
    created_at: datetime
    created_by: str


@router.get("/items/{item_id}/links", operation_id="list_links", summary="Links of an item")
async def list_links(
    tx: Unit, staff: Staff, item_id: ItemId, limit: Limit = 50, cursor: Cursor = None,
    type_: Annotated[LinkType | None, Query(alias="type")] = None,
) -> Page[Link]:  # fmt: skip
    """Links from and to an item, oldest first."""
    rows = await service.of_item(tx, item_id, type_=type_, after=after_id(cursor), limit=limit + 1)
    return page_of([Link(**row) for row in rows], limit, lambda one: [one.id])


@router.post("/items/{item_id}/links", operation_id="create_link", summary="Link two items", status_code=201,
             response_model=Link)  # fmt: skip
async def create_link(tx: Unit, staff: Staff, item_id: ItemId, body: NewLink) -> Response:
    """Link an item to another one."""
    row = await service.add(tx, staff, item_id, to_item_id=body.to_item_id, type_=body.type, note=body.note,
                            reason=body.reason, legal_basis=body.legal_basis)  # fmt: skip
    return created(f"/catalog/v1/items/{item_id}/links/{row['id']}", Link(**row))


@router.delete("/items/{item_id}/links/{link_id}", operation_id="delete_link", summary="Remove a link", status_code=204)
async def delete_link(
    tx: Unit,
    staff: Staff,
    item_id: ItemId,
    link_id: Annotated[UUID, Path(description="Link", examples=["0197f3a0-0000-7000-8000-000000000009"])],
) -> Response:
    """Remove a link."""
    await service.remove(tx, staff, item_id, link_id)
    return Response(status_code=204)
