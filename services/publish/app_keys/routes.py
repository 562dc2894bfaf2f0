"""HTTP of appKeys: for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.publish.app_keys import repository, service
from services.publish.app_keys.schemas import AppKey, EndAppKey, KeyCode, NewAppKey, RegisteredAppKey
from shared.http.etag import created_with_secret
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/publish/v1/app-keys"
router = transactional_router(prefix=BASE, tags=["signed requests"])
Code = Annotated[KeyCode, Path(description="The appKey", examples=["qdk_5TzU0mQX1s2v"])]


@router.post("", operation_id="register_app_key", summary="Make an appKey for a service client", status_code=201,
             response_model=RegisteredAppKey)  # fmt: skip
async def register(tx: Unit, staff: Staff, given: NewAppKey) -> Response:
    """为接入系统发放签名密钥；密钥只显示这一次。更换密钥时先发放新的，再停用旧的。"""
    made = await service.register(tx, staff, given)
    return created_with_secret(f"{BASE}/{made.app_key}", made, "secret")


@router.get("", operation_id="list_app_keys", summary="appKeys")
async def keys(tx: Unit, staff: Staff, cursor: Cursor = None, limit: Limit = 50) -> Page[AppKey]:
    """所辖区划接入系统的 appKey，不含密钥。"""
    within = service.administered(staff)
    rows = await repository.page(tx.connection, within=within, after=_after(cursor), limit=limit + 1)
    return page_of([service.shown(row) for row in rows], limit, lambda one: [one.app_key])


@router.get("/{app_key}", operation_id="get_app_key", summary="One appKey")
async def key(tx: Unit, staff: Staff, app_key: Code) -> AppKey:
    """一个 appKey，不含密钥。"""
    return service.shown(await service.get(tx, staff, app_key))


@router.post("/{app_key}/end", operation_id="end_app_key", summary="End an appKey at once")
async def end(tx: Unit, staff: Staff, app_key: Code, given: EndAppKey) -> AppKey:
    """立即停用；之后以它签名的请求一律拒绝。"""
    return service.shown(await service.end(tx, staff, app_key, given.reason))


def _after(cursor: str | None) -> str:
    """The key behind which a page begins; a foreign cursor begins behind what it names."""
    return str(decode_cursor(cursor, 1)[0]) if cursor else ""
