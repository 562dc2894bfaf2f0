"""HTTP of the guides."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path

from services.catalog.guides import service
from services.catalog.guides.schemas import Guide
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["items"])


@router.get("/items/{item_id}/guide", operation_id="get_guide", summary="Service guide of an implementation entry")
async def get_guide(tx: Unit, staff: Staff, item_id: Annotated[UUID, Path(description="Id of the item")]) -> Guide:
    """The fourteen elements, generated from the implementation list and the permit; with what is missing."""
    return await service.of_item(tx.connection, item_id)
