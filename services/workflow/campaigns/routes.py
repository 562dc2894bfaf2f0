"""HTTP of campaigns."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.campaigns import access, repository, service
from services.workflow.campaigns.schemas import (
    CampaignChange,
    CampaignLine,
    CampaignView,
    Closing,
    Move,
    NewCampaign,
    view,
)
from services.workflow.fields import RegionCode
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/campaigns"
router = transactional_router(prefix=BASE, tags=["campaigns"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
Number = Annotated[int, Path(ge=1, le=1_000, description="Number of the milestone", examples=[1])]


@router.post("", operation_id="plan_campaign", summary="Plan a campaign", status_code=201, response_model=CampaignView)
async def plan_campaign(tx: Unit, staff: Staff, given: NewCampaign) -> Response:
    """拟定专项工作方案：阶段、节点、目标；注明上级方案的，日期不得晚于上级规定。"""
    campaign = await service.add(tx, staff, given)
    return created(f"{BASE}/{campaign.id}", view(campaign), campaign.version)


@router.get("", operation_id="list_campaigns", summary="Campaigns, the newest first", response_model=Page[CampaignLine])
async def list_campaigns(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode | None, Query(description="Only of this region itself")] = None,
    state: Annotated[Literal["draft", "running", "closed"] | None, Query(description="Only in this state")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CampaignLine]:
    """本级、上级和下级的专项工作。"""
    places = [grant.region_code for grant in staff.grants]
    rows = await repository.page(
        tx.connection, places, region_code=region_code, state=state, before=id_of(cursor), limit=limit + 1
    )
    return page_of([CampaignLine.model_validate(dict(row)) for row in rows], limit, lambda each: [str(each.id)])


@router.get("/{campaign_id}", operation_id="get_campaign", summary="One campaign", response_model=CampaignView)
async def get_campaign(tx: Unit, staff: Staff, campaign_id: CampaignId) -> Response:
    """一项专项工作的方案。"""
    campaign = await access.find(tx, staff, campaign_id)
    return with_etag(view(campaign), campaign.version)


@router.put("/{campaign_id}", operation_id="update_campaign", summary="Change a plan", response_model=CampaignView)
async def update_campaign(
    tx: Unit, staff: Staff, campaign_id: CampaignId, given: CampaignChange, if_match: IfMatch = None
) -> Response:
    """修改尚未启动的方案。"""
    campaign = await service.update(tx, staff, campaign_id, given, if_match)
    return with_etag(view(campaign), campaign.version)


@router.post(
    "/{campaign_id}/start", operation_id="start_campaign", summary="Start a campaign", response_model=CampaignView
)
async def start_campaign(tx: Unit, staff: Staff, campaign_id: CampaignId, if_match: IfMatch = None) -> Response:
    """启动专项工作：按节点向各责任单位下达应完成事项，开始计时。"""
    campaign = await service.start(tx, staff, campaign_id, if_match)
    return with_etag(view(campaign), campaign.version)


@router.post(
    "/{campaign_id}/milestones/{number}/move", operation_id="move_milestone", summary="Move a milestone",
    response_model=CampaignView,
)  # fmt: skip
async def move_milestone(
    tx: Unit, staff: Staff, campaign_id: CampaignId, number: Number, given: Move, if_match: IfMatch = None
) -> Response:
    """调整节点日期（须在上级时限之内），未完成事项的时限随之调整。"""
    campaign = await service.move(tx, staff, campaign_id, number, given.due_on, reason=given.reason, if_match=if_match)
    return with_etag(view(campaign), campaign.version)


@router.post(
    "/{campaign_id}/close", operation_id="close_campaign", summary="Close a campaign", response_model=CampaignView
)
async def close_campaign(
    tx: Unit, staff: Staff, campaign_id: CampaignId, given: Closing, if_match: IfMatch = None
) -> Response:
    """结束专项工作；工作总结未报齐的不能结束。"""
    campaign = await service.close(tx, staff, campaign_id, note=given.note, if_match=if_match)
    return with_etag(view(campaign), campaign.version)
