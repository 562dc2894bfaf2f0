"""HTTP of linked data: public, no login; long lists are streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response, StreamingResponse

from services.publish.documents.guides import service as guides
from services.publish.documents.guides.routes import ItemId
from services.publish.documents.linked_data import rules
from services.publish.lists.routes import ListId
from services.publish.portal import repository as portal
from services.publish.portal.reads import Reads
from shared import problems
from shared.http.etag import IfNoneMatch, with_digest
from shared.http.routing import Unit, transactional_router

router = transactional_router(prefix="/publish/v1", tags=["documents"])
_EXAMPLE = {"@context": {"cpsv": "http://purl.org/vocab/cpsv#"}, "@graph": [
    {"@id": "https://qingdan.example.cn/publish/v1/items/01890a5d-ac96-774b-bcce-b302099a8057",
     "@type": "cpsv:PublicService"}]}  # fmt: skip
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "JSON-LD", "content": {
        rules.MEDIA_TYPE: {"schema": {"type": "object", "additionalProperties": True}, "example": _EXAMPLE}}},
    304: {"description": "Nothing has changed since the caller's ETag"},
}  # fmt: skip
_CACHE = {"Cache-Control": "public, no-cache"}


def base_of(request: Request) -> str:
    """The address under which IRIs stand: the installation's own, so that they last; else that of the request."""
    return request.app.state.settings.public_url or str(request.base_url).rstrip("/")


@router.get("/items/{item_id}/cpsv.jsonld", operation_id="get_item_linked_data", response_class=Response,
            summary="A published entry as CPSV-AP", responses=_ANSWERS)  # fmt: skip
async def item(request: Request, tx: Unit, item_id: ItemId, if_none_match: IfNoneMatch = None) -> Response:
    """事项的关联数据（CPSV-AP 3.2，JSON-LD）。"""
    row = await guides.published(tx.connection, item_id)
    graph = _distinct(rules.nodes(base_of(request), orjson.loads(row.body)), set())
    content = orjson.dumps({"@context": rules.CONTEXT, "@graph": graph})
    return with_digest(content, rules.MEDIA_TYPE, if_none_match, _CACHE)


@router.get("/lists/{list_id}/cpsv.jsonld", operation_id="get_list_linked_data", response_class=Response,
            summary="A published list as CPSV-AP, streamed", responses=_ANSWERS)  # fmt: skip
async def catalogue(request: Request, tx: Unit, list_id: ListId, if_none_match: IfNoneMatch = None) -> Response:
    """清单的关联数据（CPSV-AP 3.2，JSON-LD），逐项输出。"""
    reads: Reads = request.app.reads
    row = await portal.revision(reads, list_id, None, None)
    if row is None or row["revision"] is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    base = base_of(request)
    tag = f'"{row["revision"]}-{row["hash"].hex()}"'
    headers = {"ETag": tag, **_CACHE}
    if if_none_match is not None and tag in (one.strip().removeprefix("W/") for one in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    facts = {"list_id": list_id, "title": row["title"], "region_code": row["region_code"],
             "revision": row["revision"], "hash": row["hash"].hex()}  # fmt: skip
    return StreamingResponse(_stream(reads, base, facts), media_type=rules.MEDIA_TYPE, headers=headers)


async def _stream(reads: Reads, base: str, facts: Mapping[str, Any]) -> AsyncIterator[bytes]:
    yield b'{"@context":' + orjson.dumps(rules.CONTEXT) + b',"@graph":[' + orjson.dumps(rules.catalogue(base, facts))
    known: set[str] = set()
    after = portal.FIRST
    while rows := await portal.lines(reads, facts["list_id"], facts["revision"], after):
        for row in rows:
            if row["body"]:
                found = _distinct(rules.nodes(base, orjson.loads(row["body"])), known)
                yield b"," + orjson.dumps(found)[1:-1]
        after = rows[-1]["item_id"]
    yield b"]}"


def _distinct(nodes: Any, known: set[str]) -> list[rules.Node]:
    """Nodes that many entries share, such as organs and documents, are told once; `known` are those told already."""
    told = []
    for node in nodes:
        if "#" in node["@id"] or node["@id"] not in known:
            known.add(node["@id"])
            told.append(node)
    return told
