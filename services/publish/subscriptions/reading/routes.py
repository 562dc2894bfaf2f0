"""HTTP of reading a subscription: its events by number, its delivery log, tests."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from services.publish.portal import cloud_events
from services.publish.subscriptions import service as subscriptions
from services.publish.subscriptions.reading import repository, service
from services.publish.subscriptions.routes import SubscriptionId
from services.publish.subscriptions.schemas import Attempt, Delivery
from shared.http.documents import responses
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, id_of, number_of, page_of
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/publish/v1/subscriptions/{subscription_id}", tags=["subscriptions"])

MOST_SEQUENCE = 2**63 - 1_000
Sequence = Annotated[int, Query(ge=0, le=MOST_SEQUENCE)]
AttemptId = Annotated[UUID, Path(description="Attempt", examples=["0197f3a0-0000-7000-8000-000000000022"])]
_EVENT = {
    "specversion": "1.0",
    "id": "0197f3a0-0000-7000-8000-000000000041",
    "source": "/publish/v1/lists/0197f3a0-0000-7000-8000-000000000042",
    "type": "cn.qingdan.item.withdrawn.v1",
    "subject": "permit/0197f3a0-0000-7000-8000-000000000043",
    "time": "2026-03-02T09:00:00+08:00",
    "sequence": "00000000000000000121",
}
_BATCH: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, oldest first; `Qingdan-Next` is the `after` of the next request",
        "content": {
            cloud_events.MEDIA_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}, "example": [_EVENT]}
        },
    },
    **responses(410),
}


@router.get("/events", operation_id="read_subscription_events", summary="Events after a number",
            response_class=Response, responses=_BATCH)  # fmt: skip
async def read_subscription_events(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, after: Sequence = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="Events an answer")] = 100,
) -> Response:  # fmt: skip
    """按编号读取事件：与推送的内容、编号和标识相同。"""
    row = await subscriptions.find(tx, caller, subscription_id)
    made, last = await service.after(tx, row, after, limit)
    headers = {"Qingdan-Next": str(last), "Cache-Control": "no-store"}
    return Response(b"[" + b",".join(made) + b"]", media_type=cloud_events.MEDIA_TYPE, headers=headers)


@router.get("/deliveries", operation_id="list_subscription_deliveries", summary="What is not acknowledged yet")
async def list_subscription_deliveries(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, limit: Limit = 50, cursor: Cursor = None,
    state: Annotated[Literal["all", "failing"], Query(description="`failing`: tried in vain")] = "all",
) -> Page[Delivery]:  # fmt: skip
    """尚未确认的推送：编号、已试次数、下次时间和原因。"""
    row = await subscriptions.find(tx, caller, subscription_id)
    found = await repository.deliveries(
        tx.connection, row.id, after=number_of(cursor, most=MOST_SEQUENCE), failing=state == "failing", limit=limit + 1
    )
    return page_of([Delivery(**one) for one in found], limit, lambda one: [one.sequence])


@router.get("/attempts", operation_id="list_subscription_attempts", summary="Delivery log, the newest first")
async def list_subscription_attempts(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, limit: Limit = 50, cursor: Cursor = None,
    outcome: Literal["delivered", "failed"] | None = None,
    sequence: Annotated[int | None, Query(ge=1, le=MOST_SEQUENCE, description="Of this number")] = None,
) -> Page[Attempt]:  # fmt: skip
    """推送记录：每次尝试发出的请求头、正文摘要，以及收到的状态、应答头和应答开头。"""
    row = await subscriptions.find(tx, caller, subscription_id)
    found = await repository.attempts(
        tx.connection, row.id, outcome=outcome, sequence=sequence, before=id_of(cursor), limit=limit + 1
    )
    return page_of([service.shown(one) for one in found], limit, lambda one: [one.id])


@router.get("/attempts/{attempt_id}", operation_id="get_subscription_attempt", summary="One attempt")
async def get_subscription_attempt(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, attempt_id: AttemptId
) -> Attempt:
    """一次推送或测试的结果。"""
    row = await subscriptions.find(tx, caller, subscription_id)
    return service.shown(await service.attempt(tx, row, attempt_id))


@router.post("/test", operation_id="test_subscription", summary="Send a test event", status_code=202,
             response_model=Attempt)  # fmt: skip
async def test_subscription(tx: Unit, caller: Caller, subscription_id: SubscriptionId) -> Response:
    """推送一个测试事件（不占编号）；结果见 Location 所指的推送记录。"""
    row = await subscriptions.find(tx, caller, subscription_id, changes=True)
    attempt_id = await service.test(tx, row)
    found = service.shown(await service.attempt(tx, row, attempt_id))
    return created(f"/publish/v1/subscriptions/{row.id}/attempts/{attempt_id}", found, status=202)
