"""What both searches answer with, and the place a cursor stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from shared import problems
from shared.http.pages import decode_cursor, encode_cursor
from shared.search import highlights
from shared.search.repository import Found, Hit

MATCHES = ("exact_name", "name_begins", "name", "basis", "elsewhere")

Words = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="Words, apart by blanks: all must stand in the name, basis, materials, organ or begin a code;"
        " at least two characters each",
        examples=["食品经营 许可"],
    ),
]
WithFacets = Annotated[bool, Query(description="Count the entries by kind, state, type, level and organ as well")]


class Highlight(BaseModel):
    """A text of the entry in which words of the query stand."""

    element: str = Field(description="JSON pointer into the elements", examples=["/materials/2/name"])
    text: str = Field(examples=["食品经营许可申请书"])
    ranges: list[tuple[int, int]] = Field(description="[start, end) in Unicode characters", examples=[[[0, 4]]])


class FacetValue(BaseModel):
    """How many of the ranked entries have a value."""

    value: str = Field(examples=["permit"])
    title: str | None = Field(default=None, examples=["青县市场监督管理局"])
    entries: int = Field(examples=[12])


class Facets(BaseModel):
    """Counts of the ranked entries; of organs the twenty with most entries."""

    kind: list[FacetValue]
    state: list[FacetValue]
    item_type: list[FacetValue]
    level: list[FacetValue]
    organ: list[FacetValue]


def marked(elements: Mapping[str, Any], words: Sequence[str]) -> list[Highlight]:
    """The highlights of an entry."""
    return [
        Highlight(element=one.element, text=one.text, ranges=one.ranges)
        for one in highlights.highlights(elements, words)
    ]


def facets_of(found: Found, organs: Mapping[str, str]) -> Facets:
    """The facets as they are sent; `organs` are names by id."""
    plain = {
        name: [FacetValue(value=value, entries=entries) for value, entries in found.facets[name].items()]
        for name in ("kind", "state", "item_type", "level")
    }
    by_organ = [
        FacetValue(value=value, title=organs.get(value), entries=entries)
        for value, entries in found.facets["organ_id"].items()
    ]
    return Facets(**plain, organ=by_organ)


def place_of(cursor: str | None) -> Hit | None:
    """The hit a page goes on behind. Raises Invalid for a foreign cursor."""
    if not cursor:
        return None
    tier, size, item = decode_cursor(cursor, 3)
    try:
        numbers = all(isinstance(one, int) and not isinstance(one, bool) for one in (tier, size))
        if not numbers or not (0 <= tier < len(MATCHES) and 0 <= size < 2**31):
            raise ValueError
        return Hit(UUID(str(item)), tier, size)
    except ValueError as error:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place]) from error


def next_of(hits: Sequence[Hit], limit: int) -> str | None:
    """The cursor behind the last hit of a page, when one more than `limit` were found."""
    if len(hits) <= limit:
        return None
    last = hits[limit - 1]
    return encode_cursor([last.tier, last.size, str(last.item_id)])


def nothing_asked() -> problems.BadRequest:
    """The refusal of a search for everything."""
    place = problems.FieldError("query/q", "query_missing", "请输入检索词，或至少选择一个筛选条件")
    return problems.BadRequest("请输入检索词，或至少选择一个筛选条件。", code="query_missing", errors=[place])
