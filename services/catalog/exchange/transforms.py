"""The closed set of ways a cell becomes a value; a mapping profile names them, nothing else is ever executed.

Every transform takes the text of one cell (the limit: two) and answers a JSON value, None for "no value here",
or raises CellError, whose message an official can act on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from services.catalog.exchange.basis_text import bases
from shared.codes import credit_code, item_code, level
from shared.codes.problems import CodeError, normalise

# Ten years of days: the longest limit the working-day calendar can compare.
LONGEST_LIMIT = 3653
# A guide that asks for more visits than this is a typing error, not a matter.
MOST_VISITS = 999

# Sound codes as the parsers of shared.codes read them. They are asked only what is wrong with the others: taking a
# code apart costs ten times as much as seeing that it is whole.
_ORGAN = r"[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}"
_BASE = r"\d{2}(?!00)\d{2}[0-9A-Z]{5}(?:\d{3}|00Y)"
_SOUND_BASE = re.compile(_BASE, re.ASCII)
_SOUND_WHOLE = re.compile(rf"{_ORGAN}[1-7]{_BASE}(?:\d{{2}})?", re.ASCII)

# As deep as the API takes; serialisers have limits of their own, far beyond this one.
DEEPEST = 50

# Half-width or full-width; superscripts and other scripts are no amounts (10² is not 102).
_DIGITS = re.compile("[0-9０-９]{1,11}")

_TRUE = frozenset({"1", "是", "有", "Y", "YES", "TRUE", "√"})
_FALSE = frozenset({"0", "否", "无", "N", "NO", "FALSE", "×"})

Vocabulary = Mapping[str, str]
# What a reader answers for a cell that says nothing of its element: it is neither set nor cleared.
LEFT_ALONE = object()


class CellError(ValueError):
    """A cell that cannot be read; `code` is stable English, the message Chinese."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def text(cell: str) -> str | None:
    """The text without outer blanks."""
    return cell.strip() or None


def texts(cell: str, separator: str) -> list[str] | None:
    """Parts of a cell, in their order, without blanks and repetitions; the whole cell when no separator is given."""
    parts = cell.split(separator) if separator else [cell]
    found = list(dict.fromkeys(part.strip() for part in parts))
    return [part for part in found if part] or None


def materials(cell: str, separator: str) -> list[dict[str, str]] | None:
    """Names of materials as rows of the element; what a list names without more is required of the applicant."""
    names = texts(cell, separator)
    return None if names is None else [{"name": name, "necessity": "required"} for name in names]


def base_code(cell: str) -> str | None:
    """A base code of 12 characters (基本编码)."""
    code = _code(cell)
    if not code or _SOUND_BASE.fullmatch(code):
        return code or None
    return _checked(lambda: item_code.BaseCode.parse(code).value)


def implementation_code(cell: str) -> str | None:
    """An implementation code of 31, or a handling item code of 33 characters."""
    code = _code(cell)
    if not code or _SOUND_WHOLE.fullmatch(code):
        return code or None
    if len(code) == item_code.HandlingItemCode.LENGTH:
        return _checked(lambda: item_code.HandlingItemCode.parse(code).value)
    return _checked(lambda: item_code.ImplementationCode.parse(code).value)


def handling_item(cell: str) -> str:
    """The serial of a handling item: the last two digits of a 33-digit code, two digits as such, else empty."""
    code = _code(cell)
    if len(code) == item_code.HandlingItemCode.LENGTH:
        code = code[-2:]
    elif len(code) != 2:
        return ""
    if not (code.isascii() and code.isdigit()):
        raise CellError("handling_item_serial", f"业务办理项序号“{_short(code)}”应为两位数字")
    return code


def organ(cell: str) -> str | None:
    """The credit code of an organ; wrong check characters are the register's business, a broken structure is ours."""
    code = _code(cell)
    return _checked(lambda: credit_code.parse(code).value) if code else None


def levels(cell: str) -> str | None:
    """Levels of exercise from digits or names (``省级|市级``) in the exchange form (``2,3``)."""
    return _checked(lambda: level.format_levels(level.parse_levels(cell))) if cell.strip() else None


def integer(cell: str, highest: int = MOST_VISITS) -> int | None:
    """A whole number from 0 to `highest`."""
    digits = cell.strip()
    if not digits:
        return None
    if not _DIGITS.fullmatch(digits) or int(digits) > highest:
        raise CellError("integer", f"“{_short(cell)}”应为0至{highest}的整数")
    return int(digits)


