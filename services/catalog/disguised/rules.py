"""The scorer: which signals of a disguised permit a matter or a text shows, where, and how much they weigh. Pure.

Forms and legal test of 国办发〔2022〕2号: outside the permit list, addressed to citizens and organisations, approval
before the activity. Whatever it says is 疑似: only a person says that something is a disguised permit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.catalog.disguised.facts import Facts, Text
from services.catalog.disguised.lexicon import Lexicon

WEIGHTS = {"S1": 0, "S2": 0, "S3": 2, "S4": 4, "S5": 2, "S6": 1, "S7": 2, "S8": 5, "S9": 4}
TITLES = {
    "S1": "未列入许可清单",
    "S2": "面向公民、法人或者其他组织",
    "S3": "以14种形式之一出现",
    "S4": "经批准后方可从事活动",
    "S5": "审查后作出准予与否的决定",
    "S6": "按许可方式要求材料和时限",
    "S7": "以年检、年报为继续从事的条件",
    "S8": "与已取消的许可相似，由下属单位或协会实施",
    "S9": "增设上级规范没有的前置条件",
    "M1": "活动之后备案，不是前提",
    "M2": "法律规定的登记",
    "M3": "法律法规规定的行政确认",
}
VERDICTS = {
    "disguised": "变相许可",
    "lawful_filing": "合法备案（事后，不需批准）",
    "confirmation": "行政确认",
    "registration": "法定登记",
    "other": "其他",
}
# 行政许可 and 行政确认 of GB/T 39046-2020 annex A.
_PERMIT, _CONFIRMATION = "01", "07"
_STATUTES = frozenset({"law", "regulation", "local_regulation"})
# Applicants outside the administration; government alone is no citizen, legal person or other organisation.
_INSIDE = frozenset({"government"})
# Longer evidence is read at its place.
_LONGEST_HIT = 200
_MOST_HITS = 20


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a signal was seen: JSON pointer or sentence number, the term or pattern, and the words."""

    path: str
    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal that was seen; those beginning with M speak against it and weigh nothing."""

    signal: str
    weight: int
    explanation: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the scorer says of a matter.

    Attributes
    ----------
    suspected : it is to be looked at by a person.
    pattern : disguised, precondition (one added to a permit) or continued (a cancelled permit lives on).
    score : the sum of the weights; it orders the queue and means nothing else.
    """

    suspected: bool
    pattern: str
    score: int
    signals: tuple[Signal, ...]

    def shows(self, *names: str) -> bool:
        """True when one of the signals was seen."""
        return any(one.signal in names for one in self.signals)


def assess(facts: Facts, lexicon: Lexicon) -> Assessment:
    """Score an entry or a document."""
    signals = list(_document(facts, lexicon) if facts.subject == "document" else _entry(facts, lexicon))
    seen = {one.signal for one in signals}
    if facts.item_type == _PERMIT or facts.permit_linked:
        suspected = {"S2", "S9"} <= seen
    else:
        # A lawful filing, registration or confirmation decides too; without approval first that alone says nothing.
        decisive = {"S4", "S8", "S9"} | (set() if seen & {"M1", "M2", "M3"} else {"S5"})
        suspected = {"S1", "S2"} <= seen and bool(decisive & seen)
    pattern = "disguised"
    if facts.item_type == _PERMIT or facts.permit_linked:
        pattern = "precondition"
    elif "S8" in seen:
        pattern = "continued"
    return Assessment(suspected, pattern, sum(one.weight for one in signals), tuple(signals))


def forms_in(text: str, lexicon: Lexicon) -> list[str]:
    """The form terms of a text, longest match first: 目录清单 is no 目录."""
    return [found[0] for found in lexicon.terms.finditer(text) if found[0] in lexicon.forms]


def _signal(name: str, hits: Iterable[Hit], explanation: str | None = None) -> Iterator[Signal]:
    told = tuple(hits)[:_MOST_HITS]
    if told:
        yield Signal(name, WEIGHTS.get(name, 0), explanation or TITLES[name], told)


def _entry(facts: Facts, lexicon: Lexicon) -> Iterator[Signal]:
    sentences = list(_sentences(facts.texts))
    if facts.item_type != _PERMIT and not facts.permit_linked:
        yield from _signal("S1", [Hit("/item_type", facts.item_type or "", facts.name)])
    yield from _signal("S2", _addressed(facts, lexicon, sentences))
    yield from _signal("S3", _forms(sentences, lexicon))
    yield from _signal("S4", _approval_first(sentences, lexicon))
    result = [one for one in facts.texts if one.path.startswith("/result") and lexicon.licence.search(one.text)]
    if (facts.licence_result or result) and (reviewed := _reviewed(facts, lexicon)):
        yield from _signal("S5", [*_hits(result, "结果"), *reviewed])
    if facts.materials and facts.has_limit:
        yield from _signal(
            "S6", [Hit("/materials", str(facts.materials), f"要求{facts.materials}项材料并规定办理时限")]
        )
    yield from _annual(sentences, lexicon)
    yield from _continued(facts)
    yield from _signal("S9", _hits(facts.added_conditions, "前置条件"))
    yield from _against(facts, lexicon, sentences)


