"""Values between our elements and a peer's columns. Pure.

Every value of a column is text; booleans are 1 and 0. A code without a counterpart is an error, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from services.publish.platform.mapping import Child, Column, Half

Row = dict[str, str]


class Untranslatable(Exception):
    """A value the mapping profile has no counterpart for; the message is Chinese and names the element."""

    def __init__(self, element: str, message: str) -> None:
        super().__init__(message)
        self.element = element


def outward(
    half: Half, elements: Mapping[str, Any], linked: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
) -> dict[str, Any]:
    """The peer's rows of one item: {"ROW": {column: text}, "CHILDREN": {table: [{column: text}]}}.

    `linked` : type of link -> elements of the published entries at its other end.

    Raises
    ------
    Untranslatable
        A value has no counterpart.
    """
    children = {}
    for child in half.children:
        given = _rows_of(child, elements, linked or {})
        found = [_row(child.columns, row, elements) for row in given]
        if child.numbered is not None:
            found = [row | {child.numbered: str(place)} for place, row in enumerate(found, start=1)]
        if any(found):
            children[child.table] = found
    return {"ROW": _row(half.columns, elements, elements), "CHILDREN": children}


def _rows_of(
    child: Child, elements: Mapping[str, Any], linked: Mapping[str, Sequence[Mapping[str, Any]]]
) -> Sequence[Mapping[str, Any]]:
    """What the rows of a further table are made of."""
    if child.linked is not None:
        return linked.get(child.linked, ())
    rows = [elements] if child.element is None else elements.get(child.element)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of what an item's rows say: `{"CHILDREN": ..., "ROW": ...}` as JSON in UTF-8, keys sorted by code
    point, no spaces; control columns are no part of it. Both sides compute it by themselves (docs/platform.md)."""
    said = {"ROW": content["ROW"], "CHILDREN": content["CHILDREN"]}
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def inward(half: Half, aggregate: Mapping[str, Any]) -> dict[str, Any]:
    """The elements that an aggregate of a peer's catalogue says.

    Raises
    ------
    Untranslatable
        The main table is missing, a value is no text, or a code has no counterpart.
    """
    main = aggregate.get(half.table)
    if not isinstance(main, Mapping):
        raise Untranslatable(half.table, f"缺少 {half.table}，或其内容不是对象")
    elements: dict[str, Any] = dict(_elements(half.columns, main))
    for child in half.children:
        rows = aggregate.get(child.table) or []
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise Untranslatable(child.element or child.table, f"{child.table} 应为对象的数组")
        found = [dict(_elements(child.columns, row)) for row in rows]
        if found:
            if child.element is None:
                elements |= {key: value for row in found for key, value in row.items()}
            else:
                elements[child.element] = found
    return elements


def _elements(columns: Sequence[Column], row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for column in columns:
        element = column.element or ""
        if column.value is not None:
            yield element, column.value
            continue
        given = row.get(column.column or "", column.default)
        if given is None or given == "":
            continue
        if isinstance(given, bool) or not isinstance(given, (str, int)):
            raise Untranslatable(element, f"{column.column} 应为文本")
        text = str(given).strip()
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise Untranslatable(element, f"{column.column} 含有空字符或不完整的字符")
        yield element, _coded(column, text)


def _row(columns: Sequence[Column], elements: Mapping[str, Any], item: Mapping[str, Any]) -> Row:
    row = {}
    for column in columns:  # some forty an item, of which it says a dozen
        text = column.value
        if text is None:
            given = (item if column.of == "item" else elements).get(column.element or "")
            text = None if given is None else _text(column, given)
        text = column.default if text is None else text
        if text is not None:
            row[column.column or ""] = text
    return row


def _text(column: Column, value: Any) -> str | None:
    """What a column says of a value; None when there is nothing to say."""
    if value is None:
        return None
    if isinstance(value, str) and column.form == "text":
        return _coded(column, value) if value else None
    parts = value if isinstance(value, list) else [value]
    said = [text for part in parts if (text := _part(column, part)) not in (None, "")]
    separator = "\n" if column.form == "basis" else column.separator
    return separator.join(said) if said else None


def _part(column: Column, value: Any) -> str | None:
    if column.form in _PIECES:
        value = _PIECES[column.form](value)
    text = _plain(value)
    return text if text is None or text == "" else _coded(column, text)


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _coded(column: Column, text: str) -> str:
    if not column.vocabulary:
        return text
    found = column.vocabulary.get(text)
    if found is None:
        raise Untranslatable(
            column.element or "", f"{column.column}：代码“{text[:50]}”在对照方案中没有对应值，请补充对照方案"
        )
    return found


def _of(key: str, value: Any) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _row_name(value: Any) -> Any:
    return _of("name", value)


def _basis(value: Any) -> Any:
    """One article as people write it: 《文件》（文号）第几条."""
    if not isinstance(value, Mapping) or not value.get("document"):
        return value if isinstance(value, str) else None
    number = f"（{value['number']}）" if value.get("number") else ""
    return f"《{value['document']}》{number}{value.get('article') or ''}"


def _region_short(value: Any) -> Any:
    """The six digits of GB/T 2260, which the register pads to twelve."""
    return str(value)[:6]


_PIECES = {
    "organ_name": lambda value: _of("name", value),
    "organ_code": lambda value: _of("credit_code", value),
    "limit_amount": lambda value: _of("amount", value),
    "limit_unit": lambda value: _of("unit", value),
    "basis": _basis,
    "row_name": _row_name,
    "region_short": _region_short,
}
