"""HTTP of the channels: registered by administrators, read by all who work there; where a list is shown is public."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.publish.channels import repository, service
from services.publish.channels.findings import service as findings
from services.publish.channels.rules import KINDS
from services.publish.channels.schemas import (
    Channel,
    ChannelChange,
    ChannelCode,
    ChannelCopy,
    ChannelFinding,
    ChannelKind,
    CopyState,
    ListChannels,
    NewChannel,
    ShownAt,
)
from shared import problems
from shared.http.etag import IfMatch, created, require_match, with_etag
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor, id_of, page_of
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger.transaction import Transaction

BASE = "/publish/v1/channels"
router = transactional_router(prefix=BASE, tags=["channels"])
public_router = transactional_router(prefix="/publish/v1/lists", tags=["channels"])
finding_router = transactional_router(prefix="/publish/v1/channel-findings", tags=["channels"])
Code = Annotated[ChannelCode, Path(description="Code of the channel", examples=["qingxian-portal"])]
ListId = Annotated[UUID, Path(description="Id of the list", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])]
Region = Annotated[
    str | None, Query(max_length=32, pattern=r"^[0-9A-Za-z._-]*$", description="Region", examples=["130922000000"])
]


@router.post("", operation_id="register_channel", summary="Register a channel", status_code=201, response_model=Channel)
async def register(tx: Unit, staff: Staff, given: NewChannel) -> Response:
    """登记展示清单的渠道；登记后即应展示已公布的清单。"""
    row = await service.register(tx, staff, given)
    return created(f"{BASE}/{row['code']}", await _shown(tx, row), row["version"])


@router.get("", operation_id="list_channels", summary="Channels and how they stand")
async def channels(
    tx: Unit, staff: Staff, region: Region = None,
    kind: Annotated[ChannelKind | None, Query(description="Kind of channel")] = None,
    state: Annotated[CopyState | None, Query(description="State of the worst of its copies")] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[Channel]:  # fmt: skip
    """本人所在区划及以下的渠道：展示情况、滞后时间。"""
    filters = {"region": region, "kind": kind, "state": state}
    found = await service.page(tx, staff, filters, after=_text(cursor), limit=limit + 1)
    following = encode_cursor([found[limit - 1]["code"]]) if len(found) > limit else None
    return Page(items=[Channel.of(dict(row)) for row in found[:limit]], next=following)


@router.get("/{code}", operation_id="get_channel", summary="One channel", response_model=Channel)
async def channel(tx: Unit, staff: Staff, code: Code) -> Response:
    """一个渠道的登记内容和展示情况。"""
    row = await service.get(tx, staff, code)
    return with_etag(await _shown(tx, row), row["version"])


@router.put("/{code}", operation_id="change_channel", summary="Change a channel", response_model=Channel)
async def change(tx: Unit, staff: Staff, code: Code, given: ChannelChange, if_match: IfMatch = None) -> Response:
    """修改渠道的登记内容；副本内容因此变化的，重新发布。"""
    row = await service.get(tx, staff, code, lock=True)
    require_match(if_match, row["version"])
    changed = await service.change(tx, staff, row, given)
    return with_etag(await _shown(tx, changed), changed["version"])


@router.post("/{code}/pause", operation_id="pause_channel", summary="Pause a channel", response_model=Channel)
async def pause(tx: Unit, staff: Staff, code: Code) -> Response:
    """暂停渠道：不再推送、不再核对。"""
    row = await service.set_state(tx, staff, code, "paused")
    return with_etag(await _shown(tx, row), row["version"])


@router.post("/{code}/resume", operation_id="resume_channel", summary="Resume a channel", response_model=Channel)
async def resume(tx: Unit, staff: Staff, code: Code) -> Response:
    """恢复渠道：从现行版本开始。"""
    row = await service.set_state(tx, staff, code, "active")
    return with_etag(await _shown(tx, row), row["version"])


@router.get("/{code}/copies", operation_id="list_channel_copies", summary="What a channel shows, list by list")
async def copies(tx: Unit, staff: Staff, code: Code, cursor: Cursor = None, limit: Limit = 50) -> Page[ChannelCopy]:
    """每份清单应展示的版本、实际展示的版本、校验码和滞后时间。"""
    row = await service.get(tx, staff, code)
    found = await repository.copies(tx.connection, row["id"], after=id_of(cursor) or UUID(int=0), limit=limit + 1)
    return page_of([ChannelCopy.of(dict(one), row) for one in found], limit, lambda one: [str(one.list_id)])


@public_router.get(
    "/{list_id}/channels", operation_id="list_channels_of_list", summary="Where a list is shown, and whether the same"
)
async def of_list(tx: Unit, list_id: ListId) -> ListChannels:
    """清单在哪些渠道公布、各渠道展示的版本与公布的是否一致。"""
    row, found = await service.of_list(tx, list_id)
    items = [
        ShownAt(
            code=one.code, name=one.name, kind=one.kind, kind_title=KINDS[one.kind].title, link=one.link,
            revision=one.shown_revision, identical=one.identical, since=one.switched_at, checked_at=one.checked_at,
        )
        for one in found
    ]  # fmt: skip
    return ListChannels(list_id=list_id, title=row.title, revision=row.revision, hash=row.hash.hex(), items=items)


@finding_router.get("/{finding_id}", operation_id="get_channel_finding", summary="What has to be done about a channel")
async def finding(tx: Unit, staff: Staff, finding_id: UUID) -> ChannelFinding:
    """渠道待办所涉的渠道、清单和版本，以及应发布的副本。"""
    row = await findings.get(tx, staff, finding_id)
    href = f"{BASE}/{row.code}/lists/{row.list_id}/copies/{row.format}"
    more = {"channel": row.code, "channel_name": row.name, "href": href}
    return ChannelFinding.model_validate(dict(row) | more)


async def _shown(tx: Transaction, row: repository.Record) -> Channel:
    return Channel.of(dict(await service.standing(tx, row)))


def _text(cursor: str | None) -> str:
    value = decode_cursor(cursor, 1)[0] if cursor else ""
    if not isinstance(value, str):
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])
    return value
