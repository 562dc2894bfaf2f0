"""HTTP of the seals: public, no login."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from services.publish.seals import service
from services.publish.seals.schemas import Seal, SealKey
from shared import settings
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["seals"])

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="Number of the seal", examples=[1440])]


@router.get("/seals", operation_id="list_seals", summary="The last seal of each day, newest first")
async def seals(unit: Unit, cursor: Cursor = None, limit: Limit = 50) -> Page[Seal]:
    """每日最后一次封存：留存副本者可据以证明日志此后未被改写。"""
    return await service.of_days(unit, cursor=cursor, limit=limit)


@router.get("/seals/{number}", operation_id="get_seal", summary="One seal")
async def seal(unit: Unit, number: Number) -> Seal:
    """一次封存：所封日志的起止位置、散列值、上一次封存的散列值和签名。"""
    return await service.find(unit, number)


@router.get("/seal-key", operation_id="get_seal_key", summary="The key that verifies seals")
async def seal_key() -> SealKey:
    """验证封存签名的公钥。"""
    return service.public_key(settings.load().secrets)
