"""Pages of lists of things: `items` and an opaque `next` cursor, no total by default."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from shared import problems

MOST = 200
Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries a page")]
Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next` of the page before", alias="cursor", examples=[None])
]


async def _one_page(
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="As of every list; this one comes whole in any case")
    ] = MOST,
    cursor: Cursor = None,
) -> None:
    if cursor is not None:
        raise _bad_cursor()


# For lists that are short by their nature: who turns the pages of every list alike finds one.
ONE_PAGE = Depends(_one_page)
T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page; `next` is null on the last one."""

    items: list[T]
    next: str | None = Field(default=None, description="Cursor of the next page")


def page_of(found: Sequence[T], limit: int, place: Callable[[T], list[Any]]) -> Page[T]:
    """The first `limit` of what was found, where one more was looked for to know whether it goes on.

    `place` is the sort key of an entry: the next page begins behind that of the last one shown.
    """
    shown = list(found[:limit])
    return Page(items=shown, next=encode_cursor(place(shown[-1])) if len(found) > limit else None)


def encode_cursor(values: list[Any]) -> str:
    """An opaque cursor from the sort key of the last entry."""
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The sort key a cursor stands for.

    Raises
    ------
    problems.Invalid
        Not one of our cursors.
    """
    try:
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(values, list) or len(values) != length or any(_is_no_key(value) for value in values):
        raise _bad_cursor()
    return values


def id_of(cursor: str | None) -> UUID | None:
    """The id a cursor of one id stands for. Raises Invalid."""
    if not cursor:
        return None
    try:
        return UUID(str(decode_cursor(cursor, 1)[0]))
    except ValueError as error:
        raise _bad_cursor() from error


def number_of(cursor: str | None, *, most: int) -> int:
    """The number a cursor of one number stands for; 0 without a cursor. Raises Invalid."""
    value = decode_cursor(cursor, 1)[0] if cursor else 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _bad_cursor()
    return value


def _is_no_key(value: Any) -> bool:
    return isinstance(value, (dict, list)) or (isinstance(value, str) and "\0" in value)


def _bad_cursor() -> problems.Invalid:
    return problems.Invalid(
        "翻页标记无效，请从第一页重新开始。",
        code="bad_cursor",
        errors=[problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")],
    )
