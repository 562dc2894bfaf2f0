"""HTTP of oversight as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import BeforeValidator, Field
from starlette.responses import Response

from services.workflow.fields import RegionCode
from services.workflow.oversight import service
from services.workflow.oversight.schemas import (
    SHORTCOMINGS,
    Figures,
    Matter,
    MatterOrigin,
    NewSettings,
    Settings,
    Shortcoming,
    Shortcomings,
    Statistics,
)
from services.workflow.rectification.rules import REMEDIES
from services.workflow.rectification.schemas import written_out
from shared import problems
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/oversight", tags=["oversight"])

Region = Annotated[RegionCode, Query(description="This region and all below it", examples=["130922000000"])]
RegionPath = Annotated[RegionCode, Path(examples=["130922000000"])]
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)
_Day = Annotated[date, BeforeValidator(written_out), Field(ge=_FIRST, le=_LAST)]
Since = Annotated[_Day | None, Query(description="First day; the first of the year when empty")]
Until = Annotated[_Day | None, Query(description="Last day; today when empty")]


@router.get("/settings/{region_code}", operation_id="get_oversight_settings", summary="What holds in a region",
            response_model=Settings)  # fmt: skip
async def get_settings(tx: Unit, staff: Staff, region_code: RegionPath) -> Response:
    """办件时限预警比例和各来源投诉举报的办理时限；未设置的从上级，上级也未设置的从系统默认。"""
    shown, version = await service.settings(tx, region_code)
    return with_etag(shown, version)


@router.put("/settings/{region_code}", operation_id="set_oversight_settings", summary="Set what holds in a region",
            response_model=Settings)  # fmt: skip
async def put_settings(
    tx: Unit, staff: Staff, region_code: RegionPath, given: NewSettings, if_match: IfMatch = None
) -> Response:
    """设置本区划及以下的预警比例和办理时限（首次设置时 If-Match 为 "0"）；已在办理的不受影响。"""
    shown, version = await service.set_(tx, staff, region_code, given, if_match)
    return with_etag(shown, version)


@router.get("/matters", operation_id="list_oversight_matters", summary="What calls for an order, the oldest first")
async def matters(
    tx: Unit, staff: Staff, region: Region,
    origin: Annotated[MatterOrigin | None, Query(description="Only of this origin")] = None,
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    ordered: Annotated[bool | None, Query(description="With an order, or without one")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Matter]:  # fmt: skip
    """待处理问题：核查发现、经认定的变相许可、违规办件、属实的投诉举报，及其整改进展。"""
    filters = {"region": region, "origin": origin, "organ": organ, "ordered": ordered}
    rows = await service.matters_page(tx, staff, filters, after=_place(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.since.isoformat(), row.subject])
    items = [Matter.model_validate(dict(row) | {"remedies": list(REMEDIES)}) for row in found.items]
    return Page(items=items, next=found.next)


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    at, subject = decode_cursor(cursor, 2)
    try:
        instant = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        instant = None
    sound = instant is not None and instant.tzinfo is not None and _FIRST.year <= instant.year <= _LAST.year
    if instant is None or not sound or not isinstance(subject, str):
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])
    return instant, subject


@router.get("/statistics", operation_id="get_oversight_statistics", summary="Figures by organ or by region")
async def statistics(
    tx: Unit, staff: Staff, region: Region,
    by: Annotated[Literal["organ", "region"], Query(description="What is counted by")] = "organ",
    since: Since = None, until: Until = None,
) -> Statistics:  # fmt: skip
    """按单位或区划统计投诉举报、违规办件、整改和升级、追责情况，逾期和严重的在前。"""
    begin, end = service.span(since, until, tx.now)
    rows = await service.statistics(tx, staff, region, by, begin, end)
    return Statistics(since=begin, until=end, by=by, items=[Figures.model_validate(dict(row)) for row in rows])


@router.get("/shortcomings", operation_id="list_shortcomings", summary="What falls short, the most frequent first")
async def shortcomings(
    tx: Unit, staff: Staff, region: Region,
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    since: Since = None, until: Until = None, limit: Limit = 50,
) -> Shortcomings:  # fmt: skip
    """政务服务短板：从投诉举报、差评、材料、收费、时限和到现场次数中归集，落到单位和事项。"""
    begin, end = service.span(since, until, tx.now)
    rows = await service.shortcomings(tx, staff, region, organ, since=begin, until=end, limit=limit)
    items = [Shortcoming.model_validate(dict(row) | {"what_title": SHORTCOMINGS[row.what]}) for row in rows]
    return Shortcomings(since=begin, until=end, items=items)
