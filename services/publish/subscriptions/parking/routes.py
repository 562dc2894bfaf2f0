"""HTTP of parking: which events were put aside; put one aside, send it again, drop it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from services.publish.subscriptions import service as subscriptions
from services.publish.subscriptions.parking import repository, service
from services.publish.subscriptions.reading.routes import MOST_SEQUENCE
from services.publish.subscriptions.routes import SubscriptionId
from services.publish.subscriptions.schemas import ParkedDelivery
from shared.http.pages import Cursor, Limit, Page, number_of, page_of
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/subscriptions/{subscription_id}", tags=["subscriptions"])

Number = Annotated[int, Path(ge=1, le=MOST_SEQUENCE, description="Number in this subscription", examples=[121])]


@router.get("/parked", operation_id="list_parked_deliveries", summary="Events that were put aside")
async def list_parked_deliveries(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, limit: Limit = 50, cursor: Cursor = None
) -> Page[ParkedDelivery]:
    """已搁置的编号：已试次数、原因、由谁搁置。"""
    row = await subscriptions.find(tx, caller, subscription_id)
    after = number_of(cursor, most=MOST_SEQUENCE)
    found = await repository.page(tx.connection, row.id, after=after, limit=limit + 1)
    return page_of([ParkedDelivery(**one) for one in found], limit, lambda one: [one.sequence])


@router.post("/deliveries/{sequence}/park", operation_id="park_delivery", summary="Put an event aside",
             status_code=204)  # fmt: skip
async def park_delivery(tx: Unit, caller: Caller, subscription_id: SubscriptionId, sequence: Number) -> Response:
    """搁置一个接收方无法接收的事件：同一事项的后续变更继续推送。"""
    row = await subscriptions.find(tx, caller, subscription_id, lock=True)
    await service.park(tx, caller, row, sequence)
    return Response(status_code=204)


@router.post("/parked/{sequence}/resend", operation_id="resend_parked_delivery", summary="Send a parked event again",
             status_code=204)  # fmt: skip
async def resend_parked_delivery(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, sequence: Number
) -> Response:
    """重新推送已搁置的事件：编号和标识不变。"""
    await service.resend(tx, await subscriptions.find(tx, caller, subscription_id, lock=True), sequence)
    return Response(status_code=204)


@router.delete("/parked/{sequence}", operation_id="drop_parked_delivery", summary="Do without a parked event",
               status_code=204)  # fmt: skip
async def drop_parked_delivery(tx: Unit, caller: Caller, subscription_id: SubscriptionId, sequence: Number) -> Response:
    """放弃已搁置的事件：不再自动推送。"""
    await service.drop(tx, await subscriptions.find(tx, caller, subscription_id, lock=True), sequence)
    return Response(status_code=204)
