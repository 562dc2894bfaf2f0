"""HTTP of charts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.campaigns.schemas import Day
from services.workflow.charts import drawing, service
from services.workflow.charts.rules import Chart
from services.workflow.charts.schemas import ChartView, Drawn, view
from services.workflow.fields import RegionCode
from shared.http.etag import IfNoneMatch, with_digest
from shared.http.routing import Staff, Unit, transactional_router

of_campaign_router = transactional_router(prefix="/workflow/v1/campaigns", tags=["standings"])
router = transactional_router(prefix="/workflow/v1/charts", tags=["standings"])

SVG = "image/svg+xml"
CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
Place = Annotated[RegionCode, Query(description="Of this region and those below it", examples=["130922000000"])]
Format = Annotated[Drawn, Query(description="svg: drawn; json: the same figures")]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {SVG: {}}, "description": "The figures, or the drawing"},
    304: {"description": "Unchanged"},
}
# A drawing is shown on pages of others: it loads nothing and runs nothing.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache"}


@of_campaign_router.get(
    "/{campaign_id}/charts/progress", operation_id="get_progress_chart", summary="Chart: progress by milestone",
    response_model=ChartView, responses=_ANSWERS,
)  # fmt: skip
async def progress(
    tx: Unit, staff: Staff, campaign_id: CampaignId, format: Format = "json", if_none_match: IfNoneMatch = None
) -> Response:
    """各节点进度图；format=svg 为图形，数据与 JSON 相同。"""
    return _answer(await service.of_campaign(tx, staff, campaign_id, "progress"), format, if_none_match)


@of_campaign_router.get(
    "/{campaign_id}/charts/overdue", operation_id="get_overdue_chart", summary="Chart: who is late with how much",
    response_model=ChartView, responses=_ANSWERS,
)  # fmt: skip
async def overdue(
    tx: Unit, staff: Staff, campaign_id: CampaignId, format: Format = "json", if_none_match: IfNoneMatch = None
) -> Response:
    """逾期情况图，逾期多的在前。"""
    return _answer(await service.of_campaign(tx, staff, campaign_id, "overdue"), format, if_none_match)


@router.get(
    "/claims", operation_id="get_claims_chart", summary="Chart: claims of superiors' matters",
    response_model=ChartView, responses=_ANSWERS,
)  # fmt: skip
async def claims(
    tx: Unit, staff: Staff, region_code: Place, format: Format = "json", if_none_match: IfNoneMatch = None
) -> Response:
    """上级事项认领率图：本级和下级各区划。"""
    return _answer(await service.of_claims(tx, staff, region_code), format, if_none_match)


@router.get(
    "/steps", operation_id="get_steps_chart", summary="Chart: how long review steps took",
    response_model=ChartView, responses=_ANSWERS,
)  # fmt: skip
async def steps(
    tx: Unit,
    staff: Staff,
    region_code: Place,
    first_day: Annotated[Day | None, Query(description="First day; that of the year when empty")] = None,
    last_day: Annotated[Day | None, Query(description="Last day; today when empty")] = None,
    format: Format = "json",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """各审核环节用时图：平均、中位、最长（天），由动态调整的审核记录得出。"""
    return _answer(await service.of_steps(tx, staff, region_code, first_day, last_day), format, if_none_match)


def _answer(chart: Chart, format: str, if_none_match: str | None) -> Response:
    if format == "svg":
        return with_digest(drawing.svg(chart).encode(), SVG, if_none_match, _HEADERS)
    return with_digest(view(chart).model_dump_json().encode(), "application/json", if_none_match, _HEADERS)
