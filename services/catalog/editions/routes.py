"""HTTP of editions: which there are, and how two states of a list differ."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.catalog.editions import repository, service
from services.catalog.editions.schemas import Edition, ListDifference
from services.catalog.lists import service as lists
from services.catalog.records import after_id
from shared import problems
from shared.http.instants import Instant
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["editions"])

ListId = Annotated[UUID, Path(description="List")]
Name = Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$", examples=["2017版"])]


@router.get("/lists/{list_id}/editions", operation_id="list_editions", summary="Named editions of a list")
async def list_editions(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None
) -> Page[Edition]:
    """The editions of a list, the latest first; read one with `edition` at the items of the list."""
    await lists.get(tx.connection, list_id)
    rows = await repository.of_list(tx.connection, list_id, before=_place(cursor), count=limit + 1)
    return page_of([Edition(**row) for row in rows], limit, lambda one: [one.in_force_at.isoformat(), one.name])


@router.get("/lists/{list_id}/differences", operation_id="diff_list", summary="Difference of two states of a list")
async def diff_list(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None,
    first: Annotated[Name, Query(alias="from", description="Edition")] = None,
    second: Annotated[Name, Query(alias="to", description="Edition; the present state when empty")] = None,
    from_at: Instant | None = None, to_at: Instant | None = None,
) -> ListDifference:  # fmt: skip
    """Entries added, removed and changed between two editions or instants, element by element and row by row."""
    return await service.difference(
        tx, list_id, editions=(first, second), instants=(from_at, to_at), after=after_id(cursor), limit=limit
    )


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    at, name = decode_cursor(cursor, 2)
    try:
        read = datetime.fromisoformat(str(at))
        if read.tzinfo is None:
            raise ValueError
    except ValueError:
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None
    return read, str(name)
