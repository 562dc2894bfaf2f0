"""HTTP of one item's exchange, for staff."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.publish.platform.items import service
from services.publish.platform.items.schemas import ItemExchange
from services.publish.platform.peers.schemas import PeerCode
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/items", tags=["platforms"])


@router.get("/{item_id}/exchange", operation_id="get_item_exchange", summary="Where an item stands with platforms")
async def exchange(
    tx: Unit, staff: Staff,
    item_id: Annotated[UUID, Path(description="Id of the item", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])],
    peer: Annotated[PeerCode | None, Query(description="Only this platform", examples=["hebei"])] = None,
) -> ItemExchange:  # fmt: skip
    """事项在各平台的状态：待推送、推送中、已接收、已退回及平台意见。"""
    return await service.state(tx, staff, item_id, peer)
