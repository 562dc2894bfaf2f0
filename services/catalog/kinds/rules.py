"""Element profiles as data: reading, choosing and checking them. A new kind needs no code, only a definition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shared import problems, secrecy

# What the value of an element looks like; `quality/rules.py` checks each of them.
ELEMENT_TYPES = (
    "text", "code", "base_code", "implementation_code", "serial", "item_type", "level", "organ", "state", "audience",
    "choice", "choices", "boolean", "integer", "decimal", "date", "limit", "basis", "materials", "texts", "rows",
)  # fmt: skip
# What a cell of a sub-table can hold: everything but a sub-table, and nothing that is a column of an item.
COLUMN_TYPES = (
    "text", "code", "base_code", "implementation_code", "level", "organ", "choice", "choices", "boolean", "integer",
    "decimal", "date", "limit", "texts",
)  # fmt: skip

# Elements that are columns of an item, or that linkage compares: their type is the same in every kind.
RESERVED: Mapping[str, str] = {
    "name": "text",
    "permit_name": "text",
    "base_code": "base_code",
    "implementation_code": "implementation_code",
    "handling_item": "serial",
    "item_type": "item_type",
    "level": "level",
    "implementing_body": "organ",
    "supervising_body": "organ",
    "section": "choice",
    "state": "state",
    "audience": "audience",
    secrecy.ELEMENT: "choice",
    "basis": "basis",
    "materials": "materials",
    "conditions": "texts",
    "statutory_limit": "limit",
    "promised_limit": "limit",
}

_KEY = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_KIND = re.compile(r"^[a-z][a-z0-9_]{1,62}$")
# The fullest official sheet has 147 fields; a definition beyond twice that is a mistake, not a list.
MOST_ELEMENTS = 300
MOST_COLUMNS = 60


@dataclass(frozen=True, eq=False, kw_only=True)
class Element:
    """One element of an entry.

    Attributes
    ----------
    key : English identifier, the key in an item version's `elements`.
    title : Chinese name shown to people.
    type : one of `ELEMENT_TYPES`.
    group : Chinese heading it stands under.
    mandatory : an entry without it is incomplete (V01).
    mandatory_for : item types for which it is mandatory although it is not in general.
    mandatory_when : element of the entry -> values with which it is mandatory (sections of a list).
    vocabulary : allowed values and their Chinese names; empty: any.
    order : all values of the vocabulary, where entries are listed in their order (a stored object keeps none).
    public : whether citizens see it.
    withheld_because : the ground on which they do not (`shared/secrecy.py`).
    inherited : comes from the superior's or the leading list and is read-only in this one.
    minor : may be corrected without an adjustment (telephone, window, opening hours).
    default : what holds where an entry says nothing, e.g. the statutory days of a notice.
    columns : what the rows of a sub-table consist of (type `rows`); empty: rows are free.
    """

    key: str
    title: str
    type: str
    group: str = ""
    mandatory: bool = False
    mandatory_for: tuple[str, ...] = ()
    mandatory_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    public: bool = True
    withheld_because: str = ""
    inherited: bool = False
    minor: bool = False
    description: str = ""
    default: Any = None
    columns: tuple[Element, ...] = ()


# Every entry has them, so a definition need not name them.
IMPLICIT = (
    Element(key="state", title="事项状态", type="state"),
    Element(key="audience", title="可见范围", type="audience"),
    Element(
        key=secrecy.ELEMENT, title=secrecy.TITLE, type="choice", vocabulary=secrecy.OF_ENTRIES, public=False,
        withheld_because="internal_affairs", description="只在可见范围为“内部”时填写",
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile:
    """What an entry of a kind consists of, for an item type (all when None) and a region (everywhere when None)."""

    kind: str
    number: int
    elements: tuple[Element, ...]
    valid_from: date
    item_type: str | None = None
    region_code: str | None = None
    name: str | None = None

    def element(self, key: str) -> Element | None:
        """The element with this key."""
        return next((element for element in self.elements if element.key == key), None)

    @property
    def orders(self) -> dict[str, tuple[str, ...]]:
        """Element -> its values in the order in which entries are listed; entries go by the first, then the next."""
        return {element.key: element.order for element in self.elements if element.order}


def read_element(data: Mapping[str, Any]) -> Element:
    """An element from its stored form; keys it does not know are passed over, so older code reads newer data."""
    known = {name: data[name] for name in Element.__dataclass_fields__ if data.get(name) is not None}
    for name in ("mandatory_for", "order"):
        if name in known:
            known[name] = tuple(known[name])
    if "mandatory_when" in known:
        known["mandatory_when"] = {key: tuple(values) for key, values in known["mandatory_when"].items()}
    if "columns" in known:
        known["columns"] = tuple(read_element(column) for column in known["columns"])
    return Element(**known)


def read_profile(row: Mapping[str, Any]) -> Profile:
    """A profile from its row."""
    return Profile(
        kind=row["kind"],
        number=row["number"],
        item_type=row["item_type"],
        region_code=row["region_code"],
        valid_from=row["valid_from"],
        name=row.get("name"),
        elements=tuple(read_element(element) for element in row["elements"]),
    )


def choose(
    profiles: Iterable[Profile], *, item_type: str | None, region_chain: Sequence[str], on: date
) -> Profile | None:
    """The profile that applies: of the nearest region, then of the item type, then the latest in force on the day.

    `region_chain` is the region's code and those of all regions above it, nearest first.
    """
    nearness = {code: len(region_chain) - index for index, code in enumerate(region_chain)}
    candidates = [
        profile
        for profile in profiles
        if profile.valid_from <= on
        and profile.item_type in (None, item_type)
        and (profile.region_code is None or profile.region_code in nearness)
    ]
    return max(
        candidates,
        key=lambda p: (nearness.get(p.region_code or "", 0), p.item_type is not None, p.valid_from, p.number),
        default=None,
    )


def check_kind_code(code: str) -> None:
    """Refuse a code that cannot be an identifier. Raises Invalid."""
    if not _KIND.match(code):
        raise problems.Invalid(
            "清单类型代码只能用小写字母、数字和下划线，以字母开头，2至63个字符。",
            code="kind_code",
            errors=[problems.FieldError("/code", "kind_code", "如 market_access_negative")],
        )


def check_definition(elements: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a definition that would not be usable at once (QX-03).

    Raises
    ------
    Invalid
        One error per element that is wrong: key, type, vocabulary, a reserved element of another type, no `name`.
    """
    errors: list[problems.FieldError] = []
    seen: set[str] = set()
    for index, element in enumerate(elements):
        errors += _element_errors(f"/elements/{index}", element, seen, ELEMENT_TYPES)
        errors += _column_errors(f"/elements/{index}/columns", element)
        errors += _condition_errors(f"/elements/{index}/mandatory_when", element, elements)
        seen.add(str(element.get("key")))
    if "name" not in seen:
        message = "须包含事项名称要素（key 为 name，type 为 text）"
        errors.append(problems.FieldError("/elements", "name_missing", message))
    if len(elements) > MOST_ELEMENTS:
        errors.append(problems.FieldError("/elements", "too_many", f"要素不超过{MOST_ELEMENTS}个"))
    if errors:
        raise problems.Invalid(f"要素定义有{len(errors)}处错误，请按提示修改。", code="profile_invalid", errors=errors)


