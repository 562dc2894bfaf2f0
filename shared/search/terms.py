"""What an entry is found by: the terms of its row, and the phrases that many entries share. Pure.

The name stands in the row pair by pair. Basis and materials are long and the same in thousands of entries: their texts
are phrases, kept once with their pairs, and a row names the phrases it has by one term each. What entries are filtered
by (kind, region, organ ...) are terms too, so that one index answers words and filters together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from shared.search.folding import REMEMBERED, digest, folded, pairs

Field = Literal["basis", "material", "organ"]

# Pairs of folded text are letters and digits: no other term can look like one.
EXACT, BEGINS, CODE, SHARE = "=", "^", "#", "~"
# Shares of the entries, made by chance: a quarter, a sixteenth, a sixty-fourth. What fits hundreds of thousands of
# entries is answered from one of them.
SHARES = (4, 16, 64)
PHRASE: Mapping[Field, str] = {"basis": "@b", "material": "@m", "organ": "@o"}
# Longer ones are texts of articles with commentary; what is searched for stands at their beginning.
LONGEST_PHRASE = 500
# `第二十一条第一款` alone finds nothing anybody means; with text behind it an article is worth looking for.
SHORTEST_ARTICLE = 9
# The fullest entries of the field have some fifty materials.
MOST_PHRASES = 200
# A code of the field has 33 characters at most, a local one 50 (varchar(50) of the exchange tables).
LONGEST_CODE = 50
# Elements in which what is searched for stands, of all kinds of lists (services/catalog/kinds/builtin). The first name
# is the entry's own; by the others people know it: its part of a permit, the measure of a negative list ...
NAMES = ("name", "permit_name", "sub_item_name", "handling_item_name", "measure_name", "main_item_name", "power_name")
BASES = ("basis", "supervision_basis")
CODES = ("base_code", "implementation_code", "local_base_code", "local_implementation_code", "item_number",
         "measure_code", "supervision_code", "national_item_code")  # fmt: skip
SERVICE_OBJECTS = "service_objects"
# Topics of services (服务主题).
TOPICS = ("natural_person_topics", "legal_person_topics")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A folded text of a field that entries share; `term` names it in their rows."""

    field: Field
    text: str

    @property
    def term(self) -> str:
        """The term that stands for the phrase."""
        return PHRASE[self.field] + digest(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of an entry beside its elements; what is None or empty cannot be filtered by."""

    kind: str
    list_id: str
    regions: Sequence[str]  # its own and all above it
    state: str
    item_id: UUID
    organ_id: str | None = None
    organ_name: str | None = None
    codes: Sequence[str] = ()  # beyond those in its elements: former ones


@dataclass(frozen=True, slots=True)
class SearchRow:
    """An entry as it is searched."""

    name: str
    terms: list[str]
    phrases: list[Phrase] = field(default_factory=list)


def filter_term(name: str, value: str) -> str:
    """The term of a filter: `kind:permit`."""
    return f"{name}:{value}"


def share_term(parts: int, number: int = 0) -> str:
    """The term of a share of the entries, one of `parts`."""
    return f"{SHARE}{parts}.{number}"


def row_of(elements: Mapping[str, Any], facts: Facts) -> SearchRow:
    """The search row of an entry. Values of an unexpected shape are passed over: an entry is never unfindable by them.

    `name` in it is the folded name, with further names behind blanks where the entry has some.
    """
    names = [name for key in NAMES if (name := folded(_text(elements.get(key))))]
    phrases = list(dict.fromkeys(_phrases(elements, facts)))[:MOST_PHRASES]
    terms = {pair for name in names for pair in pairs(name)}
    terms |= {EXACT + digest(name) for name in names}
    terms |= {phrase.term for phrase in phrases} | {share_term(parts, facts.item_id.int % parts) for parts in SHARES}
    codes = [*(_text(elements.get(key)) for key in CODES), *facts.codes]
    terms |= {CODE + code[:LONGEST_CODE] for one in codes if (code := folded(one))}
    terms |= set(_filters(elements, facts))
    return SearchRow(" ".join(dict.fromkeys(names)), list(terms), phrases)


def _filters(elements: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    yield filter_term("kind", facts.kind)
    yield filter_term("list", facts.list_id)
    yield filter_term("state", facts.state)
    for region in facts.regions:
        yield filter_term("region", region)
    if facts.organ_id:
        yield filter_term("organ", facts.organ_id)
    for item_type in _texts(elements.get("item_type")):
        yield filter_term("type", item_type)
    for level in _texts(_text(elements.get("level")).replace(" ", "").split(",")):
        yield filter_term("level", level)
    for value in _texts(elements.get(SERVICE_OBJECTS)):
        yield filter_term("service_object", value)
    for key in TOPICS:
        for value in _texts(elements.get(key)):
            yield filter_term("topic", value)


def _phrases(elements: Mapping[str, Any], facts: Facts) -> Iterator[Phrase]:
    yield from _of_text("organ", facts.organ_name or "")
    for key in BASES:
        for row in _rows(elements.get(key)):
            yield from _of_text("basis", _text(row.get("document")) + _text(row.get("number")))
            yield from _of_text("basis", _text(row.get("article")) + _text(row.get("text")), SHORTEST_ARTICLE)
    for row in _rows(elements.get("materials")):
        yield from _of_text("material", _text(row.get("name")))


@lru_cache(maxsize=REMEMBERED)
def _of_text(of: Field, text: str, shortest: int = 1) -> tuple[Phrase, ...]:
    """The phrase of a text, unless it is too short; the same ones come again in entry after entry."""
    whole = folded(text)
    return (Phrase(of, whole[:LONGEST_PHRASE]),) if len(whole) >= shortest else ()


def _rows(value: Any) -> Iterable[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    """What can be filtered by; a control character would part the terms of a row, and nobody asks for one."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one and len(one) <= 200 and one.isprintable()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
