"""HTTP of auditing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.workflow.auditing import service
from services.workflow.auditing.schemas import LoggedEvent, NewExport, RecordedAct
from services.workflow.clocks.service import position_of
from services.workflow.fields import RegionCode
from shared.http.pages import Cursor, Limit, Page, decode_cursor, encode_cursor, number_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/audit", tags=["auditing"])

MEDIA_TYPE = "application/x-ndjson"
_HIGHEST = 2**62
_NAME = r"^[A-Za-z][A-Za-z0-9_:.-]{0,100}$"
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": '{"seal":{"number":1}}'}},
        "description": "A seal a line, each followed by its events",
    }
}
Actor = Annotated[
    str | None,
    Query(pattern=_NAME, description="Who acted", examples=["account:0197f3a0-0000-7000-8000-000000000009"]),
]


@router.get("/events", operation_id="list_logged_events", summary="The event log, the newest first")
async def events(
    tx: Unit, staff: Staff,
    region: Annotated[RegionCode | None, Query(description="Only of this region and those below it")] = None,
    type_: Annotated[str | None, Query(alias="type", pattern=_NAME, examples=["rectification_order.issued"])] = None,
    actor: Actor = None, item: UUID | None = None, adjustment: UUID | None = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[LoggedEvent]:  # fmt: skip
    """监督人员查询所监督区划的全部变更：何人、何时、何因、何依据；每页查找有限的一段，`next` 为空时才到尽头。"""
    filters = {"region": region, "type": type_, "actor": actor, "item": item, "adjustment": adjustment}
    before = number_of(cursor, most=_HIGHEST) if cursor else None
    rows, following = await service.events(tx, staff, filters, before=before, limit=limit)
    items = [LoggedEvent.model_validate(dict(row)) for row in rows]
    return Page(items=items, next=None if following is None else encode_cursor([following]))


@router.get("/acts", operation_id="list_recorded_acts", summary="Acts without a change of state, the newest first")
async def acts(
    tx: Unit, staff: Staff, actor: Actor = None,
    tag: Annotated[str | None, Query(pattern=_NAME, description="Begins with", examples=["catalog:client"])] = None,
    outcome: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$", examples=["refused"])] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[RecordedAct]:  # fmt: skip
    """登录、导出、被拒绝的操作等审计记录；每页查找有限的一段，`next` 为空时才到尽头。"""
    after: tuple[datetime, UUID] | None = position_of(decode_cursor(cursor, 2)) if cursor else None
    filters = {"actor": actor, "tag": tag, "outcome": outcome}
    rows, following = await service.acts(tx, staff, filters, after=after, limit=limit)
    items = [RecordedAct.model_validate(dict(row)) for row in rows]
    return Page(items=items, next=following and encode_cursor([following[0].isoformat(), str(following[1])]))


@router.post("/exports", operation_id="export_sealed_log", summary="Export sealed events, to be verified elsewhere",
             response_class=Response, responses=FILE)  # fmt: skip
async def export_log(tx: Unit, staff: Staff, given: NewExport) -> Response:
    """导出已封存的日志；用 docs/verify_log.py（仅需 Python）离线核验散列链和签名。"""
    content = await service.export_log(tx, staff, given.first, given.last)
    name = f"log-{given.first}-{given.last}.jsonl"
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": f'attachment; filename="{name}"'})