def _element_errors(
    place: str, element: Mapping[str, Any], seen: set[str], types: Sequence[str]
) -> list[problems.FieldError]:
    key, kind = str(element.get("key")), element.get("type")
    found = []
    if not _KEY.match(key):
        found.append(("key", "element_key", "要素标识只能用小写字母、数字和下划线，以字母开头"))
    if key in seen:
        found.append(("key", "element_twice", f"要素“{key}”重复定义"))
    if kind not in types:
        found.append(("type", "element_type", f"类型应为：{'、'.join(types)}"))
    elif types is ELEMENT_TYPES and key in RESERVED and kind != RESERVED[key]:
        found.append(("type", "reserved_element", f"要素“{key}”在各清单中通用，类型应为 {RESERVED[key]}"))
    if kind in ("choice", "choices") and not element.get("vocabulary"):
        found.append(("vocabulary", "vocabulary_missing", "选择类要素须给出取值表"))
    if (
        element.get("public") is False
        and key != "audience"
        and element.get("withheld_because") not in secrecy.OF_ELEMENTS
    ):
        message = f"不公开的要素须写明理由（withheld_because）：{'、'.join(secrecy.OF_ELEMENTS)}"
        found.append(("withheld_because", "withheld_without_ground", message))
    order = list(element.get("order") or ())
    if order and sorted(order) != sorted(element.get("vocabulary") or ()):
        found.append(("order", "order_incomplete", "排列顺序须恰好包含取值表中的每个取值"))
    return [problems.FieldError(f"{place}/{field_}", code, message) for field_, code, message in found]


def _condition_errors(
    place: str, element: Mapping[str, Any], elements: Sequence[Mapping[str, Any]]
) -> Iterator[problems.FieldError]:
    """What an element is mandatory with must be values of an element there is."""
    choices = {str(one.get("key")): one.get("vocabulary") or {} for one in elements}
    for key, values in (element.get("mandatory_when") or {}).items():
        if key not in choices or (unknown := [value for value in values if value not in choices[key]]):
            message = f"必填条件须取自选择类要素的取值表：{key}" + (
                "" if key not in choices else f"（{'、'.join(unknown)}）"
            )
            yield problems.FieldError(f"{place}/{key}", "unknown_condition", message)


def _column_errors(place: str, element: Mapping[str, Any]) -> list[problems.FieldError]:
    columns = element.get("columns") or ()
    if columns and element.get("type") != "rows":
        return [problems.FieldError(place, "columns_not_allowed", "只有明细表（rows）可以定义列")]
    errors: list[problems.FieldError] = []
    seen: set[str] = set()
    for index, column in enumerate(columns):
        errors += _element_errors(f"{place}/{index}", column, seen, COLUMN_TYPES)
        seen.add(str(column.get("key")))
    if len(columns) > MOST_COLUMNS:
        errors.append(problems.FieldError(place, "too_many", f"列不超过{MOST_COLUMNS}个"))
    return errors
