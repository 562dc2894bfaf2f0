"""How two states of an entry differ, element by element and row by row. Pure.

A list of rows (materials, basis, fees, steps ...) is compared by what its rows are called, not by where they stand: a
material that moved is no change, one whose copies went from two to one is one changed row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

# What names a row, the first it has: materials, fees and steps have names, a basis its document, a question its words.
_NAMES = ("name", "title", "document", "question", "code")


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that only one state has, or that both have and show differently.

    Attributes
    ----------
    key : what the row is called; of a plain value the value itself.
    columns : names of the columns that differ, of a changed row.
    """

    change: Literal["added", "removed", "changed"]
    key: str
    before: Any
    after: Any
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementDifference:
    """An element that two states show differently; None where a state does not have it.

    `rows` : of an element that is a list in both, the rows that differ.
    """

    element: str
    before: Any
    after: Any
    rows: tuple[RowDifference, ...] = ()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ElementDifference]:
    """The elements that differ, by name. The same rows in another order are no difference."""
    found = []
    for element in sorted(before.keys() | after.keys()):
        old, new = before.get(element), after.get(element)
        if old == new:
            continue
        rows: tuple[RowDifference, ...] = ()
        if isinstance(old, list) and isinstance(new, list):
            rows = tuple(row_differences(old, new))
            if not rows:
                continue
        found.append(ElementDifference(element, old, new, rows))
    return found


def row_differences(before: Sequence[Any], after: Sequence[Any]) -> list[RowDifference]:
    """Rows added, removed and changed, in the order of the later state, then those removed.

    Of several rows of one name those that are equal belong together, then those that stand first.
    """
    old = _left(before, after)
    new = _left(after, before)
    waiting = _by_name(old)
    found: list[RowDifference] = []
    for row in new:
        name = name_of(row)
        if waiting[name]:
            was = waiting[name].pop(0)
            found.append(RowDifference("changed", name, was, row, _columns(was, row)))
        else:
            found.append(RowDifference("added", name, None, row))
    unmatched = {id(row) for rows in waiting.values() for row in rows}
    found += [RowDifference("removed", name_of(row), row, None) for row in old if id(row) in unmatched]
    return found


def name_of(row: Any) -> str:
    """What a row is called: its name, else all of it as text."""
    if isinstance(row, Mapping):
        named = next((row[key] for key in _NAMES if isinstance(row.get(key), str) and row[key]), None)
        if named is not None:
            return "".join(str(named).split())
    return row if isinstance(row, str) else _canonical(row)


def _left(rows: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The rows without those that the other state has as well, as often as it has them."""
    there: dict[str, int] = defaultdict(int)
    for other in others:
        there[_canonical(other)] += 1
    left = []
    for row in rows:
        written = _canonical(row)
        if there[written]:
            there[written] -= 1
        else:
            # A copy: equal rows must stay distinguishable by identity.
            left.append(dict(row) if isinstance(row, Mapping) else row)
    return left


def _by_name(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[name_of(row)].append(row)
    return found


def _columns(before: Any, after: Any) -> tuple[str, ...]:
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return ()
    return tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
