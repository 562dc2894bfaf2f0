"""HTTP of claims and their plans."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.catalog import fields
from services.catalog.claims import repository, rules, service
from services.catalog.claims.plans import repository as plans
from services.catalog.claims.plans import service as planning
from services.catalog.claims.schemas import (
    Assignment,
    BulkResult,
    Chosen,
    Claim,
    Contact,
    DisputeDecision,
    Exclusion,
    Metric,
    Missing,
    NewContact,
    NewDispute,
    NewPlan,
    Plan,
    Refusal,
    State,
)
from services.catalog.fields import RegionText
from services.catalog.linkage.paging import instant_cursor
from services.catalog.records import after_id
from shared.http.etag import IfMatch, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction
from shared.statement import Row

router = transactional_router(prefix="/catalog/v1", tags=["claims"])

ClaimId = Annotated[UUID, Path(description="Id of the claim")]
KindName = Annotated[str | None, Query(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]
KindPath = Annotated[str, Path(max_length=63, pattern=r"^[a-z][a-z0-9_]*$", examples=["permit"])]
RegionPath = Annotated[RegionText, Path(description="Region", examples=["130922"])]
Within = Annotated[RegionText | None, Query(description="This region", examples=["130922"])]
Below = Annotated[bool, Query(description="And all regions below it")]


@router.get("/claims", operation_id="list_claims", summary="Claims of superiors' matters")
async def list_claims(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, region: Within = None, below: Below = False,
    kind: KindName = None, organ: UUID | None = None, state: State | None = None,
    handled: Annotated[bool | None, Query(description="Whether it is claimed and listed, or does not apply")] = None,
    pending: Annotated[bool | None, Query(description="Claimed, but the local entry is not complete")] = None,
    superior_item_id: UUID | None = None,
) -> Page[Claim]:  # fmt: skip
    """认领事项：待认领、已认领（含待完善）、不适用、有争议，按提出先后。"""
    filters = {
        "region": fields.region(region, "query/region") if region else None, "below": below, "list_kind": kind,
        "organ_id": organ, "state": state, "handled": handled, "pending": pending,
        "superior_item_id": superior_item_id,
    }  # fmt: skip
    rows = await repository.page(tx.connection, filters, after=instant_cursor(cursor), limit=limit + 1)
    return page_of([_shown(tx, row) for row in rows], limit, lambda one: [one.offered_at, one.id])


@router.get("/claims/metrics", operation_id="count_claims", summary="Claims counted by region, kind and organ")
async def count_claims(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, region: Within = None, below: Below = False,
    kind: KindName = None, organ: UUID | None = None,
) -> Page[Metric]:  # fmt: skip
    """认领率等指标：按区划、清单种类、单位统计。"""
    after = [str(one) for one in decode_cursor(cursor, 3)] if cursor else None
    filters = {"region": fields.region(region, "query/region") if region else None, "below": below,
               "list_kind": kind, "organ_id": organ}  # fmt: skip
    rows = await repository.metrics(tx.connection, filters, after=after, limit=limit + 1, now=tx.now)
    shown = [Metric(**row, rate=round((row.claimed + row.not_applicable) / row.total, 4)) for row in rows]
    return page_of(shown, limit, lambda one: [one.region_code, one.list_kind, str(one.organ_id or "")])


@router.get("/claims/{claim_id}", operation_id="get_claim", summary="One claim", response_model=Claim)
async def get_claim(tx: Unit, staff: Staff, claim_id: ClaimId) -> Response:
    """一项认领，含尚缺内容。"""
    row = await service.find(tx, claim_id)
    return with_etag(_shown(tx, row), row.version)


@router.post("/claims/claim", operation_id="claim_matters", summary="Claim matters, named ones or all offered")
async def claim_matters(tx: Unit, staff: Staff, body: Chosen) -> BulkResult:
    """认领：列明事项，或认领某单位全部待认领事项；逐项回复。"""
    return _bulk(await service.claim(tx, staff, body))


@router.post("/claims/exclude", operation_id="exclude_matters", summary="Say that matters do not apply, and why")
async def exclude_matters(tx: Unit, staff: Staff, body: Exclusion) -> BulkResult:
    """登记不适用，须说明理由；可批量用同一理由。"""
    return _bulk(await service.exclude(tx, staff, body))


@router.post("/claims/assign", operation_id="assign_claims", summary="Say which organ is to answer offers")
async def assign_claims(tx: Unit, staff: Staff, body: Assignment) -> BulkResult:
    """审改办或清单牵头单位将待认领事项分派给单位。"""
    return _bulk(await service.assign(tx, staff, body))


@router.post("/claims/{claim_id}/dispute", operation_id="dispute_claim", summary="Dispute whose matter it is",
             response_model=Claim)  # fmt: skip
async def dispute_claim(tx: Unit, staff: Staff, claim_id: ClaimId, body: NewDispute) -> Response:
    """对由谁承接提出争议，由政府裁定。"""
    row = await service.dispute(tx, staff, claim_id, body)
    return with_etag(_shown(tx, row), row.version)


@router.post("/claims/{claim_id}/decide", operation_id="decide_claim", summary="Record the decision of a dispute",
             response_model=Claim)  # fmt: skip
async def decide_claim(tx: Unit, staff: Staff, claim_id: ClaimId, body: DisputeDecision) -> Response:
    """登记政府对争议的裁定。"""
    row = await service.decide(tx, staff, claim_id, body)
    return with_etag(_shown(tx, row), row.version)


@router.post("/claims/{claim_id}/confirm", operation_id="confirm_claim", response_model=Claim,
             summary="Confirm that the superior's specification is followed")  # fmt: skip
async def confirm_claim(
    tx: Unit, staff: Staff, claim_id: ClaimId, body: NewContact, if_match: IfMatch = None
) -> Response:
    """确认已按上级现行规范更新办事指南等内容；带 If-Match 时只确认所读到的规范，上级其间又有变化的须重新核对。"""
    row = await service.confirm(tx, staff, claim_id, body, if_match)
    return with_etag(_shown(tx, row), row.version)


@router.post("/claims/{claim_id}/contacts", operation_id="add_claim_contact", status_code=201,
             summary="Record a contact with the superior")  # fmt: skip
async def add_contact(tx: Unit, staff: Staff, claim_id: ClaimId, body: NewContact) -> Contact:
    """登记与上级的对接情况。"""
    return Contact.model_validate(await service.contact(tx, staff, claim_id, body))


@router.get("/claims/{claim_id}/contacts", operation_id="list_claim_contacts", summary="Contacts with the superior")
async def list_contacts(
    tx: Unit, staff: Staff, claim_id: ClaimId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Contact]:
    """对接和确认记录。"""
    await service.find(tx, claim_id)
    rows = await repository.contacts(tx.connection, claim_id, after=after_id(cursor), limit=limit + 1)
    return page_of([Contact.model_validate(row) for row in rows], limit, lambda one: [one.id])


@router.get("/claim-plans", operation_id="list_claim_plans", summary="Which regions claim which kinds of list")
async def list_plans(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, region: Within = None, kind: KindName = None
) -> Page[Plan]:
    """认领方案：哪些区划认领哪些清单、期限、是否须全部办理后方可审定。"""
    first, second = decode_cursor(cursor, 2) if cursor else (None, None)
    filters = {"region_code": fields.region(region, "query/region") if region else None, "list_kind": kind}
    after = (str(first), str(second)) if cursor else None
    rows = await plans.page(tx.connection, filters, after=after, limit=limit + 1)
    return page_of([Plan(**row) for row in rows], limit, lambda one: [one.region_code, one.list_kind])


@router.put("/claim-plans/{region}/{kind}", operation_id="put_claim_plan", response_model=Plan,
            summary="Say which kind of list a region, and those below it, claim")  # fmt: skip
async def put_plan(
    tx: Unit, staff: Staff, region: RegionPath, kind: KindPath, body: NewPlan, if_match: IfMatch = None
) -> Response:
    """设定认领方案；新方案的 If-Match 为 "0"。"""
    row = await planning.put(tx, staff, region, kind, body, if_match)
    return with_etag(Plan(**row), row["version"])


def _shown(tx: Transaction, row: Row) -> Claim:
    pending = row.state == rules.CLAIMED and row.closed_at is None
    waits = pending or row.state in (rules.OFFERED, rules.DISPUTED)
    values: dict[str, Any] = dict(row)
    titles = zip(row.missing, rules.missing_titles(row.missing), strict=True)
    values["missing"] = [Missing(element=element, title=title) for element, title in titles]
    return Claim(**values, pending=pending, overdue=waits and row.due_at < tx.now)


def _bulk(result: tuple[int, list[service.Refused], bool]) -> BulkResult:
    done, refused, more = result
    return BulkResult(
        done=done, more=more,
        refused=[Refusal(claim_id=id_, code=code, message=message) for id_, code, message in refused],
    )  # fmt: skip
