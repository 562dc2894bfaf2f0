"""HTTP of the item library: for service clients with the scope `item_library`, and for staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from services.publish.platform.library import service
from services.publish.platform.library.rules import LAST_INSTANT
from services.publish.platform.library.schemas import LibraryAnswer
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/item-library", tags=["platforms"])


@router.get("/items", operation_id="read_item_library", summary="Items that changed since a moment, as a library")
async def read_item_library(
    tx: Unit, caller: Caller,
    since: Annotated[int, Query(alias="LASTTIMESTAMP", ge=0, le=LAST_INSTANT,
                                description="Of the answer before; 0 from the beginning")] = 0,
    kind: Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Kind of list")] = "implementation",
    region: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z._-]{2,32}$",
                                        description="This region and all below it", examples=["130922000000"])] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="About so many items an answer")] = 200,
) -> LibraryAnswer:  # fmt: skip
    """按 LASTTIMESTAMP 增量读取已公布事项（AUDIT_ITEM 等聚合结构）；不再公布的事项以 CD_OPERATION=D 表示。"""
    return await service.changes(tx, caller, since=since, kind=kind, region=region, limit=limit)
