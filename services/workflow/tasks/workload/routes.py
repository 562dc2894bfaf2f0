"""HTTP of the workload."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.workflow.fields import RegionCode
from services.workflow.tasks.workload import service
from services.workflow.tasks.workload.schemas import Load, Workload
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/workload", tags=["tasks"])


@router.get("", operation_id="get_workload", summary="Who has how much to do")
async def get_workload(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode, Query(description="This region and below", examples=["130922000000"])],
    organ: Annotated[UUID | None, Query(description="Only this organ")] = None,
) -> Workload:
    """各单位、各经办人员的待办数、超期数和最近到期日。"""
    items = [Load.model_validate(dict(row)) for row in await service.workload(tx, staff, region_code, organ)]
    return Workload(items=items, open=sum(one.open for one in items), overdue=sum(one.overdue for one in items))
