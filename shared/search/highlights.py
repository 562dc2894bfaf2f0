"""Where in an entry the words of a query stand, so that a page can mark them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.search.folding import places
from shared.search.terms import BASES, CODES, NAMES

# What a page marks; more of an entry than this nobody looks at in a list of results.
MOST = 10
_OF_BASIS = ("document", "number", "article", "text")


@dataclass(frozen=True, slots=True)
class Highlight:
    """Words found in one text of an entry.

    Attributes
    ----------
    element : the text's place in the elements, as a JSON pointer (`/materials/2/name`).
    text : the text itself.
    ranges : [start, end) in characters (Unicode code points), in order and apart.
    """

    element: str
    text: str
    ranges: list[tuple[int, int]]


def highlights(elements: Mapping[str, Any], words: Sequence[str]) -> list[Highlight]:
    """The texts of an entry in which words stand, in the order name, basis, materials, organ, codes."""
    found = []
    for pointer, text in _texts(elements):
        ranges = ranges_of(text, words)
        if ranges:
            found.append(Highlight(pointer, text, ranges))
        if len(found) == MOST:
            break
    return found


def ranges_of(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where folded words stand in a text; ranges that touch or overlap become one."""
    shown, origins = places(text)
    hits = sorted(
        (origins[start], origins[start + len(word) - 1] + 1) for word in words for start in _starts(shown, word)
    )
    merged: list[tuple[int, int]] = []
    for start, end in hits:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _starts(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _texts(elements: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in NAMES:
        yield from _one(f"/{key}", elements.get(key))
    for key, columns in (*((key, _OF_BASIS) for key in BASES), ("materials", ("name",))):
        rows = elements.get(key)
        for index, row in enumerate(rows if isinstance(rows, list) else []):
            for column in columns if isinstance(row, Mapping) else ():
                yield from _one(f"/{key}/{index}/{column}", row.get(column))
    organ = elements.get("implementing_body")
    yield from _one("/implementing_body/name", organ.get("name") if isinstance(organ, Mapping) else None)
    for key in CODES:
        yield from _one(f"/{key}", elements.get(key))


def _one(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
