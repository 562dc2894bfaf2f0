"""The fourteen elements of a guide (ZL 四(一), K05), made from an implementation entry and its permit. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.codes.item_type import ITEM_TYPES

Elements = Mapping[str, Any]
IMPLEMENTATION, SPECIFICATION = "implementation", "permit"
# A sentence longer than this is not read to its end.
LONGEST_SENTENCE = 120
_SENTENCE = re.compile(r"[。！？；\n]")
# What sends readers away instead of telling them: 详见相关规定, 按有关规定办理, 其他相关材料, 以窗口要求为准.
_VAGUE = re.compile(
    r"(详见|参见|按照?|依照|根据)(相关|有关|国家)(法律|法规|规定|文件|要求)|(其他|其它|相关|有关)的?(证明)?(材料|资料|文件|手续)"
    r"|以(窗口|工作人员|实际|现场).{0,6}为准|(视|根据)情况(而定)?"
)
_LIMIT_UNITS = {"working_day": "个工作日", "natural_day": "个自然日", "calendar_month": "个月"}
_NECESSITIES = {"optional": "（非必要）", "deferrable": "（可容缺后补）"}
# Papers people get on the way; the law says what happens when nothing is told in time (行政许可法 art. 32).
_ACCEPTANCE = "符合要求的，当场受理并出具受理通知书"
_SILENCE = "逾期不告知的，自收到申请材料之日起即为受理"


class Described(Protocol):
    """What a profile says of an element, as far as a guide needs it."""

    @property
    def vocabulary(self) -> Mapping[str, str]:
        """Values and their Chinese names."""

    @property
    def default(self) -> Any:
        """What holds where an entry says nothing."""


class Profile(Protocol):
    """Where elements are described."""

    def element(self, key: str, /) -> Described | None:
        """The element of a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideElement:
    """One of the fourteen: what people read, and which list it comes from.

    Attributes
    ----------
    value : as the list stores it.
    text : the same for readers; empty when neither list says anything.
    source : `implementation` or `permit`; None when missing.
    """

    key: str
    title: str
    value: Any
    text: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readability:
    """How a guide reads (ZZ-16).

    Attributes
    ----------
    sentences : sentences and list entries in all elements.
    longest : characters of the longest one.
    long_sentences : those that are not read to their end.
    vague : elements that send readers elsewhere instead of telling them, with the words that do.
    """

    sentences: int
    longest: int
    long_sentences: int
    vague: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """A guide: fourteen elements, what else people should know, and how complete and readable it is (ZZ-16)."""

    elements: tuple[GuideElement, ...]
    notices: tuple[str, ...]
    missing: tuple[str, ...]
    readability: Readability


# Key of the guide, title, and the elements it is made of in the order in which they are looked for.
FOURTEEN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("name", "事项名称", ("name",)),
    ("item_type", "事项类型", ("item_type",)),
    ("basis", "设定依据", ("basis",)),
    ("implementing_body", "实施机构", ("implementing_body",)),
    ("promised_limit", "办结时限", ("promised_limit", "statutory_limit")),
    ("fee_standard", "收费标准", ("fees", "fee_standard", "charged")),
    ("fee_basis", "收费依据", ("fees", "fee_basis", "charged")),
    ("materials", "申请材料", ("materials",)),
    ("process_steps", "办理流程", ("process_steps",)),
    ("handling_forms", "办理形式", ("handling_forms", "online")),
    ("handling_place", "办理地点", ("handling_place", "windows")),
    ("handling_hours", "办理时间", ("handling_hours", "windows")),
    ("consult_phone", "咨询电话", ("consult_phone", "consult_way", "windows")),
    ("complaint_phone", "监督电话", ("complaint_phone", "complaint_way")),
)
_WINDOW = {"handling_place": "address", "handling_hours": "hours", "consult_phone": "phone"}
_FEE = {"fee_standard": "standard", "fee_basis": "basis"}


def guide(
    implementation: Elements, specification: Elements | None, organs: Mapping[str, str], profile: Profile
) -> Guide:
    """The guide of an implementation entry; what it leaves open is taken from the permit's specification.

    `organs` are names by id, for entries that name organs by id; published ones carry the name. Changing either entry
    changes the guide: it is never stored.
    """
    made = tuple(
        _element(key, title, looked_for, implementation, specification or {}, organs, profile)
        for key, title, looked_for in FOURTEEN
    )
    return Guide(
        elements=made,
        notices=_notices(implementation, profile),
        missing=tuple(one.key for one in made if not one.text),
        readability=_readability(made),
    )


