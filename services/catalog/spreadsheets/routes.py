"""HTTP of the spreadsheets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote
from uuid import UUID

import anyio.to_thread
from fastapi import Path, Query, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.catalog import fields
from services.catalog.fields import RegionText
from services.catalog.kinds.routes import KindCode
from services.catalog.spreadsheets import service
from shared import child_writer
from shared.http.instants import Instant
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["spreadsheets"])

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BLOCK = 1 << 18


class SpreadsheetResponse(StreamingResponse):
    """A spreadsheet written once the request's transaction is over: it takes longer than a transaction may idle."""

    def __init__(self, request: Request, order: service.Order) -> None:
        disposition = f"attachment; filename=\"list.xlsx\"; filename*=UTF-8''{quote(order.title, safe='')}.xlsx"
        super().__init__(iter(()), media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})
        self._folder, self._order = request.app.state.settings.state_dir, order

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write the file, then send it; what goes wrong before the first byte is still told as a problem."""
        order = (self._order.task, self._order.pages)
        self.body_iterator = _blocks(await child_writer.written(self._folder, "xlsx", service.WRITER, order))
        await super().__call__(scope, receive, send)


FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "（XLSX文件）"}},
          "description": "A spreadsheet"}
}  # fmt: skip


@router.get("/kinds/{code}/template.xlsx", operation_id="get_template", response_class=Response, responses=FILE,
            summary="The spreadsheet to fill entries of a kind into")  # fmt: skip
async def get_template(
    request: Request, tx: Unit, staff: Staff, code: KindCode,
    region: Annotated[RegionText | None, Query(description="Whose profile and organs", examples=["130922"])] = None,
) -> Response:  # fmt: skip
    """Columns by the kind's profile with drop-downs and hints; filled in, it is imported with `profile=template`."""
    place = fields.region(region, "query/region") if region else None
    return SpreadsheetResponse(request, await service.template(tx, code, place))


@router.get("/lists/{list_id}/export.xlsx", operation_id="export_list", response_class=Response, responses=FILE,
            summary="A list as a spreadsheet, in the columns of its template")  # fmt: skip
async def export_list(
    request: Request, tx: Unit, staff: Staff, list_id: Annotated[UUID, Path(description="List")],
    as_of: Annotated[Instant | None, Query(description="As it was at this instant")] = None,
    cancelled: Annotated[bool, Query(description="With entries that are cancelled")] = False,
) -> Response:  # fmt: skip
    """Edited and imported again, it changes what was edited and nothing else."""
    order = await service.export(tx, request.app.state.engine, staff, list_id, as_of=as_of, cancelled=cancelled)
    return SpreadsheetResponse(request, order)


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while block := await anyio.to_thread.run_sync(file.read, _BLOCK):
            yield block
