"""HTTP of obligations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.responses import Response

from services.workflow.campaigns import access
from services.workflow.campaigns.schemas import Subject
from services.workflow.fields import Code, RegionCode
from services.workflow.obligations import service
from services.workflow.obligations.papers import service as papers
from services.workflow.obligations.papers.schemas import HandedIn, ObligationReason, Receipt
from services.workflow.obligations.repository import Filters
from services.workflow.obligations.schemas import ObligationState, ObligationView, view
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

router = transactional_router(prefix="/workflow/v1/obligations", tags=["campaigns"])
of_campaign_router = transactional_router(prefix="/workflow/v1/campaigns", tags=["campaigns"])

ObligationId = Annotated[UUID, Path(description="Id of the obligation, which is that of its task")]


def _filters(
    subject: Annotated[Subject | None, Query(description="Only of this subject")] = None,
    state: Annotated[ObligationState | None, Query(description="Only in this state")] = None,
    region_code: Annotated[RegionCode | None, Query(description="Only of this region itself")] = None,
    organ: Annotated[UUID | None, Query(description="Only of this organ")] = None,
    list_kind: Annotated[Code | None, Query(description="Only about lists of this kind")] = None,
    milestone: Annotated[int | None, Query(ge=1, le=1_000, description="Only of this milestone")] = None,
    overdue: Annotated[bool | None, Query(description="Only open ones whose day is over, or only others")] = None,
    late: Annotated[bool | None, Query(description="Only those met late or overdue, or only others")] = None,
) -> Filters:
    return Filters(
        subject=subject, state=state, region_code=region_code, organ_id=organ, list_kind=list_kind,
        milestone=milestone, overdue=overdue, late=late,
    )  # fmt: skip


Chosen = Annotated[Filters, Depends(_filters)]


@of_campaign_router.get(
    "/{campaign_id}/obligations", operation_id="list_obligations", summary="What a campaign obliges whom to",
    response_model=Page[ObligationView],
)  # fmt: skip
async def list_obligations(
    tx: Unit, staff: Staff, campaign_id: UUID, chosen: Chosen, cursor: Cursor = None, limit: Limit = 50
) -> Page[ObligationView]:
    """各单位应完成事项，按时限先后；overdue=true 为逾期清单。"""
    await access.find(tx, staff, campaign_id)
    rows, following = await service.page(tx, staff, campaign_id, chosen, cursor=cursor, limit=limit)
    return Page(items=[view(row, tx.now) for row in rows], next=following)


@router.get("/{obligation_id}", operation_id="get_obligation", summary="One obligation", response_model=ObligationView)
async def get_obligation(tx: Unit, staff: Staff, obligation_id: ObligationId) -> Response:
    """一项应完成事项。"""
    return _answer(tx, await service.find(tx, staff, obligation_id))


@router.post(
    "/{obligation_id}/submit", operation_id="hand_in_document", summary="Hand in a plan, a summary or a document",
    response_model=ObligationView,
)  # fmt: skip
async def hand_in(
    tx: Unit, staff: Staff, obligation_id: ObligationId, given: HandedIn, if_match: IfMatch = None
) -> Response:
    """报送工作方案、工作总结、文件，或清单所须附带的文件（如落实措施）。"""
    return _answer(tx, await papers.hand_in(tx, staff, obligation_id, given, if_match))


@router.post(
    "/{obligation_id}/file", operation_id="file_obligation", summary="Record the receipt of a filing",
    response_model=ObligationView,
)  # fmt: skip
async def file(
    tx: Unit, staff: Staff, obligation_id: ObligationId, given: Receipt, if_match: IfMatch = None
) -> Response:
    """登记备案回执。"""
    return _answer(tx, await papers.file(tx, staff, obligation_id, given, if_match))


@router.post(
    "/{obligation_id}/return", operation_id="return_document", summary="Give a document back",
    response_model=ObligationView,
)  # fmt: skip
async def give_back(
    tx: Unit, staff: Staff, obligation_id: ObligationId, given: ObligationReason, if_match: IfMatch = None
) -> Response:
    """退回报送的文件，原时限不变。"""
    return _answer(tx, await papers.give_back(tx, staff, obligation_id, given.reason, if_match))


@router.post(
    "/{obligation_id}/waive", operation_id="waive_obligation", summary="Waive an obligation",
    response_model=ObligationView,
)  # fmt: skip
async def waive(
    tx: Unit, staff: Staff, obligation_id: ObligationId, given: ObligationReason, if_match: IfMatch = None
) -> Response:
    """免除一项应完成事项（如清单无须调整），须写明理由；单独统计，不算完成。"""
    return _answer(tx, await papers.waive(tx, staff, obligation_id, given.reason, if_match))


def _answer(tx: Unit, row: Row) -> Response:
    return with_etag(view(row, tx.now), row.version)
