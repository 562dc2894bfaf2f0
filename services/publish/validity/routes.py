"""HTTP of validity and history: public, no login."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import BeforeValidator

from services.publish.validity import service
from services.publish.validity.rules import iso_date
from services.publish.validity.schemas import CodeValidity, PublishedVersion
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["validity and history"])

Code = Annotated[
    str,
    Path(
        pattern="^[0-9A-Za-z-]{1,50}$", description="Base, implementation or handling code", examples=["000116101000"]
    ),
]
On = Annotated[
    dt.date | None,
    BeforeValidator(iso_date),
    Query(description="Day in Asia/Shanghai; today when empty", examples=["2026-01-01"]),
]
Kind = Annotated[str | None, Query(max_length=100, description="Kind of list", examples=["permit"])]
ItemId = Annotated[UUID, Path(description="Id of the item", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]


@router.get("/codes/{code}", operation_id="check_code", summary="Is this code valid on this date?")
async def code_on(unit: Unit, code: Code, on: On = None, kind: Kind = None) -> CodeValidity:
    """Whether a published entry is in use under the code on the day, and what has taken its place if not."""
    return await service.code_on(unit, code, on=on, kind=kind)


@router.get("/items/{item_id}/history", operation_id="get_item_history", summary="Published versions, newest first")
async def history(unit: Unit, item_id: ItemId, cursor: Cursor = None, limit: Limit = 50) -> Page[PublishedVersion]:
    """Every published version with hash, time, decision and what changed (ZL-10)."""
    return await service.history(unit, item_id, cursor=cursor, limit=limit)
