"""Which sheets the sub-tables of a kind have: materials, fees, steps, basis. Pure: profile in, sheets out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.catalog.kinds.rules import Element, Profile
from services.catalog.kinds.subtables import BASIS_COLUMNS, MATERIAL_COLUMNS
from services.catalog.spreadsheets.rules import EXAMPLES, Column, column_of

# Excel allows 31 characters in the name of a sheet, and none of these.
LONGEST_NAME = 31
FORBIDDEN = str.maketrans("", "", "[]:*?/\\'")
# Rows of these two may carry more than their columns; it stands as JSON in a column of its own.
_OPEN: Mapping[str, Mapping[str, Element]] = {"basis": BASIS_COLUMNS, "materials": MATERIAL_COLUMNS}
REST = Element(key="", title="其他内容", type="rows", description="系统导出的其他字段，一般不填")


@dataclass(frozen=True)
class SubSheet:
    """The sheet of one sub-table."""

    element: Element
    title: str
    columns: tuple[Column, ...]

    def mapping(self) -> dict[str, Any]:
        """How it is read again: as a mapping profile holds it."""
        return {
            "element": self.element.key,
            "title": self.title,
            "columns": [
                {"key": one.element.key, "title": one.title,
                 "form": {"type": one.element.type, "vocabulary": dict(one.element.vocabulary)}}
                for one in self.columns
            ],
        }  # fmt: skip

    def rows_of(self, value: Any) -> list[dict[str, Any]] | None:
        """The rows as they go onto the sheet, what has no column under the empty key; None for what is no sub-table."""
        if not isinstance(value, list) or not value or not all(isinstance(row, dict) and row for row in value):
            return None
        known = {one.element.key for one in self.columns}
        rest = [{key: row[key] for key in row if key not in known} for row in value]
        if any(rest) and "" not in known:
            return None
        return [row | ({"": more} if more else {}) for row, more in zip(value, rest, strict=True)]


def subsheets_of(profile: Profile, taken: Iterable[str] = (), organs: Sequence[str] = ()) -> tuple[SubSheet, ...]:
    """The sheets of a profile's sub-tables in its order; `taken` are names that other sheets have."""
    names = set(taken)
    found = []
    for element in profile.elements:
        columns = tuple(_OPEN[element.type].values()) if element.type in _OPEN else element.columns
        if columns:
            title = _name(element.title, names)
            names.add(title)
            every = (*columns, REST) if element.type in _OPEN else columns
            shown = tuple(column_of(one, doubled=False, organs=tuple(organs)) for one in every)
            found.append(SubSheet(element, title, shown))
    return tuple(found)


def _name(title: str, taken: set[str]) -> str:
    """A name no other sheet has."""
    plain = title.translate(FORBIDDEN)[:LONGEST_NAME] or "明细"
    names = (plain, *(f"{plain[: LONGEST_NAME - 3]}{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)


def example_of(sheet: SubSheet) -> list[str]:
    """What the example row of a sheet shows."""
    return [one.example or EXAMPLES.get(one.element.type, "") for one in sheet.columns]