def boolean(cell: str) -> bool | None:
    """1/0, 是/否, 有/无, true/false."""
    word = _code(cell)
    if not word:
        return None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise CellError("boolean", f"“{_short(cell)}”应为“是”或“否”（或1、0）")


def one_of(cell: str, vocabulary: Vocabulary, name: str) -> str | None:
    """The translation of a foreign value; nothing is guessed."""
    foreign = cell.strip()
    if not foreign:
        return None
    value = vocabulary.get(foreign)
    if value is None:
        raise CellError("vocabulary_unmapped", f"值“{_short(foreign)}”在对照表“{name}”中没有对应，请先补充对照关系")
    return value


def several_of(cell: str, vocabulary: Vocabulary, name: str, separator: str) -> list[str] | None:
    """The translations of all parts of a cell, in order, each once."""
    parts = texts(cell, separator)
    if parts is None:
        return None
    return list(dict.fromkeys(value for part in parts if (value := one_of(part, vocabulary, name)) is not None))


def limit(amount_cell: str, unit_cell: str, vocabulary: Vocabulary, name: str) -> dict[str, Any] | None:
    """A time limit with its unit; an amount without unit is refused, since days may be working days or not."""
    amount = integer(amount_cell, LONGEST_LIMIT)
    unit = one_of(unit_cell, vocabulary, name)
    if amount is None:
        return None
    if unit is None:
        raise CellError("limit_unit_missing", "时限没有单位，请写明“工作日”或“自然日”")
    return {"amount": amount, "unit": unit}


def json(cell: str) -> Any:
    """A structured value written as JSON, without nulls; for elements such as the legal basis."""
    if not cell.strip():
        return None
    if "\\u0000" in cell:
        raise CellError("nul_character", "含有空字符（U+0000），请删除")
    try:
        value = orjson.loads(cell)
    except orjson.JSONDecodeError:
        raise CellError("json", "不是有效的JSON，请检查引号和括号") from None
    if is_too_deep(value):
        raise CellError("too_deep", f"JSON嵌套超过{DEEPEST}层，请减少嵌套")
    return without_nulls(value)


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects stand deeper in one another than what can be stored and sent again."""
    inside = [value]
    for _ in range(DEEPEST):
        inside = [
            part
            for one in inside
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    return any(isinstance(one, dict | list) for one in inside)


def without_nulls(value: Any) -> Any:
    """The value without members that say nothing: a stored entry never holds null inside."""
    if isinstance(value, dict):
        return {key: without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_nulls(member) for member in value if member is not None]
    return value


def _code(cell: str) -> str:
    """The cell as a code; most are plain already."""
    return cell.upper() if cell.isascii() and cell.isalnum() else normalise(cell)


def _checked(parse: Callable[[], str]) -> str:
    try:
        return parse()
    except CodeError as error:
        raise CellError(error.problem.code, error.problem.message) from None


def _short(cell: str) -> str:
    """Enough of a cell to recognise it in a message."""
    return cell if len(cell) <= 40 else cell[:40] + "…"


# What a profile may name: single cell, no further parameter.
PLAIN: Mapping[str, Callable[[str], Any]] = {
    "text": text,
    "base_code": base_code,
    "implementation_code": implementation_code,
    "handling_item": handling_item,
    "organ": organ,
    "levels": levels,
    "integer": integer,
    "boolean": boolean,
    "json": json,
    "basis": lambda cell: bases(cell) or None,
}
# Single cell, split at a separator.
SPLIT: Mapping[str, Callable[[str, str], Any]] = {"list": texts, "materials": materials}
# Translated through a vocabulary of the profile's source.
TRANSLATED: Sequence[str] = ("vocabulary", "vocabulary_list", "limit")
NAMES: frozenset[str] = frozenset({*PLAIN, *SPLIT, *TRANSLATED, "constant", "sheet"})
# Columns of these hold few different values, so reading each once is enough.
REPETITIVE: frozenset[str] = frozenset({"organ", "levels", "integer", "boolean"})
# Cells that stay text: a spreadsheet would run what begins like a formula.
TEXTUAL: frozenset[str] = frozenset({"text", "list", "materials"})
