"""HTTP of evaluations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.evaluations import repository, service
from services.workflow.evaluations.schemas import EvaluationView, NewEvaluation
from services.workflow.fields import RegionCode
from services.workflow.obligations.service import reader_of
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/evaluations"
router = transactional_router(prefix=BASE, tags=["campaigns"])

EvaluationId = Annotated[UUID, Path(description="Id of the evaluation")]


@router.post(
    "", operation_id="record_evaluation", summary="Record an evaluation", status_code=201,
    response_model=EvaluationView,
)  # fmt: skip
async def record_evaluation(tx: Unit, staff: Staff, given: NewEvaluation) -> Response:
    """登记某时段清单实施情况的评估；指标由系统计算。"""
    row = await service.record(tx, staff, given)
    return created(f"{BASE}/{row.id}", EvaluationView.model_validate(dict(row)))


@router.get(
    "", operation_id="list_evaluations", summary="Evaluations, the newest first", response_model=Page[EvaluationView]
)
async def list_evaluations(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode | None, Query(description="Only of this region itself")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[EvaluationView]:
    """各时段的评估记录。"""
    given = reader_of(staff).given()
    rows = await repository.page(tx.connection, given, region_code=region_code, before=id_of(cursor), limit=limit + 1)
    return page_of([EvaluationView.model_validate(dict(row)) for row in rows], limit, lambda each: [str(each.id)])


@router.get("/{evaluation_id}", operation_id="get_evaluation", summary="One evaluation", response_model=EvaluationView)
async def get_evaluation(tx: Unit, staff: Staff, evaluation_id: EvaluationId) -> EvaluationView:
    """一份评估记录。"""
    return EvaluationView.model_validate(dict(await service.find(tx, staff, evaluation_id)))
