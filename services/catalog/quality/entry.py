"""What validators look at and what they say: one entry, what is known around it, and findings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.catalog.kinds.rules import Profile

# Nearly all are dicts: asking for the abstract class alone takes ten times as long.
_OBJECT = (dict, Mapping)

BLOCK, ERROR, WARN = "block", "error", "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one element.

    Attributes
    ----------
    rule : V01-V33.
    severity : block (must be put right), error (should be), warn (a person should look).
    element : the key of the element.
    code : stable English identifier.
    message : Chinese, names the element and the remedy.
    place : JSON pointer from the entry's elements to the value, e.g. `/basis/0/article`.
    """

    rule: str
    severity: str
    element: str
    code: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class OrganFacts:
    """What the validators need to know of an organ."""

    name: str
    credit_code: str | None = None
    administrative_subject: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryContext:
    """What the validators need beside the entry.

    Attributes
    ----------
    organs : organs by id (lower-case text); None: bodies are not checked.
    held_codes : whole codes that other items of the kind hold or held -> True when retired.
    touched : names of the elements a change touches; findings about nothing of it are left out. None: all.
    complete : False while a list is being compiled from files: gaps are `error`, not `block`.
    levels : (rule, code or empty) -> severity, where the region takes a finding more or less severely.
    internet_facing : the installation is connected to the internet: secrets are refused at entry.
    """

    organs: Mapping[str, OrganFacts] | None = None
    held_codes: Mapping[str, bool] = field(default_factory=dict)
    touched: frozenset[str] | None = None
    complete: bool = True
    levels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    internet_facing: bool = False


NO_CONTEXT = EntryContext()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as a validator sees it.

    Attributes
    ----------
    profile : what an entry of the kind consists of.
    elements : values that are there and well-formed; what is malformed was told by V01 and is left out.
    context : what is known beside the entry.
    """

    profile: Profile
    elements: Mapping[str, Any]
    context: EntryContext

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        """The rows of a sub-table; none where the element is absent or, in a kind of somebody's own, something else."""
        value = self.elements.get(key)
        return [row for row in value if isinstance(row, _OBJECT)] if isinstance(value, list) else []

    def may_say(self, key: str, column: str) -> bool:
        """Whether the rows of a sub-table can have a column: nobody is blamed for what his kind has no place for."""
        element = self.profile.element(key)
        return element is not None and (not element.columns or any(one.key == column for one in element.columns))

    def text(self, key: str) -> str:
        """A text; empty where there is none."""
        value = self.elements.get(key)
        return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """A rule about one entry by itself.

    Attributes
    ----------
    rule : V01-V33.
    check : yields the findings of an entry.
    elements : the rule is asked only where the entry's profile has one of these and the entry has a value for it.
    kinds : list kinds it speaks of; None: all.
    """

    rule: str
    check: Callable[[Entry], Iterator[Finding]]
    elements: frozenset[str]
    kinds: frozenset[str] | None = None
