"""HTTP of subscriptions: for service clients with the scope `subscriptions`, and for the nation's administrator."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from services.publish.subscriptions import registry, repository, rotation, service
from services.publish.subscriptions.rules import State
from services.publish.subscriptions.schemas import (
    Change,
    Content,
    EventType,
    EventTypes,
    NewSecret,
    NewSubscription,
    OpenedSubscription,
    Rotation,
    Subscription,
)
from shared.http.etag import IfMatch, created_with_secret, require_match, with_etag
from shared.http.pages import ONE_PAGE, Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Caller, Unit, transactional_router
from shared.statement import Row

router = transactional_router(prefix="/publish/v1", tags=["subscriptions"])

_EXAMPLE = "0197f3a0-0000-7000-8000-000000000021"
SubscriptionId = Annotated[UUID, Path(description="Subscription", examples=[_EXAMPLE])]
SecretId = Annotated[UUID, Path(description="Secret", examples=[_EXAMPLE])]


@router.get(
    "/event-types", operation_id="list_event_types", summary="Event types that leave the house", dependencies=[ONE_PAGE]
)
async def list_event_types() -> EventTypes:
    """事件类型登记表：名称、说明和数据结构；以及可供筛选的调整类型。"""
    fields = EventType.model_fields
    types = [EventType(**{name: getattr(one, name) for name in fields}) for one in registry.TYPES]
    return EventTypes(items=types, changes=[Change(code=code, title=title) for code, title in registry.CHANGES.items()])


@router.post("/subscriptions", operation_id="create_subscription", summary="Open a subscription", status_code=201,
             response_model=OpenedSubscription)  # fmt: skip
async def create_subscription(tx: Unit, caller: Caller, body: NewSubscription) -> Response:
    """新建订阅；签名密钥只在此次应答中出现。"""
    subscription_id, secret = await service.open_(tx, caller, body)
    shown = await _one(tx, await service.find(tx, caller, subscription_id))
    opened = OpenedSubscription.model_construct(**dict(shown), secret=secret)
    return created_with_secret(f"{_ADDRESS}/{subscription_id}", opened, "secret", shown.version)


@router.get("/subscriptions", operation_id="list_subscriptions", summary="Subscriptions")
async def list_subscriptions(
    tx: Unit, caller: Caller, limit: Limit = 50, cursor: Cursor = None, state: State | None = None
) -> Page[Subscription]:
    """本系统的订阅；全国管理员可见全部。"""
    owner = service.owner_seen(caller, changes=False)
    after = id_of(cursor) or service.FIRST
    rows = await repository.search(tx.connection, owner=owner, state=state, after=after, limit=limit + 1)
    return page_of(await service.shown(tx, rows), limit, lambda one: [one.id])


@router.get("/subscriptions/{subscription_id}", operation_id="get_subscription", summary="One subscription",
            response_model=Subscription)  # fmt: skip
async def get_subscription(tx: Unit, caller: Caller, subscription_id: SubscriptionId) -> Response:
    """订阅的条件、进度和推送状况。"""
    return await _answer(tx, await service.find(tx, caller, subscription_id))


@router.put("/subscriptions/{subscription_id}", operation_id="update_subscription", summary="Change a subscription",
            response_model=Subscription)  # fmt: skip
async def update_subscription(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, body: Content, if_match: IfMatch = None
) -> Response:
    """修改名称、地址或条件；条件变更会作为事件写入推送流。"""
    row = await service.find(tx, caller, subscription_id, lock=True)
    require_match(if_match, row.version)
    await service.change(tx, row, body)
    return await _answer(tx, await service.find(tx, caller, subscription_id))


@router.delete(
    "/subscriptions/{subscription_id}", operation_id="delete_subscription", summary="End a subscription",
    status_code=204,
)  # fmt: skip
async def delete_subscription(tx: Unit, caller: Caller, subscription_id: SubscriptionId) -> Response:
    """取消订阅：不再推送，密钥作废。"""
    await service.end(tx, await service.find(tx, caller, subscription_id, lock=True))
    return Response(status_code=204)


@router.post("/subscriptions/{subscription_id}/pause", operation_id="pause_subscription",
             summary="Stop sending for a time", response_model=Subscription)  # fmt: skip
async def pause_subscription(tx: Unit, caller: Caller, subscription_id: SubscriptionId) -> Response:
    """暂停推送；位置保留，不会漏掉任何变更。"""
    await service.pause(tx, await service.find(tx, caller, subscription_id, lock=True))
    return await _answer(tx, await service.find(tx, caller, subscription_id))


@router.post("/subscriptions/{subscription_id}/resume", operation_id="resume_subscription",
             summary="Go on after a pause or a fault", response_model=Subscription)  # fmt: skip
async def resume_subscription(tx: Unit, caller: Caller, subscription_id: SubscriptionId) -> Response:
    """恢复推送：从最早未确认的编号继续。"""
    await service.resume(tx, await service.find(tx, caller, subscription_id, lock=True))
    return await _answer(tx, await service.find(tx, caller, subscription_id))


@router.post("/subscriptions/{subscription_id}/secrets", operation_id="rotate_subscription_secret",
             summary="Replace the signing secret", status_code=201, response_model=NewSecret)  # fmt: skip
async def rotate_subscription_secret(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, body: Rotation
) -> Response:
    """更换签名密钥；重叠期内新旧密钥同时签名。"""
    row = await service.find(tx, caller, subscription_id, lock=True)
    made = await rotation.rotate(tx, row, body)
    return created_with_secret(f"{_ADDRESS}/{subscription_id}/secrets/{made.id}", made, "secret")


@router.delete("/subscriptions/{subscription_id}/secrets/{secret_id}", operation_id="revoke_subscription_secret",
               summary="End a replaced secret at once", status_code=204)  # fmt: skip
async def revoke_subscription_secret(
    tx: Unit, caller: Caller, subscription_id: SubscriptionId, secret_id: SecretId
) -> Response:
    """立即停用已被替换的旧密钥。"""
    await rotation.revoke(tx, await service.find(tx, caller, subscription_id, lock=True), secret_id)
    return Response(status_code=204)


_ADDRESS = "/publish/v1/subscriptions"


async def _one(tx: Unit, row: Row) -> Subscription:
    (shown,) = await service.shown(tx, [row])
    return shown


async def _answer(tx: Unit, row: Row) -> Response:
    shown = await _one(tx, row)
    return with_etag(shown, shown.version)
