"""Cover and columns of an annex, and the row an entry makes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.annex.texts import UNKNOWN, Element, text_of

SERIAL = "序号"
# Whose entries they are that name no implementing body.
NO_UNIT = "未列实施机关"
# The published annex of a permit list has the organ and the basis beside the name (spec: additions from practice);
# where a kind says nothing of its own, its annex shows what it has of these.
DEFAULT = ("name", "item_type", "implementing_body", "supervising_body", "basis")
WEIGHTS = {"basis": 4, "materials": 3, "rows": 4, "texts": 3, "text": 2}
LEAST_WEIGHT, MOST_WEIGHT = 1, 12
_OTHER_WEIGHT = 2


@dataclass(frozen=True, kw_only=True)
class Cover:
    """What stands before the table.

    Attributes
    ----------
    issuer : the organ that leads the list.
    edition : its name, or which revision it is.
    date : the day it shows, as people write it.
    number : number of the decision; empty: not decided yet.
    unit : the organ whose entries it holds; empty: all.
    mark : which list, revision and hash it shows, as copies in channels say it; empty: of no published revision.
    """

    title: str
    issuer: str
    edition: str
    date: str
    number: str = ""
    unit: str = ""
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: the element it shows, its title, and how wide it is compared with the others."""

    element: str
    title: str
    weight: int = _OTHER_WEIGHT

    def as_dict(self) -> dict[str, Any]:
        """As the writer's task carries it."""
        return asdict(self)


def columns_of(layout: Sequence[Mapping[str, Any]] | None, elements: Mapping[str, Element]) -> list[Column]:
    """The columns that can be shown: those of the layout, else of the default, whose element is among `elements`."""
    wanted = layout or [{"element": key} for key in DEFAULT]
    return [
        Column(
            element=one["element"],
            title=one.get("title") or str(elements[one["element"]].get("title") or one["element"]),
            weight=one.get("weight") or WEIGHTS.get(str(elements[one["element"]].get("type")), _OTHER_WEIGHT),
        )
        for one in wanted
        if one["element"] in elements
    ]


def shown(elements: Iterable[Element], hidden: frozenset[str]) -> dict[str, Element]:
    """Elements by key that an annex may show."""
    return {str(one["key"]): one for one in elements if one["key"] not in hidden}


def cells(columns: Sequence[Column], known: Mapping[str, Element], values: Mapping[str, Any]) -> list[str]:
    """The row of an entry without its number."""
    return [text_of(known.get(column.element, UNKNOWN), values.get(column.element)) for column in columns]


def lines(cover: Cover, count: int) -> list[str]:
    """The cover line by line, its title first; the same in every format that people read."""
    told = [cover.unit, cover.edition, f"共{count}项", cover.issuer, cover.number, cover.date, cover.mark]
    return [cover.title, *(text for text in told if text)]
