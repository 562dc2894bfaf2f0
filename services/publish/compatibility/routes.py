"""HTTP for platforms: the public reads of the core and the answers to what we push, signed, in envelopes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from services.publish.compatibility import envelope, repository, service
from services.publish.compatibility.envelope import Envelope, Refusal
from services.publish.compatibility.narrowing import Filters
from services.publish.compatibility.routing import By, SignedRoute
from services.publish.compatibility.schemas import Changes, Taken, Verdicts
from services.publish.lists import service as lists_of_the_core
from services.publish.lists.routes import Kind, Region
from services.publish.lists.schemas import ListSummary
from services.publish.portal import cloud_events, parameters
from services.publish.portal import repository as portal
from services.publish.portal.feed import MOST, USUAL
from services.publish.portal.pages import OF_CODE, OF_LIST, code_page, list_page
from shared import problems
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Unit, transactional_router

BASE = "/publish/v1/compat"
router = transactional_router(prefix=BASE, tags=["signed requests"], route_class=SignedRoute)
ListId = Annotated[UUID, Path(description="Id of the list")]
ItemId = Annotated[UUID, Path(description="Id of the entry")]
Code = Annotated[str, Path(description="Base or implementation code", examples=["000116101000"])]
_Document = dict[str, Any]


@router.get("/lists", operation_id="compat_lists", summary="Lists in force, in an envelope")
async def lists(
    unit: Unit, by: By, kind: Kind = None, region: Region = None, cursor: Cursor = None, limit: Limit = 50
) -> Envelope[Page[ListSummary]] | Refusal:
    """已公布的清单及其修订号、散列值。"""
    return Envelope(data=await lists_of_the_core.lists(unit, kind=kind, region=region, cursor=cursor, limit=limit))


@router.get("/lists/{list_id}/items", operation_id="compat_list_items", summary="A page of a list, in an envelope",
            response_model=Envelope[_Document] | Refusal)  # fmt: skip
async def items(
    request: Request, by: By, list_id: ListId, _filters: Filters, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """一份清单的一页；翻页时始终显示同一修订。筛选参数与公开接口相同。"""
    page = await list_page(request.app.reads, list_id, parameters.query(request.scope["query_string"], OF_LIST))
    return envelope.well(page.body)


@router.get("/items/by-code/{code}", operation_id="compat_items_by_code", summary="Entries of a code, in an envelope",
            response_model=Envelope[_Document] | Refusal)  # fmt: skip
async def by_code(
    request: Request, by: By, code: Code, kind: Kind = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """各清单中带有该编码的事项。"""
    given = parameters.query(request.scope["query_string"], OF_CODE)
    _, body = await code_page(request.app.reads, parameters.code(code), given)
    return envelope.well(body)


@router.get("/items/{item_id}", operation_id="compat_item", summary="One published entry, in an envelope",
            response_model=Envelope[_Document] | Refusal)  # fmt: skip
async def item(unit: Unit, by: By, item_id: ItemId) -> Response:
    """一个已公布的事项。"""
    body = await repository.item(unit.connection, item_id)
    if body is None:
        raise problems.NotFound("没有公布过该事项，请检查事项标识。", code="item_not_published")
    return envelope.well(body)


@router.get("/changes", operation_id="compat_changes", summary="What changed since, in an envelope",
            response_model=Envelope[Changes] | Refusal)  # fmt: skip
async def changes(
    request: Request, by: By,
    since: Annotated[int, Query(ge=0, le=parameters.MOST_SEQUENCE, description="`next` of the call before")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Changes at most")] = USUAL,
) -> Response:  # fmt: skip
    """某一序号之后的变更，按序号排列，不遗漏、不重复；没有新变更时 next 不变。"""
    rows = await portal.feed(request.app.reads, since, limit)
    following = rows[-1]["sequence"] if rows else since
    told = {"items": orjson.Fragment(cloud_events.batch(rows)), "next": following}
    return envelope.well(orjson.dumps(told))


@router.post("/verdicts", operation_id="compat_verdicts", summary="What a platform says of rows that were pushed to it")
async def verdicts(unit: Unit, by: By, given: Verdicts) -> Envelope[Taken] | Refusal:
    """平台回报推送行的接收或退回结果；退回的行形成问题和任务。"""
    return Envelope(data=await service.take_verdicts(unit, by, given))
