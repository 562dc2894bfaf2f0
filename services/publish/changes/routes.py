"""HTTP of the Atom feeds: public, no login."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from services.publish.changes import repository, rules
from services.publish.changes.rules import Channel
from shared import problems
from shared.http.etag import IfNoneMatch, with_digest
from shared.http.routing import Unit, transactional_router
from shared.statement import Row

router = transactional_router(prefix="/publish/v1", tags=["published lists"])
# A page a reader takes in one go.
PAGE = 50
Before = Annotated[
    int | None, Query(ge=1, le=2**63 - 1, description="Older than this sequence; the `next` link names it")
]
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An Atom feed (RFC 4287), newest first; further pages by the link `next` (RFC 5005)",
        "content": {"application/atom+xml": {"schema": {"type": "string"}, "example": "<feed>…</feed>"}},
    },
    304: {"description": "Unchanged"},
}


@router.get(
    "/lists/{list_id}/changes.atom", operation_id="get_list_atom_feed", summary="Changes of a list as Atom",
    response_class=Response, responses=_ANSWER,
)  # fmt: skip
async def of_list(
    request: Request, tx: Unit, list_id: UUID, before: Before = None, if_none_match: IfNoneMatch = None
) -> Response:
    """清单变动的 Atom 订阅源。"""
    found = await repository.published_list(tx.connection, list_id)
    if found is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    rows = await repository.of_list(tx.connection, list_id, before=before, limit=PAGE + 1)
    path = f"lists/{list_id}"
    return _feed(request, rows, f"{path}/changes.atom", f"{path}/items", if_none_match, {
        "id": list_id, "title": f"{found.title}变动", "author": found.region_name, "updated": found.published_at,
    })  # fmt: skip


@router.get(
    "/regions/{code}/changes.atom", operation_id="get_region_atom_feed", summary="Changes of a region's lists as Atom",
    response_class=Response, responses=_ANSWER,
)  # fmt: skip
async def of_region(
    request: Request, tx: Unit,
    code: Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{2,32}$", examples=["440100000000"])],
    before: Before = None, if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """区划内全部清单变动的 Atom 订阅源。"""
    found = await repository.region(tx.connection, code)
    if found is None:
        raise problems.NotFound("该区划没有公布过清单，请核对代码。", code="region_not_published")
    rows = await repository.of_region(tx.connection, code, before=before, limit=PAGE + 1)
    return _feed(request, rows, f"regions/{code}/changes.atom", f"lists?region={code}", if_none_match, {
        "id": rules.region_id(code), "title": f"{found.name}清单变动", "author": found.name,
        "updated": found.published_at,
    })  # fmt: skip


def _feed(
    request: Request, rows: list[Row], path: str, page: str, if_none_match: str | None, about: dict[str, Any]
) -> Response:
    base = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    shown = rows[:PAGE]
    address = f"{base}/publish/v1/{path}"
    here = f"{address}?{request.url.query}" if request.url.query else address
    following = f"{address}?before={shown[-1].sequence}" if len(rows) > PAGE else None
    updated = max([about.pop("updated"), *(row.recorded_at for row in shown)])
    channel = Channel(**about, updated=updated, self_url=here, page_url=f"{base}/publish/v1/{page}",
                      next_url=following)  # fmt: skip
    headers = {"Cache-Control": "public, no-cache"}
    return with_digest(
        rules.document(channel, [dict(row) for row in shown], base), rules.MEDIA_TYPE, if_none_match, headers
    )
