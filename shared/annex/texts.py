"""How the value of an element reads in a published annex. Pure: element and value in, Chinese text out.

What cannot be read as its type is shown as it stands rather than left out: an annex must not lose a word of its list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from shared.codes import level
from shared.codes.item_type import ITEM_TYPES
from shared.codes.problems import CodeError

Element = Mapping[str, Any]
"""An element as its profile stores it: key, title, type, vocabulary, columns."""

STATES = {"in_use": "在用", "suspended": "暂停", "cancelled": "取消"}
UNITS = {
    "working_day": "个工作日",
    "natural_day": "个自然日",
    "calendar_month": "个月",
    "nth_day_of_month": "日（每月）",
}
BASIS_USES = {"set": "设定依据", "implement": "实施依据", "supervise": "监管依据"}
OPTIONAL = "（非必要）"
UNKNOWN: Element = {"type": "text"}


def text_of(element: Element, value: Any) -> str:
    """What stands in the cell; empty for no value."""
    if value is None or value == "" or value == []:
        return ""
    reader = READERS.get(str(element.get("type")))
    try:
        return reader(element, value) if reader else plain(value)
    except (KeyError, TypeError, AttributeError, ValueError, CodeError):
        return plain(value)


def plain(value: Any) -> str:
    """A value without knowing what it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping) and isinstance(value.get("name"), str):
        return str(value["name"])
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n".join(value)
    return str(value) if isinstance(value, int | float) else orjson.dumps(value).decode()


def _named(element: Element, value: Any) -> str:
    return str((element.get("vocabulary") or {}).get(value, value))


def _item_type(element: Element, value: Any) -> str:
    known = ITEM_TYPES.get(value)
    return str((element.get("vocabulary") or {}).get(value) or (known.label if known else value))


def _levels(element: Element, value: Any) -> str:
    return "、".join(one.label for one in level.parse_levels(value))


def _organ(element: Element, value: Any) -> str:
    organs = value if isinstance(value, list) else [value]
    return "、".join(plain(one) for one in organs)


def _limit(element: Element, value: Any) -> str:
    return f"{value['amount']}{UNITS[value['unit']]}"


def _basis(element: Element, value: Sequence[Mapping[str, Any]]) -> str:
    uses = {row.get("kind") for row in value}
    return "\n".join(_basis_row(row, labelled=len(uses) > 1) for row in value)


def _basis_row(row: Mapping[str, Any], *, labelled: bool) -> str:
    name = str(row["document"])
    title = name if name.startswith("《") else f"《{name}》"
    number = str(row.get("number") or "")
    bracketed = number if not number or number[0] in "（(" else f"（{number}）"
    lead = f"{BASIS_USES[row['kind']]}：" if labelled and row.get("kind") in BASIS_USES else ""
    return f"{lead}{title}{bracketed}{row.get('article') or ''}"


def _materials(element: Element, value: Sequence[Mapping[str, Any]]) -> str:
    return _numbered([str(row["name"]) + (OPTIONAL if row.get("necessity") == "optional" else "") for row in value])


def _numbered(lines: Sequence[str]) -> str:
    return lines[0] if len(lines) == 1 else "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def _rows(element: Element, value: Sequence[Mapping[str, Any]]) -> str:
    columns: Sequence[Element] = element.get("columns") or [{"key": key} for key in dict.fromkeys(
        key for row in value for key in row)]  # fmt: skip
    return _numbered([_row(columns, row) for row in value])


def _row(columns: Sequence[Element], row: Mapping[str, Any]) -> str:
    """The first value bare, since it names the row; each further one behind its title."""
    told = [(column, text_of(column, row.get(str(column["key"])))) for column in columns]
    filled = [(column, text.replace("\n", "、")) for column, text in told if text]
    return "；".join(
        text if place == 0 or not column.get("title") else f"{column['title']}：{text}"
        for place, (column, text) in enumerate(filled)
    )


READERS: Mapping[str, Callable[[Element, Any], str]] = {
    "item_type": _item_type,
    "level": _levels,
    "organ": _organ,
    "state": lambda element, value: STATES[value],
    "choice": _named,
    "choices": lambda element, value: "、".join(_named(element, one) for one in value),
    "limit": _limit,
    "basis": _basis,
    "materials": _materials,
    "texts": lambda element, value: _numbered([str(line) for line in value]),
    "rows": _rows,
}
