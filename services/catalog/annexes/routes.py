"""HTTP of annexes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import FileResponse, Response

from services.catalog.annexes import jobs, service
from services.catalog.annexes.rules import Format, Wish
from services.catalog.annexes.schemas import (
    MOST_REVISION,
    AnnexUnits,
    Edition,
    Layout,
    NewAnnex,
    NewLayout,
)
from services.catalog.kinds import service as kinds
from services.catalog.kinds.routes import KindCode
from shared import problems
from shared.annex.offer import MEDIA_TYPES
from shared.annex.response import FILE, AnnexResponse, attachment
from shared.http.etag import IfMatch, require_match, with_etag
from shared.http.operations import OperationId, Started, accepted
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/catalog/v1", tags=["annexes"])

ListId = Annotated[UUID, Path(description="List")]


def _state(
    as_of: Annotated[AwareDatetime | None, Query(description="As it was at this instant")] = None,
    revision: Annotated[int | None, Query(ge=1, le=MOST_REVISION, description="A published revision")] = None,
    edition: Annotated[Edition | None, Query(description="A named edition", examples=["2026版"])] = None,
) -> dict[str, Any]:
    return {"as_of": as_of, "revision": revision, "edition": edition}


State = Annotated[dict[str, Any], Depends(_state)]


@router.get("/lists/{list_id}/annex.{format}", operation_id="get_annex", response_class=Response, responses=FILE,
            summary="A list in the shape of a published annex")  # fmt: skip
async def get_annex(
    request: Request, tx: Unit, staff: Staff, list_id: ListId, format: Format, state: State,
    unit: Annotated[str | None, Query(max_length=36, description="An implementing body, or `none`")] = None,
) -> Response:  # fmt: skip
    """Cover and numbered rows in the columns of the kind; only what everybody may see. Long ones are an operation.

    What is in force carries the mark of its revision; anything else says that it is a draft.
    """
    wish = Wish(format=format, unit=unit, **state)
    of = await service.content(tx.connection, list_id, wish, tx.now, most=wish.at_once + 1)
    wish.check_size(len(of.order))
    answer = AnnexResponse(request, of.name, wish.suffix, (of.task, service.pages(request.app.state.engine, of)))
    if of.hash:
        answer.headers["Qingdan-Revision"], answer.headers["Qingdan-List-Hash"] = str(of.source.revision), of.hash
    return answer


@router.get("/lists/{list_id}/annex-units", operation_id="list_annex_units",
            summary="The implementing bodies a list's annexes can be divided by")  # fmt: skip
async def list_annex_units(tx: Unit, staff: Staff, list_id: ListId, state: State) -> AnnexUnits:
    """Each unit with its number of entries; their union is the list."""
    return await service.units(tx.connection, list_id, Wish(format="json", **state), tx.now)


@router.post("/lists/{list_id}/annexes", operation_id="start_annex", status_code=202, response_model=Started,
             summary="Write an annex of any size, or one for each unit, in the background")  # fmt: skip
async def start_annex(tx: Unit, staff: Staff, list_id: ListId, body: NewAnnex) -> Response:
    """The operation's result names the file, which is kept for some days."""
    wish = Wish(**body.model_dump())
    await service.content(tx.connection, list_id, wish, tx.now, most=1)
    # The instant is fixed when it is asked for: however long it waits, it shows the list of that moment.
    given = body.model_dump(mode="json") | {"as_of": (wish.as_of or tx.now).isoformat()}
    if wish.published:
        given["as_of"] = None
    parameters = {"list_id": str(list_id), "wish": given}
    await tx.audit("catalog:annex:start", "done", {"list_id": str(list_id), "format": wish.format})
    return accepted("catalog", await operations.create(tx, kind=jobs.KIND, parameters=parameters))


@router.get("/annexes/{operation_id}/file", operation_id="get_annex_file", response_class=Response, responses=FILE,
            summary="The file an annex operation has written")  # fmt: skip
async def get_annex_file(request: Request, tx: Unit, staff: Staff, operation_id: OperationId) -> Response:
    """It holds only what everybody may see; it is kept for ten days."""
    row = await operations.find(tx.connection, operation_id, "catalog")
    if row.kind != jobs.KIND:
        raise problems.NotFound("没有这个附件，请检查编号。", code="annex_not_found")
    if row.state != "succeeded":
        raise problems.Conflict(
            "附件尚未生成完毕，请先查看操作进度。", code="annex_not_ready", extra={"state": row.state}
        )
    _, wish = jobs.wish_of(row.parameters)
    path = jobs.path_of(request.app.state.settings.state_dir, operation_id, wish.suffix)
    if not await anyio.to_thread.run_sync(path.exists):
        raise problems.Gone("附件文件已超过保留期限，请重新生成。", code="annex_gone")
    return FileResponse(path, media_type=MEDIA_TYPES[wish.suffix], headers=attachment(row.result["name"], wish.suffix))


@router.get("/kinds/{code}/annex-layout", operation_id="get_annex_layout", response_model=Layout,
            summary="The columns of a kind's annex")  # fmt: skip
async def get_annex_layout(tx: Unit, staff: Staff, code: KindCode) -> Response:
    """Version 0 is the default: serial number, name, organ, basis."""
    version, columns = await service.layout_of(tx.connection, code)
    return with_etag(Layout(kind=code, version=version, columns=columns), version)


@router.put("/kinds/{code}/annex-layout", operation_id="put_annex_layout", response_model=Layout,
            summary="Decide on the columns of a kind's annex")  # fmt: skip
async def put_annex_layout(
    tx: Unit, staff: Staff, code: KindCode, body: NewLayout, if_match: IfMatch = None
) -> Response:
    """Annexes written from now on show these columns; hidden elements are left out whatever it says."""
    await kinds.get(tx.connection, code, lock=True)
    current, _ = await service.layout_of(tx.connection, code)
    require_match(if_match, current)
    version, columns = await service.put_layout(tx, staff, code, body)
    return with_etag(Layout(kind=code, version=version, columns=columns), version)
