"""HTTP of the element dictionary."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from services.catalog.dictionary import repository, service
from services.catalog.dictionary.schemas import DictionaryElement, NewDictionaryElement
from services.catalog.fields import RegionText, Search
from services.catalog.regions import service as regions
from shared import problems
from shared.http.etag import created
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1/dictionary-elements", tags=["kinds"])

ElementKey = Annotated[str, Path(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["service_objects"])]
Region = Annotated[RegionText | None, Query(description="Whose dictionary; the product's when empty")]


@router.get("", operation_id="list_dictionary_elements", summary="Elements that mean the same in all lists")
async def list_dictionary_elements(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, region_code: Region = None, q: Search = None
) -> Page[DictionaryElement]:
    """The dictionary of a region by key: its own elements over those of its superiors and of the product."""
    chain = await regions.chain(tx.connection, region_code, "query/region_code") if region_code else []
    after = str(decode_cursor(cursor, 1)[0]) if cursor else ""
    rows = await repository.in_force(tx.connection, chain, query=q, after=after, size=limit + 1)
    return page_of([DictionaryElement.model_validate(row) for row in rows], limit, lambda one: [one.key])


@router.post("", operation_id="create_dictionary_element", summary="Add an element, or its next version",
             status_code=201, response_model=DictionaryElement)  # fmt: skip
async def create_dictionary_element(tx: Unit, staff: Staff, body: NewDictionaryElement) -> Response:
    """Definitions of kinds are held against it from now on; profiles that are there stay as they are."""
    row = await service.add(tx, staff, body)
    return created(f"/catalog/v1/dictionary-elements/{row.key}", DictionaryElement.model_validate(row))


@router.get(
    "/{key}", operation_id="get_dictionary_element", summary="An element in all its versions", dependencies=[ONE_PAGE]
)
async def get_dictionary_element(
    tx: Unit, staff: Staff, key: ElementKey, region_code: Region = None
) -> Page[DictionaryElement]:
    """Versions of the region, its superiors and the product, newest first."""
    chain = await regions.chain(tx.connection, region_code, "query/region_code") if region_code else []
    rows = await repository.versions(tx.connection, key, chain)
    if not rows:
        raise problems.NotFound("要素字典中没有这个要素。", code="element_not_found")
    return Page(items=[DictionaryElement.model_validate(row) for row in rows])
