"""Where the heading of a foreign table is, and which of its names a mapping profile means. Pure.

Tables of offices begin with a title, have headings of two or three rows with merged cells, and write the same name in
many ways; a heading is the rows that say most of what the profile knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.catalog.exchange.profile import MappingProfile

# Titles, units and dates take a few rows; whatever comes later is data.
LOOKED_AT = 15
MOST_DEPTH = 3
# Between the parts of a name whose heading has several rows.
JOINT = "／"
_BLANKS = re.compile(r"\s+")
_WIDTHS = str.maketrans("()[]:,;/", "（）【】：，；／")


@dataclass(frozen=True)
class Heading:
    """The heading of a table: its names, at which of the rows looked at the data begin, how many names are known."""

    names: list[str]
    data_from: int
    known: int


def fold(name: str) -> str:
    """A name without what people vary: blanks, line breaks, the width of signs, the mark of mandatory columns."""
    return _BLANKS.sub("", name).rstrip("*").translate(_WIDTHS)


class Names:
    """The names a profile knows, however they are written."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact = frozenset(names)
        self._folded: dict[str, str] = {}
        for name in names:
            self._folded.setdefault(fold(name), name)

    @classmethod
    def of(cls, profile: MappingProfile) -> Names:
        """All columns of a profile."""
        columns = [name for entry in profile.columns for name in (*entry.columns, entry.unit_column) if name]
        marks = [profile.identity_column, profile.example[0] if profile.example else None]
        return cls([*columns, *(mark for mark in marks if mark)])

    def known(self, name: str) -> str | None:
        """The profile's spelling of a name; None for one it does not know."""
        text = name.strip()
        return text if text in self._exact else self._folded.get(fold(name))

    def heading(self, rows: Sequence[Sequence[str]]) -> Heading:
        """The best heading among the first rows of a table; the first row when nothing is known."""
        best, most = Heading([name.strip() for name in rows[0]], 1, 0), (0, 0)
        for begin in range(min(LOOKED_AT, len(rows))):
            for depth in range(1, min(MOST_DEPTH, len(rows) - begin) + 1):
                names = [self._name(parts) for parts in _columns(rows[begin : begin + depth])]
                found = {known for name in names if (known := self.known(name))}
                # Of equals the one whose parts make up names: the row below is part of the heading then.
                said = (len(found), sum(JOINT in name for name in found))
                if said > most:
                    best, most = Heading([self.known(name) or name for name in names], begin + depth, said[0]), said
        return best

    def _name(self, parts: Sequence[str]) -> str:
        """One name of a column whose heading has several rows: the whole of it, or its last part, as it is known."""
        distinct = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
        whole = JOINT.join(distinct)
        if self.known(whole) or len(distinct) < 2:
            return whole
        return distinct[-1] if self.known(distinct[-1]) else whole


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[list[str]]:
    width = max(len(row) for row in rows)
    return ([row[place] if place < len(row) else "" for row in rows] for place in range(width))
