"""HTTP of the staff's search."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.search import service
from services.catalog.search.schemas import SearchPage
from shared.http.pages import Cursor, Limit
from shared.http.routing import Staff, Unit, transactional_router
from shared.search.models import WithFacets, Words

router = transactional_router(prefix="/catalog/v1", tags=["search"])

Kind = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]*$", max_length=63, examples=["permit"])]
Region = Annotated[RegionText | None, Query(description="This region and all below it", examples=["130922"])]
Key = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/search", operation_id="search_items", summary="Search entries of all lists")
async def search_items(
    tx: Unit, staff: Staff, q: Words = None, limit: Limit = 20, cursor: Cursor = None, kind: Kind = None,
    region: Region = None, list_id: UUID | None = None, organ: UUID | None = None,
    item_type: Annotated[str | None, Query(alias="type", pattern=r"^[0-9]{2}$", examples=["01"])] = None,
    state: Literal["in_use", "suspended", "cancelled"] | None = None,
    level: Annotated[str | None, Query(pattern=r"^[1-7]$", examples=["4"])] = None,
    service_object: Annotated[Key, Query(examples=["enterprise"])] = None,
    topic: Annotated[Key, Query(description="Topic of services (服务主题)")] = None, facets: WithFacets = False,
) -> SearchPage:  # fmt: skip
    """Entries in every state by words in Chinese, ranked: exact name, its beginning, name, basis, then the rest.

    What changed a moment ago may take as long to be found as the search is behind the log.
    """
    given = {
        "kind": kind, "region": fields.region(region, "query/region") if region else None, "list": list_id,
        "organ": organ, "type": item_type, "state": state, "level": level, "service_object": service_object,
        "topic": topic,
    }  # fmt: skip
    filters = [(name, [str(value)]) for name, value in given.items() if value is not None]
    return await service.search(tx, q, filters, cursor=cursor, limit=limit, facets=facets)