def completeness(found: Guide) -> float:
    """Elements that somebody has said something about, of all; to four places, rounded down."""
    return (len(found.elements) - len(found.missing)) * 10_000 // len(found.elements) / 10_000


def _readability(made: Sequence[GuideElement]) -> Readability:
    lengths = [len(part) for one in made for part in _SENTENCE.split(one.text) if part.strip()]
    vague = {one.key: match.group() for one in made if (match := _VAGUE.search(one.text))}
    return Readability(
        sentences=len(lengths),
        longest=max(lengths, default=0),
        long_sentences=sum(length > LONGEST_SENTENCE for length in lengths),
        vague=vague,
    )


def _element(
    key: str, title: str, looked_for: Sequence[str], implementation: Elements, specification: Elements,
    organs: Mapping[str, str], profile: Profile,
) -> GuideElement:  # fmt: skip
    for source, elements in ((IMPLEMENTATION, implementation), (SPECIFICATION, specification)):
        for element in looked_for:
            value = elements.get(element)
            if value is None or value == "" or value == []:
                continue
            if text := _text(key, element, value, organs, profile):
                return GuideElement(key=key, title=title, value=value, text=text, source=source)
    return GuideElement(key=key, title=title, value=None, text="", source=None)


def _text(key: str, element: str, value: Any, organs: Mapping[str, str], profile: Profile) -> str:
    if element == "windows":
        return _joined(value, lambda row: row.get(_WINDOW[key]))
    if element == "fees":
        return _joined(value, lambda row: row.get(_FEE[key]) and f"{row.get('name', '')}：{row[_FEE[key]]}")
    if element == "charged":
        return "" if value else "不收费"
    if element == "online":
        return "可网上办理" if value else "窗口办理"
    if element == "implementing_body":
        return str(value.get("name") or "") if isinstance(value, Mapping) else organs.get(str(value), "")
    if element == "item_type":
        known = ITEM_TYPES.get(str(value))
        return known.label if known else _words(profile, element, [value])
    return _plain(element, value, profile)


def _plain(element: str, value: Any, profile: Profile) -> str:
    match element:
        case "promised_limit" | "statutory_limit":
            return limit_text(value)
        case "basis":
            return _joined(value, lambda row: f"《{row.get('document', '')}》{row.get('article') or ''}")
        case "materials":
            return _joined(value, _material)
        case "process_steps":
            return _joined(value, _step)
        case "handling_forms":
            return _words(profile, element, value if isinstance(value, list) else [value])
    return str(value) if isinstance(value, str) else ""


def _joined(rows: Any, words: Callable[[Mapping[str, Any]], Any]) -> str:
    said = [words(row) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return "；".join(dict.fromkeys(str(one) for one in said if one))


def _material(row: Mapping[str, Any]) -> str:
    return f"{row.get('name', '')}{_NECESSITIES.get(str(row.get('necessity')), '')}"


def _step(row: Mapping[str, Any]) -> str:
    limit = limit_text(row.get("limit"))
    return f"{row.get('name', '')}{f'（{limit}）' if limit else ''}"


def limit_text(value: Any) -> str:
    """A limit as people write it; empty for none."""
    if not isinstance(value, Mapping) or value.get("unit") not in _LIMIT_UNITS:
        return ""
    return "当场办结" if value.get("amount") == 0 else f"{value.get('amount')}{_LIMIT_UNITS[value['unit']]}"


def _words(profile: Profile, key: str, values: Sequence[Any]) -> str:
    element = profile.element(key)
    names = element.vocabulary if element else {}
    return "、".join(names.get(str(value), str(value)) for value in values)


def _notices(implementation: Elements, profile: Profile) -> tuple[str, ...]:
    """Acceptance, correction and what holds for cases under way (TH-26, TH-27)."""
    element = profile.element("correction_limit")
    limit = limit_text(implementation.get("correction_limit") or (element.default if element else None))
    told = [f"{_ACCEPTANCE}。"]
    if limit:
        told.append(f"申请材料不齐全的，当场或在{limit}内一次性告知需要补正的全部内容；{_SILENCE}。")
    if rule := implementation.get("transitional_rule"):
        told.append(str(rule))
    return tuple(told)
