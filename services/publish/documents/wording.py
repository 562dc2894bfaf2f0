"""How the public elements of a kind are called, for what is made of published bodies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.annex.texts import UNKNOWN, text_of


@dataclass(frozen=True, kw_only=True)
class Described:
    """An element as its profile describes it."""

    title: str = ""
    type: str = "text"
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    default: Any = None
    stored: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, Mapping[str, Any]]:
        """Columns of a sub-table by key."""
        return {str(one["key"]): one for one in self.stored.get("columns") or ()}


class Wording:
    """Elements of a kind by key; a later profile explains before an earlier one."""

    def __init__(self, elements: Iterable[Mapping[str, Any]]) -> None:
        self._known = {
            str(one["key"]): Described(
                title=one.get("title") or "", type=one.get("type") or "text", vocabulary=one.get("vocabulary") or {},
                default=one.get("default"), stored=one,
            )
            for one in elements
        }  # fmt: skip

    def element(self, key: str, /) -> Described | None:
        """The element of a key, if any profile of the kind has it."""
        return self._known.get(key)

    def title(self, key: str) -> str:
        """What people call an element."""
        known = self._known.get(key)
        return (known.title if known else "") or key

    def text(self, key: str, value: Any) -> str:
        """A value as people read it."""
        known = self._known.get(key)
        return text_of(known.stored if known else UNKNOWN, value)

    def cell(self, key: str, column: str, value: Any) -> str:
        """A value of a sub-table as people read it."""
        known = self._known.get(key)
        return text_of((known.columns.get(column) if known else None) or UNKNOWN, value)
