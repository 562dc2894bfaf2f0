"""HTTP of the issue log."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.responses import Response

from services.workflow.campaigns import access
from services.workflow.fields import RegionCode
from services.workflow.reports.issues import repository, service
from services.workflow.reports.issues.repository import Filters
from services.workflow.reports.issues.schemas import (
    Assignment,
    IssueView,
    NewIssue,
    Reopening,
    Resolution,
    Severity,
    view,
)
from services.workflow.reports.repository import Overseer
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.statement import Row

BASE = "/workflow/v1/campaign-issues"
router = transactional_router(prefix=BASE, tags=["campaigns"])
of_campaign_router = transactional_router(prefix="/workflow/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
IssueId = Annotated[UUID, Path(description="Id of the issue, which is that of its task")]


def _filters(
    state: Annotated[Literal["open", "resolved"] | None, Query(description="Only in this state")] = None,
    severity: Annotated[Severity | None, Query(description="Only of this severity")] = None,
    overdue: Annotated[bool | None, Query(description="Only open ones whose day is over, or only others")] = None,
    owner: Annotated[UUID | None, Query(description="Only those this organ has to solve")] = None,
    list_id: Annotated[UUID | None, Query(description="Only about this list")] = None,
    region_code: Annotated[RegionCode | None, Query(description="Only of this region and those below it")] = None,
) -> Filters:
    return Filters(
        state=state, severity=severity, overdue=overdue, owner_id=owner, list_id=list_id, region_code=region_code
    )


Chosen = Annotated[Filters, Depends(_filters)]


@of_campaign_router.post(
    "/{campaign_id}/issues", operation_id="report_issue", summary="Report a major problem of a campaign",
    status_code=201, response_model=IssueView,
)  # fmt: skip
async def report_issue(tx: Unit, staff: Staff, campaign_id: CampaignId, given: NewIssue) -> Response:
    """及时报告重大问题，直接转统筹协调组。"""
    row = await service.report(tx, staff, campaign_id, given)
    return created(f"{BASE}/{row.id}", view(row, tx.now), row.version)


@of_campaign_router.get(
    "/{campaign_id}/issues", operation_id="list_issues", summary="The issue log of a campaign",
    response_model=Page[IssueView],
)  # fmt: skip
async def list_issues(
    tx: Unit, staff: Staff, campaign_id: CampaignId, chosen: Chosen, cursor: Cursor = None, limit: Limit = 50
) -> Page[IssueView]:
    """专项工作的问题台账，按时间倒序；overdue=true 为逾期未解决的。"""
    await access.find(tx, staff, campaign_id)
    return await _page(tx, staff, Filters(**(vars(chosen) | {"campaign_id": campaign_id})), cursor, limit)


@router.post(
    "", operation_id="report_daily_issue", summary="Report a major problem of daily work", status_code=201,
    response_model=IssueView,
)  # fmt: skip
async def report_daily_issue(tx: Unit, staff: Staff, given: NewIssue) -> Response:
    """报告清单日常管理中的重大问题，转本级审改办。"""
    row = await service.report_daily(tx, staff, given)
    return created(f"{BASE}/{row.id}", view(row, tx.now), row.version)


@router.get("", operation_id="list_all_issues", summary="The issue log", response_model=Page[IssueView])
async def list_all_issues(
    tx: Unit, staff: Staff, chosen: Chosen, cursor: Cursor = None, limit: Limit = 50
) -> Page[IssueView]:
    """问题台账：专项工作和日常管理中的重大问题，责任单位、时限和解决结果；overdue=true 为逾期未解决的。"""
    return await _page(tx, staff, chosen, cursor, limit)


@router.get("/{issue_id}", operation_id="get_issue", summary="One issue", response_model=IssueView)
async def get_issue(tx: Unit, staff: Staff, issue_id: IssueId) -> Response:
    """一个问题及其解决情况。"""
    return _answer(tx, await service.find(tx, staff, issue_id))


@router.post("/{issue_id}/assign", operation_id="assign_issue", summary="Say who solves it", response_model=IssueView)
async def assign_issue(
    tx: Unit, staff: Staff, issue_id: IssueId, given: Assignment, if_match: IfMatch = None
) -> Response:
    """明确责任单位和解决时限。"""
    return _answer(tx, await service.assign(tx, staff, issue_id, given, if_match))


@router.post("/{issue_id}/resolve", operation_id="resolve_issue", summary="Solve an issue", response_model=IssueView)
async def resolve_issue(
    tx: Unit, staff: Staff, issue_id: IssueId, given: Resolution, if_match: IfMatch = None
) -> Response:
    """登记问题的解决结果。"""
    return _answer(tx, await service.resolve(tx, staff, issue_id, given.resolution, if_match))


@router.post("/{issue_id}/reopen", operation_id="reopen_issue", summary="Open it again", response_model=IssueView)
async def reopen_issue(
    tx: Unit, staff: Staff, issue_id: IssueId, given: Reopening, if_match: IfMatch = None
) -> Response:
    """问题未真正解决的，重新列入台账并另定时限。"""
    return _answer(tx, await service.reopen(tx, staff, issue_id, given, if_match))


async def _page(tx: Unit, staff: Staff, chosen: Filters, cursor: str | None, limit: int) -> Page[IssueView]:
    overseer = Overseer.of(staff, access.OVERSEEING)
    before = id_of(cursor)
    rows = await repository.page(
        tx.connection, overseer, chosen, actor=staff.actor, now=tx.now, before=before, limit=limit + 1
    )
    return page_of([view(row, tx.now) for row in rows], limit, lambda each: [str(each.id)])


def _answer(tx: Unit, row: Row) -> Response:
    return with_etag(view(row, tx.now), row.version)
