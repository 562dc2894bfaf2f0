"""HTTP of standings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import RegionCode
from services.workflow.standings import service
from services.workflow.standings.schemas import Evidence, Grouping, Outcome, Standings, view
from shared import problems
from shared.http.pages import Cursor, Limit, Page, encode_cursor, number_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/campaigns", tags=["standings"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
By = Annotated[Grouping, Query(description="Lead units, organs in whatever they owe, or regions")]
FirstDay = Annotated[Day | None, Query(description="First day; that of the campaign when empty")]
LastDay = Annotated[Day | None, Query(description="Last day; today when empty")]
# More places than units there can be.
_MOST = 1_000_000


@router.get("/{campaign_id}/standings", operation_id="list_standings", summary="Units of a campaign in their order")
async def list_standings(
    tx: Unit,
    staff: Staff,
    campaign_id: CampaignId,
    by: By = "lead",
    first_day: FirstDay = None,
    last_day: LastDay = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Standings:
    """工作排名：按牵头单位、责任单位或区划，由系统记录得出；排名规则见 order，并列名次相同。"""
    campaign = await service.overseen(tx, staff, campaign_id)
    found = await service.standings(tx, campaign, by, first_day, last_day)
    first = number_of(cursor, most=_MOST)
    shown = list(found.standings[first : first + limit])
    more = first + limit < len(found.standings)
    return view(found, shown, encode_cursor([first + limit]) if more else None)


@router.get(
    "/{campaign_id}/standings/evidence", operation_id="list_standing_evidence",
    summary="What counts for and against a unit", response_model=Page[Evidence],
)  # fmt: skip
async def list_evidence(
    tx: Unit,
    staff: Staff,
    campaign_id: CampaignId,
    by: By = "lead",
    organ: Annotated[UUID | None, Query(description="Of this organ")] = None,
    region_code: Annotated[RegionCode | None, Query(description="Of this region")] = None,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    outcome: Annotated[Outcome | None, Query(description="Only what stands so")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Evidence]:
    """某单位各项统计数字的依据：应完成事项、月报、报送，连同时间和系统事件编号。"""
    campaign = await service.overseen(tx, staff, campaign_id)
    if (organ is None) == (region_code is None):
        raise problems.Invalid("请指明一个单位（organ）或一个区划（region_code）。", code="unit_missing")
    unit = (by, organ, region_code)
    facts, at = await service.evidence(tx, campaign, unit, first=first_day, last=last_day, outcome=outcome)
    first = number_of(cursor, most=_MOST)
    shown = await service.told(tx, facts[first : first + limit], at)
    following = encode_cursor([first + limit]) if first + limit < len(facts) else None
    return Page(items=[Evidence.model_validate(each) for each in shown], next=following)
