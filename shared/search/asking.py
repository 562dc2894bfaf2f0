"""What a person types, read strictly, and the conditions it becomes (tsqueries over the terms of rows). Pure.

What must all hold is a tuple of tsqueries, not one with `&`: the index goes through the shortest of them and looks into
the others only there, while alternatives (`|`) inside of one make it go through everything that any filter lets by
(measured with 200,000 entries: 33 ms and 1 ms for a word that stands in materials, within one county).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shared import problems
from shared.search.folding import PAIR, digest, folded, pairs
from shared.search.terms import CODE, EXACT, SHARES, filter_term, share_term

# A name of an item with its branches has up to some 60 characters; what is longer was pasted by mistake.
LONGEST_QUERY = 80
MOST_WORDS = 8
# A filter and the values of which an entry must have one.
Filter: TypeAlias = tuple[str, Sequence[str]]
# Tsqueries that must all hold.
All: TypeAlias = tuple[str, ...]
# Base codes begin with area and type: four digits of a code are worth looking for.
_CODE = re.compile(r"(?=.*[0-9])[0-9a-z]{4,50}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: its words, each folded, and all of it as one folded text."""

    words: tuple[str, ...]
    whole: str

    @property
    def patterns(self) -> list[str]:
        """The words as LIKE patterns; folded text has no character that means something there."""
        return [f"%{word}%" for word in self.words]


def read(query: str) -> Asked:
    """The query a person typed; words are what blanks separate.

    Raises
    ------
    problems.BadRequest
        Nothing to look for: only wildcards or punctuation, a single character, or too much.
    """
    if len(query) > LONGEST_QUERY:
        raise _refuse("query_too_long", f"检索词最多 {LONGEST_QUERY} 个字符，请缩短")
    words = tuple(dict.fromkeys(word for part in query.split() if (word := folded(part))))
    if not words:
        raise _refuse("query_empty", "检索词中没有文字或数字（通配符和标点不作检索），请输入事项名称、依据、材料或编码")
    if any(len(word) < PAIR for word in words):
        raise _refuse("query_too_short", "每个检索词至少两个字，请写得更具体，例如“食品经营”")
    if len(words) > MOST_WORDS:
        raise _refuse("query_too_many_words", f"检索词最多 {MOST_WORDS} 个，请减少")
    return Asked(words, "".join(words))


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a query, each with its filters.

    Attributes
    ----------
    exact : the name is the query.
    named : the name contains all its words.
    anywhere : every word stands in the name, a basis, a material, the organ's name, or begins a code; None when none
        stands anywhere but in names.
    in_basis : of what stands anywhere: every word stands in the name or in a basis.
    of_words : by word, the condition that it stands elsewhere than in the name.
    """

    exact: All
    named: All
    anywhere: All | None
    in_basis: str
    of_words: tuple[str | None, ...]


def conditions(asked: Asked, found: Mapping[str, Sequence[tuple[str, str]]], filters: Iterable[Filter]) -> Conditions:
    """The conditions of a query; `found` are the phrases that contain a word, as (term, field)."""
    narrowed = narrowing(filters)
    by_word = [_all(pairs(word)) for word in asked.words]
    elsewhere = [_elsewhere(word, found.get(word, ())) for word in asked.words]
    in_basis = [_elsewhere("", [one for one in found.get(word, ()) if one[1] == "basis"]) for word in asked.words]
    # No word is found elsewhere: then the name has said it all.
    anywhere = (*narrowed, *_beside(by_word, elsewhere)) if any(elsewhere) else None
    return Conditions(
        exact=(*narrowed, _lexeme(EXACT + digest(asked.whole))),
        named=(*narrowed, *by_word),
        anywhere=anywhere,
        in_basis=_and(_beside(by_word, in_basis)),
        of_words=tuple(_or(one) if one else None for one in elsewhere),
    )


def shared_out(condition: All, parts: int) -> All:
    """A condition within one of so many shares of the entries; within the only one it stands as it is."""
    return condition if parts == 1 else (_lexeme(share_term(parts)), *condition)


def parts_for(probed: int, wanted: int) -> int:
    """The smallest share that holds so many entries, when the smallest of all holds `probed`; 1: all of them."""
    smallest = max(SHARES)
    return next((parts for parts in sorted(SHARES, reverse=True) if probed * smallest >= wanted * parts), 1)


def narrowing(filters: Iterable[Filter]) -> All:
    """The condition of filters alone."""
    return tuple(_narrow(one) for one in filters)


def _narrow(given: Filter) -> str:
    name, values = given
    return _or([_lexeme(filter_term(name, value)) for value in values])


def containing(word: str) -> str:
    """The condition that a phrase has all pairs of a word."""
    return _all(pairs(word))


def _elsewhere(word: str, phrases: Iterable[tuple[str, str]]) -> list[str]:
    terms = [_lexeme(term) for term, _ in phrases]
    return [*terms, *([_lexeme(CODE + word) + ":*"] if _CODE.fullmatch(word) else [])]


def _beside(by_word: Sequence[str], elsewhere: Sequence[list[str]]) -> list[str]:
    """Every word in the name or elsewhere."""
    return [_or([name, *other]) for name, other in zip(by_word, elsewhere, strict=True)]


def _all(terms: Iterable[str]) -> str:
    return _and([_lexeme(term) for term in sorted(terms)])


def _and(parts: Sequence[str]) -> str:
    return " & ".join(parts)


def _or(parts: Sequence[str]) -> str:
    return f"({' | '.join(f'({part})' for part in parts)})"


def _lexeme(term: str) -> str:
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _refuse(code: str, message: str) -> problems.BadRequest:
    return problems.BadRequest(f"{message}。", code=code, errors=[problems.FieldError("query/q", code, message)])
