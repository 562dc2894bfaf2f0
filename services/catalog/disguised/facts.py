"""What the scorer is given of a matter: taken from an entry or a document, kept with a verdict, read again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

# Words are looked at, not codes, numbers and addresses.
_WORDS = re.compile(r"[\u3400-\u9fff]{2}")
# What the law says is quoted there: it is no demand of the matter's own.
_QUOTED = frozenset({"basis", "complaint_phone", "consult_phone", "handling_place", "handling_hours"})
# A matter's texts as far as a person would read them.
MOST_TEXTS = 300
LONGEST_TEXT = 4_000
_LICENCES = frozenset({"1", "2", "10", "20", "licence", "approval"})


@dataclass(frozen=True, slots=True)
class Text:
    """Words and where they stand: JSON pointer into the elements, or `/full_text`."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Continued:
    """A cancelled permit that a matter resembles: by name, or by resting on the same article."""

    name: str
    similarity: float | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a matter (`item`) or a text (`document`).

    Attributes
    ----------
    permit_linked : it concerns a permit in force; of a text, it may set permits.
    service_objects : None where the entry does not say.
    continued : set only where an institution, association or entrusted body handles it (S8).
    added_conditions : conditions the superior's specification does not have (S9).
    """

    subject: str
    name: str
    texts: tuple[Text, ...] = ()
    item_type: str | None = None
    document_kind: str | None = None
    permit_linked: bool = False
    service_objects: tuple[str, ...] | None = None
    licence_result: bool = False
    materials: int = 0
    has_limit: bool = False
    basis_kinds: frozenset[str] = frozenset()
    continued: tuple[Continued, ...] = ()
    added_conditions: tuple[Text, ...] = ()

    def stored(self) -> dict[str, Any]:
        """As it is kept with a suspect."""
        return asdict(self) | {"basis_kinds": sorted(self.basis_kinds)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Facts:
        """From the stored form; keys that are missing have their defaults, so older verdicts replay."""
        given = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        for name in ("texts", "added_conditions"):
            given[name] = tuple(Text(**one) for one in given.get(name, ()))
        given["continued"] = tuple(Continued(**one) for one in given.get("continued", ()))
        given["basis_kinds"] = frozenset(given.get("basis_kinds", ()))
        if given.get("service_objects") is not None:
            given["service_objects"] = tuple(given["service_objects"])
        return cls(**given)


def texts_of(elements: Mapping[str, Any]) -> tuple[Text, ...]:
    """All words of an entry but what its basis quotes."""
    found: list[Text] = []
    for key, value in elements.items():
        if key not in _QUOTED:
            found += _words(f"/{key}", value)
    return tuple(found[:MOST_TEXTS])


def _words(path: str, value: Any) -> Iterator[Text]:
    if isinstance(value, str):
        if _WORDS.search(value):
            yield Text(path, value[:LONGEST_TEXT])
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _words(f"{path}/{index}", one)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key not in ("basis", "by_law"):
                yield from _words(f"{path}/{key}", one)


def of_entry(
    elements: Mapping[str, Any],
    *,
    item_type: str | None,
    permit_linked: bool,
    continued: Sequence[Continued] = (),
    added_conditions: Sequence[Text] = (),
) -> Facts:
    """The facts of an entry."""
    objects = elements.get("service_objects")
    materials = elements.get("materials")
    basis = elements.get("basis")
    rows = [row for row in basis if isinstance(row, Mapping)] if isinstance(basis, list) else []
    kinds = frozenset(row["document_kind"] for row in rows if isinstance(row.get("document_kind"), str))
    results = {str(elements.get(key)) for key in ("result_type", "result_kind") if elements.get(key)}
    return Facts(
        subject="item", name=str(elements.get("name", "")), texts=texts_of(elements), item_type=item_type,
        permit_linked=permit_linked, licence_result=bool(results & _LICENCES),
        service_objects=tuple(map(str, objects)) if isinstance(objects, list) and objects else None,
        materials=len(materials) if isinstance(materials, list) else 0,
        has_limit=any(elements.get(key) for key in ("statutory_limit", "promised_limit")),
        basis_kinds=kinds, continued=tuple(continued), added_conditions=tuple(added_conditions),
    )  # fmt: skip


def of_text(title: str, kind: str, text: str, *, may_set: bool) -> Facts:
    """The facts of a document; `may_set`: documents of its kind may set permits."""
    paragraphs = [part.strip() for part in text.split("\n") if part.strip()]
    texts = tuple(Text(f"/full_text/{place}", part[:LONGEST_TEXT]) for place, part in enumerate(paragraphs, start=1))
    return Facts(subject="document", name=title, texts=texts, document_kind=kind, permit_linked=may_set)


def around(facts: Facts, paths: Set[str]) -> Facts:
    """Only the paragraphs at these places and those beside them: what a verdict is about, not the whole document."""
    near = {place for place, one in enumerate(facts.texts) if one.path in paths}
    kept = sorted({beside for place in near for beside in (place - 1, place, place + 1)})
    texts = tuple(facts.texts[place] for place in kept if 0 <= place < len(facts.texts))
    return replace(facts, texts=texts[:MOST_TEXTS])
