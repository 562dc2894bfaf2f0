"""The words and patterns of the detector, as data: shipped with the product, never in code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

BUILT_IN = Path(__file__).parent / "builtin"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the scorer looks for.

    Attributes
    ----------
    forms : the 14 form terms, in the order of the document that lists them.
    terms : finds them and the words that only contain them, longest first.
    approval_first : P1-P4.
    kinds_aside, types_aside : lists and item types that nobody applies for: what is forbidden, inspected, supervised,
        and what organs owe.
    """

    forms: tuple[str, ...]
    terms: re.Pattern[str]
    addressed: re.Pattern[str]
    approval_first: Mapping[str, re.Pattern[str]]
    annual: tuple[re.Pattern[str], ...]
    review: re.Pattern[str]
    licence: re.Pattern[str]
    bodies: re.Pattern[str]
    afterwards: tuple[re.Pattern[str], ...]
    kinds_aside: tuple[str, ...]
    types_aside: tuple[str, ...]
    registered_by_law: re.Pattern[str]


@cache
def shipped() -> Lexicon:
    """The lexicon shipped with the product."""
    return read(orjson.loads((BUILT_IN / "lexicon.json").read_bytes()))


@cache
def cases() -> tuple[Mapping[str, Any], ...]:
    """Made-up matters and texts with the verdict they would get: the regression set before anybody has judged."""
    return tuple(orjson.loads((BUILT_IN / "cases.json").read_bytes()))


def read(data: Mapping[str, Any]) -> Lexicon:
    """A lexicon from its stored form."""
    return Lexicon(
        forms=tuple(data["forms"]),
        terms=_any_of([*data["forms"], *data["no_forms"]]),
        addressed=_any_of(data["addressed"]),
        approval_first={name: re.compile(pattern) for name, pattern in data["approval_first"].items()},
        annual=tuple(re.compile(pattern) for pattern in data["annual"]),
        review=_any_of(data["review_steps"]),
        licence=re.compile("|".join(data["licence_results"])),
        bodies=re.compile("|".join(data["bodies"])),
        afterwards=tuple(re.compile(pattern) for pattern in data["afterwards"]),
        kinds_aside=tuple(data["kinds_aside"]),
        types_aside=tuple(data["types_aside"]),
        registered_by_law=_any_of(data["registered_by_law"]),
    )


def _any_of(words: list[str]) -> re.Pattern[str]:
    """Finds the longest of the words that begin at a place."""
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
