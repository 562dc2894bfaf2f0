"""HTTP of the calendar register."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.calendars import rules, service
from services.workflow.calendars.schemas import CalendarYear, DueDay, NewCalendarYear, Thresholds
from services.workflow.clocks.rules import LimitUnit, day_of
from services.workflow.clocks.schemas import limit_given
from services.workflow.fields import RegionCode
from shared import clock
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1", tags=["calendar"])

Region = Annotated[RegionCode, Path(description="Code of the region", examples=["130922000000"])]
Year = Annotated[int, Path(ge=rules.FIRST_YEAR, le=rules.LAST_YEAR, examples=[2027])]
Start = Annotated[
    date,
    Query(description="First day; not counted", ge=date(rules.FIRST_YEAR, 1, 1), le=date(rules.LAST_YEAR - 12, 1, 1)),
]


@router.get(
    "/calendars/{region_code}/due-day",
    operation_id="calculate_due_day",
    summary="When a period ends",
    response_model=DueDay,
)
async def due_day(
    tx: Unit,
    staff: Staff,
    region_code: Region,
    start: Start,
    amount: Annotated[int, Query(ge=0, le=4000, examples=[5])],
    unit: Annotated[LimitUnit, Query(examples=["working_day"])] = LimitUnit.WORKING_DAY,
) -> DueDay:
    """按区域工作日历计算期限届满日（起算日不计入）。"""
    begins = datetime.combine(start, time(), tzinfo=clock.ZONE)
    limit = limit_given(amount, unit, None, "query/amount")
    due = await service.due_in(tx, region_code, limit, begins)
    return DueDay(
        region_code=region_code,
        start=start,
        amount=amount,
        unit=unit,
        due_on=day_of(due.at),
        due_at=due.at,
        provisional=due.provisional,
    )


@router.get(
    "/calendars/{region_code}/{year}",
    operation_id="get_calendar_year",
    summary="Working calendar of a region",
    response_model=CalendarYear,
)
async def get_year(tx: Unit, staff: Staff, region_code: Region, year: Year) -> Response:
    """一个区域一年的工作日历：与每周五天工作制不同的日子及其依据；尚未公布的年度标明暂定。"""
    return with_etag(*await service.get_year(tx, region_code, year))


@router.put(
    "/calendars/{region_code}/{year}",
    operation_id="set_calendar_year",
    summary="Set a region's working calendar",
    response_model=CalendarYear,
)
async def set_year(
    tx: Unit, staff: Staff, region_code: Region, year: Year, given: NewCalendarYear, if_match: IfMatch = None
) -> Response:
    """录入或替换本区域一年的工作日历；正在计时的事项随之重新计算。"""
    return with_etag(*await service.set_year(tx, staff, region_code, year, given, if_match))


@router.get(
    "/clock-thresholds/{region_code}",
    operation_id="get_clock_thresholds",
    summary="Grades of warning in a region",
    response_model=Thresholds,
)
async def get_thresholds(tx: Unit, staff: Staff, region_code: Region) -> Response:
    """本区域的分级预警设置（未设置的沿用上级区域或系统默认）。"""
    return with_etag(*await service.get_thresholds(tx, region_code))


@router.put(
    "/clock-thresholds/{region_code}",
    operation_id="set_clock_thresholds",
    summary="Set the grades of warning",
    response_model=Thresholds,
)
async def set_thresholds(
    tx: Unit, staff: Staff, region_code: Region, given: Thresholds, if_match: IfMatch = None
) -> Response:
    """设置分级预警，对此后开始的计时有效。"""
    return with_etag(*await service.set_thresholds(tx, staff, region_code, given.thresholds, if_match))
