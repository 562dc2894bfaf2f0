"""HTTP of units: public, no login."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from services.publish.lists.routes import ListId, RevisionNumber
from services.publish.units import service
from services.publish.units.schemas import UNIT, UnitList, Units
from shared.http.pages import Cursor, Limit
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["published lists"])

UnitWord = Annotated[
    str, Path(max_length=36, pattern=r"^[0-9A-Za-z-]+$", description="Credit code or id of the implementing body",
              examples=[UNIT])
]  # fmt: skip


@router.get("/lists/{list_id}/units", operation_id="list_units", summary="Parts of a list by implementing body")
async def units(
    tx: Unit, list_id: ListId, revision: RevisionNumber = None, cursor: Cursor = None, limit: Limit = 50
) -> Units:
    """The lead unit's consolidated list cut by who implements: hash and count of each part of one revision (QX-41)."""
    return await service.units(tx, list_id, revision, cursor=cursor, limit=limit)


@router.get(
    "/lists/{list_id}/units/{unit}", operation_id="get_unit_list", summary="A unit's own list", response_model=UnitList
)
async def unit(
    tx: Unit, list_id: ListId, unit: UnitWord, revision: RevisionNumber = None, cursor: Cursor = None,
    limit: Limit = 50,
) -> UnitList:  # fmt: skip
    """本单位清单: the entries one body implements, from the same revision as the consolidated list."""
    return await service.unit(tx, list_id, unit, revision, cursor=cursor, limit=limit)
