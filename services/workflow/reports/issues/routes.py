"""HTTP of the issue log."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.campaigns import access
from services.workflow.reports.issues import repository, service
from services.workflow.reports.issues.schemas import IssueView, NewIssue, Resolution, Severity
from services.workflow.reports.repository import Overseer
from shared.http.etag import IfMatch, created, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/workflow/v1/campaign-issues"
router = transactional_router(prefix=BASE, tags=["campaigns"])
of_campaign_router = transactional_router(prefix="/workflow/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
IssueId = Annotated[UUID, Path(description="Id of the issue, which is that of its task")]


@of_campaign_router.post(
    "/{campaign_id}/issues", operation_id="report_issue", summary="Report a major problem", status_code=201,
    response_model=IssueView,
)  # fmt: skip
async def report_issue(tx: Unit, staff: Staff, campaign_id: CampaignId, given: NewIssue) -> Response:
    """及时报告重大问题，直接转统筹协调组。"""
    row = await service.report(tx, staff, campaign_id, given)
    return created(f"{BASE}/{row.id}", IssueView.model_validate(dict(row)), row.version)


@of_campaign_router.get(
    "/{campaign_id}/issues", operation_id="list_issues", summary="The issue log of a campaign",
    response_model=Page[IssueView],
)  # fmt: skip
async def list_issues(
    tx: Unit,
    staff: Staff,
    campaign_id: CampaignId,
    state: Annotated[Literal["open", "resolved"] | None, Query(description="Only in this state")] = None,
    severity: Annotated[Severity | None, Query(description="Only of this severity")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[IssueView]:
    """问题台账，按时间倒序。"""
    await access.find(tx, staff, campaign_id)
    rows = await repository.page(
        tx.connection, campaign_id, Overseer.of(staff, access.OVERSEEING), actor=staff.actor, state=state,
        severity=severity, before=id_of(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([IssueView.model_validate(dict(row)) for row in rows], limit, lambda each: [str(each.id)])


@router.get("/{issue_id}", operation_id="get_issue", summary="One issue", response_model=IssueView)
async def get_issue(tx: Unit, staff: Staff, issue_id: IssueId) -> Response:
    """一个问题及其解决情况。"""
    row = await service.find(tx, staff, issue_id)
    return with_etag(IssueView.model_validate(dict(row)), row.version)


@router.post("/{issue_id}/resolve", operation_id="resolve_issue", summary="Solve an issue", response_model=IssueView)
async def resolve_issue(
    tx: Unit, staff: Staff, issue_id: IssueId, given: Resolution, if_match: IfMatch = None
) -> Response:
    """登记问题的解决结果。"""
    row = await service.resolve(tx, staff, issue_id, given.resolution, if_match)
    return with_etag(IssueView.model_validate(dict(row)), row.version)
