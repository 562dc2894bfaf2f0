"""HTTP of the online report."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.catalog.lists import service as lists
from services.catalog.matrix.service import as_csv, as_xlsx
from services.catalog.quality.online import service
from services.catalog.quality.online.schemas import OnlineEntry, OnlineReport
from services.catalog.spreadsheets.routes import MEDIA_TYPE
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1/online-report", tags=["quality"])

GapsOnly = Annotated[bool, Query(description="Only entries that lack something")]
_CSV = "text/csv; charset=utf-8"
_TITLE = "网上办理情况"


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}, "example": "（文件）"}}
    return {200: {"content": content, "description": "The entries as a table, with what each lacks"}}


@router.get("", operation_id="get_online_report", summary="What suits being handled online against what is")
async def get_online_report(tx: Unit, staff: Staff, list_id: UUID) -> OnlineReport:
    """适宜网上办理与实际网上办理的事项数，全清单及各实施主体。"""
    await lists.get(tx.connection, list_id)
    return await service.report(tx.connection, list_id)


@router.get("/entries", operation_id="list_online_entries", summary="Entries that suit and are not online")
async def list_online_entries(
    tx: Unit, staff: Staff, list_id: UUID, gaps_only: GapsOnly = True, limit: Limit = 50, cursor: Cursor = None
) -> Page[OnlineEntry]:
    """逐项列出是否适宜、是否已网上办理及差距。"""
    await lists.get(tx.connection, list_id)
    found = await service.entries(tx.connection, list_id, gaps_only=gaps_only)
    after = str(decode_cursor(cursor, 1)[0]) if cursor else ""
    shown = [one for one in found if str(one.item_id) > after]
    return page_of(shown[: limit + 1], limit, lambda one: [str(one.item_id)])


@router.get("/entries.csv", operation_id="export_online_entries_csv", response_class=Response,
            responses=_file("text/csv"), summary="The same as CSV")  # fmt: skip
async def export_csv(tx: Unit, staff: Staff, list_id: UUID, gaps_only: GapsOnly = True) -> Response:
    """导出网上办理差距清单（CSV）。"""
    table = await _table(tx, list_id, gaps_only=gaps_only)
    return _attached(await asyncio.to_thread(as_csv, table), _CSV, "csv")


@router.get("/entries.xlsx", operation_id="export_online_entries_xlsx", response_class=Response,
            responses=_file(MEDIA_TYPE), summary="The same as a spreadsheet")  # fmt: skip
async def export_xlsx(tx: Unit, staff: Staff, list_id: UUID, gaps_only: GapsOnly = True) -> Response:
    """导出网上办理差距清单（XLSX）。"""
    table = await _table(tx, list_id, gaps_only=gaps_only)
    return _attached(await asyncio.to_thread(as_xlsx, table, _TITLE), MEDIA_TYPE, "xlsx")


async def _table(tx: Unit, list_id: UUID, *, gaps_only: bool) -> list[list[str]]:
    await lists.get(tx.connection, list_id)
    return service.table(await service.entries(tx.connection, list_id, gaps_only=gaps_only))


def _attached(content: bytes, media_type: str, ending: str) -> Response:
    name = quote(f"{_TITLE}.{ending}", safe="")
    disposition = f"attachment; filename=\"online.{ending}\"; filename*=UTF-8''{name}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
