"""HTTP of bundles: for staff."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response, StreamingResponse

from services.publish.documents.annexes import repository as annexes
from services.publish.documents.bundles import repository, rules, service
from services.publish.documents.bundles.rules import Wish
from services.publish.documents.bundles.schemas import NewBundle
from shared import problems
from shared.annex.offer import MEDIA_TYPES
from shared.annex.response import FILE, attachment
from shared.http.operations import OperationId, Started, accepted
from shared.http.routing import Staff, Unit, transactional_router
from shared.ledger import operations

router = transactional_router(prefix="/publish/v1/documents", tags=["documents"])


@router.post("", operation_id="start_documents", status_code=202, response_model=Started,
             summary="Make the documents of a list, a region or an organ in the background")  # fmt: skip
async def start(tx: Unit, staff: Staff, given: NewBundle) -> Response:
    """批量生成办事指南、业务手册、审查细则（打包为 ZIP）或较长的清单附件；有进度，可取消，结果保留十日。

    限编制、审核、牵头、审定人员和系统管理员。
    """
    wish = Wish(**given.model_dump())
    total = None
    if wish.what == "annex":
        assert wish.list_id is not None
        found = await annexes.revision(tx.connection, wish.list_id, revision=wish.revision, edition=wish.edition)
        if found is None or found.revision is None:
            raise problems.NotFound("没有公布过该清单，或没有所指的修订、版次。", code="revision_not_found")
        # The revision is fixed when it is asked for, however long it waits.
        wish = Wish(**{**given.model_dump(), "revision": None if wish.edition else found.revision})
    else:
        total = await repository.count(tx.connection, service.place_of(wish))
        if not total:
            raise problems.NotFound("所选范围内没有已公布的事项，请核对清单、区划或机关。", code="nothing_published")
    await service.require_starter(tx.connection, staff, wish)
    await tx.audit("publish:documents:start", "done", {"what": wish.what, "format": wish.format})
    return accepted("publish", await operations.create(tx, kind=rules.KIND, parameters=wish.stored(), total=total))


@router.get("/{operation_id}/file", operation_id="get_documents_file", response_class=Response, responses=FILE,
            summary="What an operation has made")  # fmt: skip
async def file(request: Request, tx: Unit, staff: Staff, operation_id: OperationId) -> Response:
    """ZIP（内附各文件 SHA-256 清单）或清单附件；生成后又不再公开的事项，下载时剔除。"""
    row = await operations.find(tx.connection, operation_id, "publish")
    if row.kind != rules.KIND:
        raise problems.NotFound("没有这个文件，请检查编号。", code="documents_not_found")
    wish, engine = Wish.of(row.parameters), request.app.state.engine
    await service.require_fetcher(tx.connection, staff, wish, started_by=row.created_by)
    if row.state != "succeeded":
        raise problems.Conflict("文件尚未生成完毕，请先查看操作进度。", code="documents_not_ready",
                                extra={"state": row.state})  # fmt: skip
    parts = await repository.entries(tx.connection, operation_id)
    if not parts and row.result["documents"]:
        raise problems.Gone("文件已超过保留期限，请重新生成。", code="documents_gone")
    if wish.what != "annex":
        return _sent(service.archive(engine, operation_id, parts), row.result["name"], "zip")
    assert wish.list_id is not None
    told = parts[0].entries[0]
    now = await annexes.revision(tx.connection, wish.list_id, revision=told["revision"], edition=None)
    if now is None or now.purged != told["purged"]:
        raise problems.Gone("该附件中有事项已不再公开，请重新生成。", code="documents_gone")
    return _sent(_pieces(engine, operation_id, parts), row.result["name"], wish.format)


def _sent(blocks: AsyncIterator[bytes], name: str, suffix: str) -> Response:
    return StreamingResponse(blocks, media_type=MEDIA_TYPES[suffix], headers=attachment(name, suffix))


async def _pieces(engine: AsyncEngine, operation_id: UUID, parts: list[Any]) -> AsyncIterator[bytes]:
    for one in parts:
        async with engine.connect() as connection:
            yield await repository.part(connection, operation_id, one.number) or b""
