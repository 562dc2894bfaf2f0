"""HTTP of the public search: no login."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from services.publish.search import service
from services.publish.search.schemas import PublishedSearchPage
from shared.http.pages import Cursor, Limit
from shared.http.routing import Unit, transactional_router
from shared.search.models import WithFacets, Words

router = transactional_router(prefix="/publish/v1", tags=["search"])

Key = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/search", operation_id="search_published_items", summary="Search what is in force")
async def search_published(
    unit: Unit, q: Words = None, limit: Limit = 20, cursor: Cursor = None,
    kind: Annotated[Key, Query(examples=["permit"])] = None,
    region: Annotated[Key, Query(description="This region (12 digits) and all below it",
                                 examples=["440100000000"])] = None,
    list_id: UUID | None = None,
    organ: Annotated[Key, Query(description="Credit code or name", examples=["广州市生态环境局"])] = None,
    item_type: Annotated[str | None, Query(alias="type", pattern=r"^[0-9]{2}$", examples=["01"])] = None,
    state: Literal["in_use", "suspended", "cancelled"] | None = None,
    level: Annotated[str | None, Query(pattern=r"^[1-7]$", examples=["4"])] = None,
    service_object: Annotated[Key, Query(examples=["enterprise"])] = None,
    topic: Annotated[Key, Query(description="Topic of services (服务主题)")] = None, facets: WithFacets = False,
) -> PublishedSearchPage:  # fmt: skip
    """Published entries by words in Chinese, ranked: exact name, its beginning, name, basis, then the rest."""
    given = {"kind": kind, "region": region, "list": list_id, "type": item_type, "state": state, "level": level,
             "service_object": service_object, "topic": topic}  # fmt: skip
    filters = [(name, [str(value)]) for name, value in given.items() if value]
    return await service.search(tx=unit, query=q, filters=filters, organ=organ or None, cursor=cursor, limit=limit,
                                facets=facets)  # fmt: skip
