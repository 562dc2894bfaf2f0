"""HTTP of monthly reports."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.reports import service
from services.workflow.reports.schemas import ReportText, ReportView, Standing, view
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/monthly-reports", tags=["campaigns"])

ReportId = Annotated[UUID, Path(description="Id of the report, which is that of its task")]


@router.get(
    "", operation_id="list_monthly_reports", summary="Monthly reports, the first due first",
    response_model=Page[ReportView],
)  # fmt: skip
async def list_reports(
    tx: Unit,
    staff: Staff,
    campaign: Annotated[UUID | None, Query(description="Only of this campaign")] = None,
    month: Annotated[date | None, Query(description="Only about this month: its first day")] = None,
    standing: Annotated[Standing | None, Query(description="Only those that stand so")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ReportView]:
    """月报；standing=missing 为到期次日起仍未报送的。统筹协调组看全部，各单位看本单位。"""
    rows, following = await service.page(
        tx, staff, campaign_id=campaign, month=month, standing=standing, cursor=cursor, limit=limit
    )
    return Page(items=[view(row, tx.now) for row in rows], next=following)


@router.get("/{report_id}", operation_id="get_monthly_report", summary="One report", response_model=ReportView)
async def get_report(tx: Unit, staff: Staff, report_id: ReportId) -> Response:
    """一份月报，数据已按上月底情况填好。"""
    row = await service.find(tx, staff, report_id)
    return with_etag(view(row, tx.now), row.version)


@router.post(
    "/{report_id}/submit", operation_id="submit_monthly_report", summary="Hand a report in",
    response_model=ReportView,
)  # fmt: skip
async def submit_report(
    tx: Unit, staff: Staff, report_id: ReportId, given: ReportText, if_match: IfMatch = None
) -> Response:
    """报送月报；统计数据由系统得出，不能改写。"""
    row = await service.submit(tx, staff, report_id, given, if_match)
    return with_etag(view(row, tx.now), row.version)
