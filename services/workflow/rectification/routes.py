"""HTTP of rectification orders."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.fields import RegionCode
from services.workflow.oversight.rules import sees_persons
from services.workflow.rectification import escalation, service
from services.workflow.rectification.schemas import (
    NewMeasure,
    NewOrder,
    NewReport,
    NewReturn,
    Order,
    OrderState,
    Origin,
    Reason,
    Severity,
    view,
)
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row

BASE = "/workflow/v1/rectification-orders"
router = transactional_router(prefix=BASE, tags=["rectification"])

OrderId = Annotated[UUID, Path(examples=["0197f3a0-0000-7000-8000-000000000034"])]


def _answer(tx: Transaction, row: Row, *, persons: bool = False) -> Response:
    """Answers to POST are kept for repeats, where every service reads them: no person is named in one."""
    return with_etag(view(row, tx.now, persons=persons), row.version)


async def _match(tx: Transaction, staff: Principal, order_id: UUID, if_match: str | None) -> None:
    if if_match is not None:
        require_match(if_match, (await service.get(tx, staff, order_id)).version)


@router.post("", operation_id="issue_rectification_order", summary="Order that something be put right",
             status_code=201, response_model=Order)  # fmt: skip
async def issue(tx: Unit, staff: Staff, given: NewOrder) -> Response:
    """对核查发现、经认定的变相许可、违规办件、投诉举报责令限期整改，写明整改方式和期限。"""
    row = await service.issue(tx, staff, given)
    return created(f"{BASE}/{row.id}", view(row, tx.now, persons=False), row.version)


@router.get("", operation_id="list_rectification_orders", summary="Rectification orders, the newest first")
async def orders(
    tx: Unit, staff: Staff,
    region: Annotated[RegionCode, Query(description="This region and all below it", examples=["130922000000"])],
    organ: Annotated[UUID | None, Query(description="Only of this organ; an organ's people name theirs")] = None,
    item: UUID | None = None, state: OrderState | None = None, severity: Severity | None = None,
    origin: Annotated[Origin | None, Query(description="What the order comes from")] = None,
    inspection: Annotated[UUID | None, Query(description="Only findings of this inspection")] = None,
    escalated: bool | None = None,
    overdue: Annotated[bool | None, Query(description="Not reported in time")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Order]:  # fmt: skip
    """整改台账：整改单位、方式、期限、证明材料和升级情况。"""
    filters = {"region": region, "organ": organ, "item": item, "state": state, "severity": severity, "origin": origin,
               "inspection": inspection, "escalated": escalated, "overdue": overdue}  # fmt: skip
    rows = await service.page(tx, staff, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row.id])
    shown = [view(row, tx.now, persons=sees_persons(staff, row.chain)) for row in found.items]
    return Page(items=shown, next=found.next)


@router.get("/{order_id}", operation_id="get_rectification_order", summary="One order", response_model=Order)
async def order(tx: Unit, staff: Staff, order_id: OrderId) -> Response:
    """一项整改及其全过程。"""
    row = await service.get(tx, staff, order_id)
    return _answer(tx, row, persons=sees_persons(staff, row.chain))


@router.post("/{order_id}/report", operation_id="report_rectification", summary="Say that it is done, with evidence",
             response_model=Order)  # fmt: skip
async def report(tx: Unit, staff: Staff, order_id: OrderId, given: NewReport, if_match: IfMatch = None) -> Response:
    """整改单位报送整改结果和证明材料，可附据以办理的动态调整。"""
    await _match(tx, staff, order_id, if_match)
    return _answer(tx, await service.report(tx, staff, order_id, given))


@router.post("/{order_id}/accept", operation_id="accept_rectification", summary="Accept that it was put right",
             response_model=Order)  # fmt: skip
async def accept(tx: Unit, staff: Staff, order_id: OrderId, given: Reason, if_match: IfMatch = None) -> Response:
    """核验通过，整改办结；停止实施、调整、完善依据的，以清单的现状为准。"""
    await _match(tx, staff, order_id, if_match)
    return _answer(tx, await service.accept(tx, staff, order_id, given.reason))


@router.post("/{order_id}/return", operation_id="return_rectification", summary="It is not put right yet",
             response_model=Order)  # fmt: skip
async def return_(tx: Unit, staff: Staff, order_id: OrderId, given: NewReturn, if_match: IfMatch = None) -> Response:
    """核验未通过，退回继续整改，写明所缺和新的期限。"""
    await _match(tx, staff, order_id, if_match)
    return _answer(tx, await service.return_(tx, staff, order_id, given))


@router.post("/{order_id}/withdraw", operation_id="withdraw_rectification_order", summary="Withdraw an order",
             response_model=Order)  # fmt: skip
async def withdraw(tx: Unit, staff: Staff, order_id: OrderId, given: Reason, if_match: IfMatch = None) -> Response:
    """撤销整改，写明理由。"""
    await _match(tx, staff, order_id, if_match)
    return _answer(tx, await service.withdraw(tx, staff, order_id, given.reason))


@router.post("/{order_id}/escalate", operation_id="escalate_rectification_order", summary="Take an order one level up",
             response_model=Order)  # fmt: skip
async def escalate(tx: Unit, staff: Staff, order_id: OrderId, given: Reason, if_match: IfMatch = None) -> Response:
    """提请上一级督办；逾期的由系统自动升级。"""
    await _match(tx, staff, order_id, if_match)
    row = await service.supervised(tx, staff, order_id, "escalate")
    if not await escalation.escalate(tx, [row], reason=given.reason):
        raise problems.Conflict("已无上一级可以提请。", code="no_level_above")
    return _answer(tx, await service.get(tx, staff, order_id))


@router.post("/{order_id}/measures", operation_id="hold_to_account", summary="Note who was held to account, and how",
             response_model=Order)  # fmt: skip
async def hold_to_account(
    tx: Unit, staff: Staff, order_id: OrderId, given: NewMeasure, if_match: IfMatch = None
) -> Response:
    """登记追责情况：通报批评、约谈、行政问责、移送；限于严重或已升级的整改，不对外公开。"""
    await _match(tx, staff, order_id, if_match)
    return _answer(tx, await service.hold_to_account(tx, staff, order_id, given))
