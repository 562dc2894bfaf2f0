"""HTTP of the peers: for administrators; auditors may look."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.platform.catalogue import repository as catalogue
from services.publish.platform.feedback import repository as feedback
from services.publish.platform.mapping import Mapping
from services.publish.platform.peers import service
from services.publish.platform.peers.schemas import (
    FeedbackMessage,
    NewComparison,
    NewPeer,
    Peer,
    PeerChange,
    PeerCode,
    PeerRow,
    PeerStatus,
    PulledEntry,
    RowState,
)
from services.publish.platform.rows import repository as rows
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

BASE = "/publish/v1/peers"
router = transactional_router(prefix=BASE, tags=["platforms"])
ItemId = Annotated[UUID, Path(description="Id of the item", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
Code = Annotated[PeerCode, Path(description="Code of the platform", examples=["hebei"])]


@router.post("", operation_id="register_peer", summary="Register a platform", status_code=201, response_model=Peer)
async def register(tx: Unit, staff: Staff, given: NewPeer) -> Response:
    """登记要交换的政务服务平台；登记后即开始推送已公布的事项。"""
    row = await service.register(tx, staff, given)
    return created(f"{BASE}/{row['code']}", Peer.of(row), row["version"])


@router.get("", operation_id="list_peers", summary="Platforms")
async def peers(tx: Unit, staff: Staff, cursor: Cursor = None, limit: Limit = 50) -> Page[Peer]:
    """本人可以查看的平台。"""
    found, following = await service.visible(tx, staff, after=_text(cursor), limit=limit)
    return Page(items=[Peer.of(row) for row in found], next=encode_cursor([following]) if following else None)


@router.get("/{code}", operation_id="get_peer", summary="One platform", response_model=Peer)
async def peer(tx: Unit, staff: Staff, code: Code) -> Response:
    """一个平台的登记内容。"""
    row = await service.get(tx, staff, code)
    return with_etag(Peer.of(row), row["version"])


@router.put("/{code}", operation_id="change_peer", summary="Change a platform", response_model=Peer)
async def change(tx: Unit, staff: Staff, code: Code, given: PeerChange, if_match: IfMatch = None) -> Response:
    """修改平台的登记内容；新增的清单从头推送。"""
    row = await service.get(tx, staff, code, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, given)
    return with_etag(Peer.of(changed), changed["version"])


@router.get(
    "/{code}/mapping", operation_id="get_peer_mapping", summary="Mapping profile of a platform", response_model=Mapping
)
async def mapping(tx: Unit, staff: Staff, code: Code) -> Response:
    """平台的对照方案：要素与列、代码的对应。"""
    row = await service.get(tx, staff, code)
    return with_etag(Mapping.model_validate(row["mapping"]), row["version"])


@router.put(
    "/{code}/mapping", operation_id="set_peer_mapping", summary="Replace a mapping profile", response_model=Mapping
)
async def set_mapping(tx: Unit, staff: Staff, code: Code, given: Mapping, if_match: IfMatch = None) -> Response:
    """更换对照方案；保存前检查。更换后请做一次带修复的比对。"""
    row = await service.get(tx, staff, code, lock=True)
    require_match(if_match, row["version"])
    changed = await service.set_mapping(tx, staff, row, given)
    return with_etag(Mapping.model_validate(changed["mapping"]), changed["version"])


@router.post("/{code}/pause", operation_id="pause_peer", summary="Pause the exchange", response_model=Peer)
async def pause(tx: Unit, staff: Staff, code: Code) -> Response:
    """暂停交换；未推送的变更保留。"""
    row = await service.set_state(tx, staff, code, "paused")
    return with_etag(Peer.of(row), row["version"])


@router.post("/{code}/resume", operation_id="resume_peer", summary="Resume the exchange", response_model=Peer)
async def resume(tx: Unit, staff: Staff, code: Code) -> Response:
    """恢复交换，从暂停处继续。"""
    row = await service.set_state(tx, staff, code, "active")
    return with_etag(Peer.of(row), row["version"])


@router.get("/{code}/status", operation_id="get_peer_status", summary="How the exchange stands")
async def status(tx: Unit, staff: Staff, code: Code) -> PeerStatus:
    """积压、最早未推送时间、最近成功时间、各状态行数。"""
    return await service.status(tx, staff, code)


@router.get("/{code}/rows", operation_id="list_peer_rows", summary="Rows in a state, with the platform's remarks")
async def peer_rows(
    tx: Unit, staff: Staff, code: Code, state: Annotated[RowState, Query(description="State")] = "rejected",
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[PeerRow]:  # fmt: skip
    """按状态列出推送的行及平台意见。"""
    row = await service.get(tx, staff, code)
    found = await rows.page(tx.connection, row["id"], state, after=_item(cursor), limit=limit + 1)
    return page_of(
        [PeerRow.model_validate(dict(one)) for one in found], limit, lambda one: [one.item_id, one.task_version]
    )


@router.get("/{code}/feedback", operation_id="list_peer_feedback", summary="Messages of the platform's quality control")
async def messages(
    tx: Unit, staff: Staff, code: Code,
    unmatched: Annotated[bool, Query(description="Only those about rows that are not ours")] = False,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[FeedbackMessage]:  # fmt: skip
    """平台反馈的数据质量问题；对不上行的也保留。"""
    row = await service.get(tx, staff, code)
    found = await feedback.page(tx.connection, row["id"], unmatched=unmatched, after=_text(cursor), limit=limit + 1)
    return page_of([FeedbackMessage.model_validate(dict(one)) for one in found], limit, lambda one: [one.feedback_id])


@router.get("/{code}/catalogue", operation_id="list_pulled_entries", summary="Entries of the platform's catalogue")
async def pulled(
    tx: Unit, staff: Staff, code: Code,
    refused: Annotated[bool, Query(description="Only those that could not be mirrored")] = False,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[PulledEntry]:  # fmt: skip
    """从平台取得的目录事项；不能采用的写明原因。"""
    row = await service.get(tx, staff, code)
    found = await catalogue.page(tx.connection, row["id"], refused=refused, after=_text(cursor), limit=limit + 1)
    return page_of([PulledEntry.model_validate(dict(one)) for one in found], limit, lambda one: [one.external_id])


@router.post(
    "/{code}/comparisons", operation_id="compare_peer", summary="Compare with everything the platform holds",
    status_code=202, response_model=Started,
)  # fmt: skip
async def compare(tx: Unit, staff: Staff, code: Code, given: NewComparison) -> Response:
    """与平台全量比对，可同时修复；结果见操作。"""
    return accepted("publish", await service.compare(tx, staff, code, given))


@router.post(
    "/{code}/full-push", operation_id="push_peer_in_full", summary="Send everything published again",
    status_code=202, response_model=Started,
)  # fmt: skip
async def push_in_full(tx: Unit, staff: Staff, code: Code) -> Response:
    """全量推送：平台应有的事项全部重新推送；进度见操作，中断后自动接续。"""
    return accepted("publish", await service.push_in_full(tx, staff, code))


@router.post(
    "/{code}/rows/{item_id}/retry", operation_id="retry_peer_row", summary="Send one item again",
    response_model=PeerRow,
)  # fmt: skip
async def retry(tx: Unit, staff: Staff, code: Code, item_id: ItemId) -> PeerRow:
    """重新推送一个事项（如平台修复了误拒之后），版本在原有版本之上。"""
    return PeerRow.model_validate(dict(await service.retry(tx, staff, code, item_id)))


def _text(cursor: str | None) -> str:
    if cursor is None:
        return ""
    (value,) = decode_cursor(cursor, 1)
    if not isinstance(value, str):
        raise _bad_cursor()
    return value


def _item(cursor: str | None) -> tuple[UUID, int]:
    if cursor is None:
        return UUID(int=0), 0
    values: list[Any] = decode_cursor(cursor, 2)
    try:
        item, version = UUID(values[0]), values[1]
    except (ValueError, AttributeError, TypeError) as error:
        raise _bad_cursor() from error
    if not isinstance(version, int) or not 0 <= version < 2**31:
        raise _bad_cursor()
    return item, version


def _bad_cursor() -> problems.Invalid:
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    return problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])