def _document(facts: Facts, lexicon: Lexicon) -> Iterator[Signal]:
    """A text that may set no permit: what it says in a sentence or in two that follow each other counts together."""
    sentences = list(_sentences(facts.texts))
    if not facts.permit_linked:
        yield from _signal("S1", [Hit("/kind", facts.document_kind or "", "该类文件不得设定行政许可")])
    approving = {place for place, one in enumerate(sentences) if any(_approval_first([one], lexicon))}
    near = sorted({near for place in approving for near in (place - 1, place) if 0 <= near < len(sentences)})
    around = [sentences[place] for place in near]
    yield from _signal("S2", _addressees(around, lexicon))
    yield from _signal("S3", _forms(around, lexicon))
    yield from _signal("S4", _approval_first(sentences, lexicon))
    yield from _annual(sentences, lexicon)


def _sentences(texts: Sequence[Text]) -> Iterator[Text]:
    for one in texts:
        for part in re.split(r"[。；;！？!?\n]", one.text):
            if part.strip():
                yield Text(one.path, part.strip())


def _hits(texts: Iterable[Text], term: str) -> list[Hit]:
    return [Hit(one.path, term, one.text[:_LONGEST_HIT]) for one in texts]


def _addressed(facts: Facts, lexicon: Lexicon, sentences: Sequence[Text]) -> Iterator[Hit]:
    """By the element where there is one; else by the words of the texts."""
    if facts.service_objects is None:
        yield from _addressees(sentences, lexicon)
    elif outside := [one for one in facts.service_objects if one not in _INSIDE]:
        yield Hit("/service_objects", ",".join(outside), "服务对象含行政机关以外的主体")


def _addressees(sentences: Sequence[Text], lexicon: Lexicon) -> Iterator[Hit]:
    for one in sentences:
        if found := lexicon.addressed.search(one.text):
            yield Hit(one.path, found[0], one.text[:_LONGEST_HIT])


def _forms(sentences: Sequence[Text], lexicon: Lexicon) -> Iterator[Hit]:
    for one in sentences:
        for term in dict.fromkeys(forms_in(one.text, lexicon)):
            yield Hit(one.path, term, one.text[:_LONGEST_HIT])


def _approval_first(sentences: Sequence[Text], lexicon: Lexicon) -> Iterator[Hit]:
    for one in sentences:
        for name, pattern in lexicon.approval_first.items():
            if pattern.search(one.text):
                yield Hit(one.path, name, one.text[:_LONGEST_HIT])


def _reviewed(facts: Facts, lexicon: Lexicon) -> list[Hit]:
    steps = [one for one in facts.texts if one.path.startswith(("/process_steps", "/handling_flow", "/review"))]
    return _hits((one for one in steps if lexicon.review.search(one.text)), "审查环节")


def _annual(sentences: Sequence[Text], lexicon: Lexicon) -> Iterator[Signal]:
    found = (one for one in sentences if any(pattern.search(one.text) for pattern in lexicon.annual))
    yield from _signal("S7", _hits(found, "年检年报"))


def _continued(facts: Facts) -> Iterator[Signal]:
    hits = []
    for one in facts.continued:
        why = f"名称相似度{one.similarity:.2f}" if one.similarity is not None else f"依据同为{one.basis}"
        hits.append(Hit("/name" if one.similarity is not None else "/basis", one.name, why))
    yield from _signal("S8", hits)


def _against(facts: Facts, lexicon: Lexicon, sentences: Sequence[Text]) -> Iterator[Signal]:
    after = (one for one in sentences if any(pattern.search(one.text) for pattern in lexicon.afterwards))
    yield from _signal("M1", _hits(after, "事后备案"))
    if found := lexicon.registered_by_law.search(facts.name):
        yield from _signal("M2", [Hit("/name", found[0], facts.name)])
    if facts.item_type == _CONFIRMATION and facts.basis_kinds & _STATUTES:
        yield from _signal("M3", [Hit("/basis", ",".join(sorted(facts.basis_kinds & _STATUTES)), facts.name)])
