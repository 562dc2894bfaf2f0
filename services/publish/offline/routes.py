"""HTTP of offline exchange: for administrators; auditors may look."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query, Request
from starlette.responses import Response

from services.publish.offline import making, receiving, repository, service
from services.publish.offline.schemas import (
    NewPackage,
    NewPartner,
    Package,
    Partner,
    PartnerChange,
    PartnerStatus,
    Taken,
)
from services.publish.offline.uploads import service as uploads
from services.publish.platform.peers.schemas import PeerCode
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE, RECEIVED = "/publish/v1/offline-partners", "/publish/v1/received-packages"
MEDIA_TYPE = "application/zip"
router = transactional_router(prefix=BASE, tags=["offline"])
receiving_router = transactional_router(prefix=RECEIVED, tags=["offline"])
Code = Annotated[PeerCode, Path(description="Code of the partner", examples=["inner"])]
Serial = Annotated[int, Path(ge=1, le=2**31 - 1, description="Serial number of the package", examples=[7])]
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_ZIP: dict[str, Any] = {"content": {MEDIA_TYPE: {"schema": _FILE, "example": "PK…"}}}
_LAST = datetime(9999, 1, 1, tzinfo=UTC)


@router.post(
    "", operation_id="register_offline_partner", summary="Register a partner of offline exchange", status_code=201,
    response_model=Partner,
)  # fmt: skip
async def register(tx: Unit, staff: Staff, given: NewPartner) -> Response:
    """登记隔离网络中的交换对象：公钥、发给它的清单、用来同步其清单的空清单。"""
    row = await service.register(tx, staff, given)
    (shown,) = await service.shown(tx, [row])
    return created(f"{BASE}/{row['code']}", shown, row["version"])


@router.get("", operation_id="list_offline_partners", summary="Partners of offline exchange")
async def partners(tx: Unit, staff: Staff, cursor: Cursor = None, limit: Limit = 50) -> Page[Partner]:
    """本人可以查看的离线交换对象。"""
    after = str(decode_cursor(cursor, 1)[0]) if cursor else ""
    found, following = await service.visible(tx, staff, after=after, limit=limit)
    return Page(items=await service.shown(tx, found), next=encode_cursor([following]) if following else None)


@router.get(
    "/{code}", operation_id="get_offline_partner", summary="One partner of offline exchange", response_model=Partner
)
async def partner(tx: Unit, staff: Staff, code: Code) -> Response:
    """一个离线交换对象的登记内容。"""
    row = await service.get(tx, staff, code)
    (shown,) = await service.shown(tx, [row])
    return with_etag(shown, row["version"])


@router.put(
    "/{code}", operation_id="change_offline_partner", summary="Change a partner of offline exchange",
    response_model=Partner,
)  # fmt: skip
async def change(tx: Unit, staff: Staff, code: Code, given: PartnerChange, if_match: IfMatch = None) -> Response:
    """修改登记内容；新增的清单随下一个全量包发出。"""
    row = await service.get(tx, staff, code, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, given)
    (shown,) = await service.shown(tx, [changed])
    return with_etag(shown, changed["version"])


@router.get("/{code}/status", operation_id="get_offline_status", summary="How far the offline exchange is")
async def status(tx: Unit, staff: Staff, code: Code) -> PartnerStatus:
    """已导出、已导入、已回执到第几号包，还有多少变更未导出。"""
    return await service.status(tx, staff, code)


@router.get("/{code}/packages", operation_id="list_offline_packages", summary="Packages in both directions")
async def packages(tx: Unit, staff: Staff, code: Code, cursor: Cursor = None, limit: Limit = 50) -> Page[Package]:
    """导出和导入过的包，最近的在前。"""
    row = await service.get(tx, staff, code)
    before, serial = _place(cursor)
    found = await repository.packages(tx.connection, row["id"], before=before, serial=serial, limit=limit + 1)
    return page_of([Package.model_validate(dict(one)) for one in found], limit, lambda one: [one.made_at, one.serial])


@router.post(
    "/{code}/packages", operation_id="make_offline_package", summary="Make the next package", status_code=202,
    response_model=Started,
)  # fmt: skip
async def make(tx: Unit, staff: Staff, code: Code, given: NewPackage) -> Response:
    """导出下一个签名的离线包（条目或回执）；结果中有取包地址。"""
    row = await service.administered(tx, staff, code)
    return accepted("publish", await making.start(tx, row, given.model_dump()))


@router.get(
    "/{code}/packages/{serial}", operation_id="fetch_offline_package", summary="The newest package, as a file",
    response_class=Response, responses={200: {"description": "Signed zip of JSON Lines (docs/offline.md)", **_ZIP}},
)  # fmt: skip
async def fetch(tx: Unit, staff: Staff, code: Code, serial: Serial) -> Response:
    """取最近导出的包；其中内容已不再公开的不能再取。"""
    content = await service.fetch(tx, staff, code, serial)
    name = f"qingdan-{code}-{serial:06d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


@receiving_router.post(
    "", operation_id="receive_offline_package", summary="Hand in a package of a partner", response_model=Taken,
    openapi_extra={"requestBody": {"required": True, **_ZIP}},
    responses={202: {"model": Started, "description": "A large one, which the worker takes in (docs/offline.md)"}},
)  # fmt: skip
async def receive(
    request: Request, tx: Unit, staff: Staff,
    partner: Annotated[PeerCode, Query(description="Code of the partner it comes from", examples=["inner"])],
) -> Taken | Response:  # fmt: skip
    """导入离线包：签名、编号、散列全部核对后一次导入；重复导入不产生变化。较大的包核对签名和编号后转后台导入。"""
    row = await service.administered(tx, staff, partner)
    content = await request.body()
    operation_id = await uploads.start(tx, row, content)
    if operation_id is not None:
        return accepted("publish", operation_id)
    return Taken.model_validate(await receiving.take(tx, row, content))


def _place(cursor: str | None) -> tuple[datetime, int]:
    if cursor is None:
        return _LAST, 0
    at, serial = decode_cursor(cursor, 2)
    try:
        before = datetime.fromisoformat(str(at))
    except ValueError:
        before, serial = _LAST, None
    if before.tzinfo is None or type(serial) is not int or not 0 <= serial < 2**31:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])
    return before, serial
