"""HTTP of escalation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.workflow.escalations import service
from services.workflow.escalations.schemas import Ladder
from services.workflow.fields import RegionCode
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/escalation-rules", tags=["clocks"])

Region = Annotated[RegionCode, Path(description="Code of the region", examples=["130922000000"])]


@router.get(
    "/{region_code}", operation_id="get_escalation_rules", summary="To whom what is late goes", response_model=Ladder
)
async def get_ladder(tx: Unit, staff: Staff, region_code: Region) -> Response:
    """本区域逾期待办逐级督办的设置（未设置的沿用上级区域或系统默认）。"""
    return with_etag(*await service.get(tx, region_code))


@router.put(
    "/{region_code}",
    operation_id="set_escalation_rules",
    summary="Say to whom what is late goes",
    response_model=Ladder,
)
async def put_ladder(tx: Unit, staff: Staff, region_code: Region, given: Ladder, if_match: IfMatch = None) -> Response:
    """设置逾期后逐级督办的角色和工作日数（首次设置时 If-Match 为 "0"）。"""
    return with_etag(*await service.put(tx, staff, region_code, given, if_match))
