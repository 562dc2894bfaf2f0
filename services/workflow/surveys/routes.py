"""HTTP of surveys."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import RegionCode
from services.workflow.surveys import repository, service
from services.workflow.surveys.schemas import (
    NewResult,
    NewSchedule,
    NewSurvey,
    OrganScoreView,
    ScheduleView,
    SurveyLine,
    SurveyStanding,
    SurveyView,
    Year,
    YearScores,
    view,
    view_line,
)
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

BASE = "/workflow/v1/surveys"
router = transactional_router(prefix=BASE, tags=["standings"])
schedules_router = transactional_router(prefix="/workflow/v1/survey-schedules", tags=["standings"])

SurveyId = Annotated[UUID, Path(description="Id of the survey, which is that of its task")]
Place = Annotated[RegionCode, Path(description="Code of the region", examples=["130922000000"])]
_CSV_HEAD = ("organ_id", "机构", "调查次数", "样本量", "得分")


@schedules_router.put(
    "/{region_code}", operation_id="set_survey_schedule", summary="Set when a region holds its surveys",
    response_model=ScheduleView,
)  # fmt: skip
async def set_schedule(
    tx: Unit, staff: Staff, region_code: Place, given: NewSchedule, if_match: IfMatch = None
) -> Response:
    """设定社会满意度调查计划（每年不少于两次），到年初自动下达并计时；首次设定用 If-Match: "0"。"""
    row = await service.put_schedule(tx, staff, region_code, given, if_match)
    return with_etag(ScheduleView.model_validate(dict(row)), row.version)


@schedules_router.get(
    "/{region_code}", operation_id="get_survey_schedule", summary="When a region holds its surveys",
    response_model=ScheduleView,
)  # fmt: skip
async def get_schedule(tx: Unit, staff: Staff, region_code: Place) -> Response:
    """一个区划的调查计划。"""
    row = await service.schedule(tx, staff, region_code)
    return with_etag(ScheduleView.model_validate(dict(row)), row.version)


@router.post(
    "", operation_id="add_survey", summary="A survey beside the schedule", status_code=201, response_model=SurveyView
)
async def add_survey(tx: Unit, staff: Staff, given: NewSurvey) -> Response:
    """在计划之外安排一次评估（第三方评估、问卷调查、模拟办事、听取意见）。"""
    row = await service.add(tx, staff, given)
    return created(f"{BASE}/{row.id}", view(row, [], tx.now), row.version)


@router.get("", operation_id="list_surveys", summary="Surveys, the first due first", response_model=Page[SurveyLine])
async def list_surveys(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode | None, Query(description="Only of this region itself")] = None,
    year: Annotated[Year | None, Query(description="Only of this year")] = None,
    standing: Annotated[SurveyStanding | None, Query(description="Only those that stand so")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[SurveyLine]:
    """满意度调查；standing=missing 为逾期未开展的。"""
    rows, following = await service.page(
        tx, staff, region_code=region_code, year=year, standing=standing, cursor=cursor, limit=limit
    )
    return Page(items=[view_line(row, tx.now) for row in rows], next=following)


@router.get("/scores", operation_id="get_survey_scores", summary="Scores of a year by organ", response_model=YearScores)
async def get_scores(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode, Query(description="Whose surveys", examples=["130922000000"])],
    year: Annotated[Year, Query(description="Which year", examples=[2017])],
    format: Annotated[Literal["json", "csv"], Query(description="csv for spreadsheets")] = "json",
) -> Response:
    """各部门年度满意度得分（按样本量加权），供绩效考核使用；可导出 CSV。"""
    code, found, missing = await service.of_year(tx, staff, region_code, year)
    scores = YearScores(
        region_code=code, year=year, missing=missing, items=[OrganScoreView.model_validate(each) for each in found]
    )
    if format == "csv":
        return Response(_csv(scores), media_type="text/csv; charset=utf-8")
    return Response(scores.model_dump_json(), media_type="application/json")


@router.get("/{survey_id}", operation_id="get_survey", summary="One survey", response_model=SurveyView)
async def get_survey(tx: Unit, staff: Staff, survey_id: SurveyId) -> Response:
    """一次调查及其结果。"""
    return await _answer(tx, await service.find(tx, staff, survey_id))


@router.post(
    "/{survey_id}/result", operation_id="record_survey_result", summary="Record the result of a survey",
    response_model=SurveyView,
)  # fmt: skip
async def record_result(
    tx: Unit, staff: Staff, survey_id: SurveyId, given: NewResult, if_match: IfMatch = None
) -> Response:
    """登记调查结果：方法、样本量、得分、报告文件（含摘要），以及对机构、清单、事项的评价。"""
    return await _answer(tx, await service.record(tx, staff, survey_id, given, if_match))


async def _answer(tx: Unit, row: Row) -> Response:
    return with_etag(view(row, await repository.scores(tx.connection, row.id), tx.now), row.version)


def _csv(scores: YearScores) -> str:
    # The mark at the beginning tells spreadsheets that the letters are UTF-8; what begins like a formula gets a quote.
    written = io.StringIO("\ufeff", newline="")
    written.seek(0, io.SEEK_END)
    sheet = csv.writer(written)
    sheet.writerow(_CSV_HEAD)
    for each in scores.items:
        name = (
            f"'{each.organ_name}" if each.organ_name.startswith(("=", "+", "-", "@", "\t", "\r")) else each.organ_name
        )
        sheet.writerow([each.organ_id, name, each.surveys, each.sample_size, each.score])
    return written.getvalue()
