"""HTTP of progress."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.workflow.campaigns import access
from services.workflow.progress import service
from services.workflow.progress.schemas import Progress, Submission, Targets
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]


@router.get("/{campaign_id}/progress", operation_id="get_progress", summary="Where a campaign stands")
async def get_progress(tx: Unit, staff: Staff, campaign_id: CampaignId) -> Progress:
    """进度总览：按节点、阶段、牵头单位、责任单位、区划、清单类型统计，全部由系统事件得出。"""
    return await service.progress(tx, await access.find(tx, staff, campaign_id))


@router.get("/{campaign_id}/targets", operation_id="get_targets", summary="How the targets of a campaign stand")
async def get_targets(tx: Unit, staff: Staff, campaign_id: CampaignId) -> Targets:
    """目标完成情况：已公布的综合清单、专项责任清单数与目标数。"""
    return await service.targets(tx, await access.find(tx, staff, campaign_id))


@router.get(
    "/{campaign_id}/submissions", operation_id="list_submissions",
    summary="Adjustments submitted in the course of a campaign", response_model=Page[Submission],
)  # fmt: skip
async def list_submissions(
    tx: Unit,
    staff: Staff,
    campaign_id: CampaignId,
    late: Annotated[bool | None, Query(description="Only late ones, or only those in time")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Submission]:
    """专项工作期间报送的动态调整；late=true 为报送阶段结束后才报送的。"""
    campaign = await access.find(tx, staff, campaign_id)
    rows, following = await service.submitted(tx, staff, campaign, late=late, cursor=cursor, limit=limit)
    return Page(items=[Submission.model_validate(dict(row)) for row in rows], next=following)
