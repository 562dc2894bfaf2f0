"""HTTP of items: reading, history, differences, and direct entry into lists that are being compiled."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.editions import service as editions
from services.catalog.fields import RegionText, Search
from services.catalog.items import entering, service
from services.catalog.items.reading import repository as reading
from services.catalog.items.schemas import (
    Correction,
    Diff,
    ElementDifference,
    EntryResult,
    Item,
    ItemRow,
    ItemWithCodes,
    NewEntries,
    Version,
)
from services.catalog.lists import service as lists
from services.catalog.records import Record, after_id
from shared import problems
from shared.http.etag import IfMatch, require_match, with_etag
from shared.http.instants import Instant
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["items"])

ItemId = Annotated[UUID, Path(description="Item")]
ListId = Annotated[UUID, Path(description="List")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
Between = Annotated[int, Query(ge=1, le=2**31 - 1)]
Code = Annotated[str | None, Query(max_length=50, pattern=r"^[^\x00]*$", description="Present or former code")]
State = Literal["in_use", "suspended", "cancelled"] | None
LevelDigit = Annotated[str | None, Query(pattern=r"^[1-7]$", description="Level, one digit", examples=["4"])]
Value = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")]
AsOf = Annotated[Instant | None, Query(description="As they were at this instant")]
TypeCode = Annotated[str | None, Query(alias="type", pattern=r"^[0-9]{2}$", description="Item type, e.g. 01")]


@router.get("/lists/{list_id}/items", operation_id="list_items_of_list", summary="Items of a list")
async def list_items_of_list(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None, organ: UUID | None = None,
    item_type: TypeCode = None, state: State = None, code: Code = None, q: Search = None, level: LevelDigit = None,
    service_object: Value = None, topic: Value = None, as_of: AsOf = None,
    edition: Annotated[Value, Query(description="As a named edition shows it", examples=["2017版"])] = None,
) -> Page[ItemRow]:  # fmt: skip
    """Items of a list, oldest first: as they are, as they were at an instant, or as an edition shows them."""
    await lists.get(tx.connection, list_id)
    if edition is not None:
        as_of = await editions.instant(tx.connection, list_id, edition, "query/edition")
    wanted = reading.Wanted(
        list_id=list_id, implementing_body=organ, item_type=item_type, state=state, level=level, name=q, code=code,
        service_object=service_object, topic=topic,
    )  # fmt: skip
    rows = await reading.search(tx.connection, wanted, as_of=as_of, after=after_id(cursor), limit=limit + 1)
    return _page(rows, limit)


@router.get("/items", operation_id="find_items", summary="Find items across lists")
async def find_items(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None,
    kind: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)] = None,
    region: Annotated[RegionText | None, Query(description="Of this region")] = None,
    within: Annotated[RegionText | None, Query(description="Of this region and all below it")] = None,
    organ: UUID | None = None, item_type: TypeCode = None, state: State = None, code: Code = None, q: Search = None,
    level: LevelDigit = None, service_object: Value = None, topic: Value = None, as_of: AsOf = None,
) -> Page[ItemRow]:  # fmt: skip
    """Items of all lists, oldest first, as they are or as they were at an instant; `code` finds former codes too."""
    wanted = reading.Wanted(
        kind=kind, region_code=fields.region(region, "query/region") if region else None,
        within=fields.region(within, "query/within") if within else None, implementing_body=organ,
        item_type=item_type, state=state, level=level, name=q, code=code, service_object=service_object, topic=topic,
    )  # fmt: skip
    rows = await reading.search(tx.connection, wanted, as_of=as_of, after=after_id(cursor), limit=limit + 1)
    return _page(rows, limit)


@router.post("/lists/{list_id}/items", operation_id="create_entries", summary="Enter items into a list being compiled")
async def create_entries(
    tx: Unit, staff: Staff, list_id: ListId, body: NewEntries,
    atomic: Annotated[bool, Query(description="All or nothing")] = False,
) -> EntryResult:  # fmt: skip
    """Enter up to 500 items directly; only while the list is being compiled, only for member organs."""
    return await entering.create(tx, staff, list_id, body, atomic=atomic)


@router.get("/items/{item_id}", operation_id="get_item", summary="One item", response_model=ItemWithCodes)
async def get_item(
    tx: Unit, staff: Staff, item_id: ItemId,
    as_of: Annotated[Instant | None, Query(description="As it was at this instant")] = None,
) -> Response:  # fmt: skip
    """An item as it is now, or as it was at an instant, with all its codes."""
    row = await service.get(tx.connection, item_id, as_of=as_of)
    codes = await reading.codes(tx.connection, item_id)
    return with_etag(ItemWithCodes(**row, codes=codes), row["version"])


@router.patch(
    "/items/{item_id}", operation_id="correct_item", summary="Correct elements of an item directly", response_model=Item
)
async def correct_item(tx: Unit, staff: Staff, item_id: ItemId, body: Correction, if_match: IfMatch = None) -> Response:
    """Correct elements: any while the list is being compiled, minor ones (telephone, window) when it is in force."""
    found = await service.get(tx.connection, item_id)
    list_row = await lists.get(tx.connection, found["list_id"], lock=True)
    current = await service.get(tx.connection, item_id)
    try:
        require_match(if_match, current["version"])
    except problems.PreconditionFailed as problem:
        problem.extra["differences"] = await service.stale_values(tx.connection, current, if_match, body.elements)
        raise
    await entering.correct(tx, staff, list_row, current, body)
    row = await service.get(tx.connection, item_id)
    return with_etag(Item(**row), row["version"])


@router.get("/items/{item_id}/versions", operation_id="list_versions", summary="Versions of an item")
async def list_versions(
    tx: Unit, staff: Staff, item_id: ItemId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Version]:
    """Versions, newest first: what changed, when, by whom, why and on which legal basis."""
    await service.get(tx.connection, item_id)
    before = decode_cursor(cursor, 1)[0] if cursor else None
    if before is not None and not (isinstance(before, int) and 0 < before < 2**31):
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor")
    rows = await reading.history(tx.connection, item_id, before=before, limit=limit + 1)
    return page_of([Version(**row) for row in rows], limit, lambda one: [one.number])


@router.get("/items/{item_id}/versions/{number}", operation_id="get_version", summary="One version of an item")
async def get_version(tx: Unit, staff: Staff, item_id: ItemId, number: Number) -> Item:
    """One version; versions never change."""
    return Item(**await service.get(tx.connection, item_id, number=number))


@router.get("/items/{item_id}/diff", operation_id="diff_versions", summary="Difference between two versions")
async def diff_versions(
    tx: Unit, staff: Staff, item_id: ItemId,
    first: Annotated[Between, Query(alias="from", examples=[1])],
    second: Annotated[Between, Query(alias="to", examples=[2])],
) -> Diff:  # fmt: skip
    """Every element in which two versions differ, whichever is the older."""
    found = await service.diff(tx.connection, item_id, first, second)
    entries = [ElementDifference.of(entry) for entry in found]
    return Diff(item_id=item_id, from_version=first, to_version=second, differences=entries)


def _page(rows: list[Record], limit: int) -> Page[ItemRow]:
    return page_of([ItemRow(**row) for row in rows], limit, lambda one: [one.id])
