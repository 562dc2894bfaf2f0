"""What the value of an element must look like, by its type; pure. Part of V01 (空项、漏项、错误项)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from services.catalog.kinds.rules import Element, read_element
from services.catalog.kinds.subtables import (
    BASIS_COLUMNS,
    BASIS_USES,
    DOCUMENT_KINDS,
    MATERIAL_COLUMNS,
)
from shared import problems
from shared.calendar.limits import LimitError, TimeLimit
from shared.calendar.working_days import Unit
from shared.codes import level
from shared.codes.problems import CodeError
from shared.guide.materials import NECESSITIES

LONGEST_TEXT = 20_000  # the longest published condition text of the real lists has 6,800 characters
LONGEST_NAME = 1_000  # TASK_NAME v1000 of the exchange tables
MOST_ROWS = 500
# Codes are compared and indexed: the longest official column is varchar(50).
LONGEST_CODE = 50

_KNOWN_DOCUMENTS = "、".join(f"{code} {title}" for code, title in DOCUMENT_KINDS.items())
_KNOWN_NECESSITIES = "、".join(f"{code}（{title}）" for code, title in NECESSITIES.items())
STATES = ("in_use", "suspended", "cancelled")

_UNITS = frozenset(unit.value for unit in Unit)

Problem = tuple[str, str]
"""Where inside the value ('' or '/0/article'), and in Chinese what is wrong."""

Checker = Callable[[Any, Element], Problem | None]

_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_DIGITS = re.compile(r"^[0-9]{2}$")
_DECIMAL = re.compile(r"^-?[0-9]{1,12}(\.[0-9]{1,4})?$", re.ASCII)


def _text(value: Any, element: Element) -> Problem | None:
    if not isinstance(value, str):
        return "", "应为文本"
    longest = LONGEST_NAME if element.key in ("name", "permit_name") else LONGEST_TEXT
    return ("", f"超过{longest}个字符") if len(value) > longest else None


def _code(value: Any, element: Element) -> Problem | None:
    if not isinstance(value, str):
        return "", "应为文本"
    return ("", f"编码不超过{LONGEST_CODE}个字符") if len(value) > LONGEST_CODE else None


def _two_digits(value: Any, element: Element) -> Problem | None:
    if value == "" and element.type == "serial":
        return None
    if not isinstance(value, str) or not _DIGITS.match(value):
        return "", "应为2位数字"
    if element.vocabulary and value not in element.vocabulary:
        return "", f"“{value}”不属于本清单，可用：{_listed(element)}"
    return None


def _listed(element: Element) -> str:
    return "、".join(f"{value} {title}" for value, title in element.vocabulary.items())


def _organ(value: Any, element: Element) -> Problem | None:
    return None if isinstance(value, str) and _UUID.match(value) else ("", "应为机构编号（小写 UUID）")


def _level(value: Any, element: Element) -> Problem | None:
    return _level_problem(value if isinstance(value, str) else "")


@lru_cache(maxsize=1024)
def _level_problem(value: str) -> Problem | None:
    try:
        parsed = level.format_levels(level.parse_levels(value))
    except CodeError as error:
        # The title of the element comes before it.
        return "", error.problem.message.removeprefix("行使层级")
    return None if parsed == value else ("", f"应写作“{parsed}”（数字，升序，逗号分隔）")


def _one_of(*allowed: str) -> Checker:
    def check(value: Any, element: Element) -> Problem | None:
        return None if isinstance(value, str) and value in allowed else ("", f"应为：{'、'.join(allowed)}")

    return check


def _choice(value: Any, element: Element) -> Problem | None:
    if isinstance(value, str) and value in element.vocabulary:
        return None
    return "", f"不在取值表中，可用：{_listed(element)}"


def _choices(value: Any, element: Element) -> Problem | None:
    if not isinstance(value, list):
        return "", "应为数组"
    wrong = ((f"/{index}", problem) for index, entry in enumerate(value) if (problem := _choice(entry, element)))
    return next(((place, problem[1]) for place, problem in wrong), None)


def _boolean(value: Any, element: Element) -> Problem | None:
    return None if isinstance(value, bool) else ("", "应为 true 或 false")


def _integer(value: Any, element: Element) -> Problem | None:
    sound = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**15
    return None if sound else ("", "应为整数")


def _decimal(value: Any, element: Element) -> Problem | None:
    """A number as text: amounts and ratios are kept as written, never rounded by a binary fraction."""
    sound = isinstance(value, str) and _DECIMAL.match(value)
    return None if sound else ("", "应为数字（文本形式，最多12位整数、4位小数），如 0.5")


def _date(value: Any, element: Element) -> Problem | None:
    try:
        date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        return "", "应为日期（YYYY-MM-DD）"
    return None


# Nearly all are dicts: asking for the abstract class alone takes ten times as long.
_OBJECT = (dict, Mapping)
_LIMIT_KEYS = frozenset({"amount", "unit"})


def as_limit(value: Any) -> TimeLimit:
    """The time limit of its stored form {"amount", "unit"}. Raises LimitError."""
    if not isinstance(value, _OBJECT) or value.keys() != _LIMIT_KEYS:
        raise LimitError("limit_shape", '时限应写明数量和单位，例如 {"amount": 5, "unit": "working_day"}')
    amount, unit = value["amount"], value["unit"]
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise LimitError("limit_amount", "时限数值应为整数")
    if not isinstance(unit, str) or unit not in _UNITS:
        raise LimitError("limit_unit", "时限单位应为 working_day、natural_day 或 calendar_month（工作日、自然日、月）")
    return _time_limit(amount, unit)


@lru_cache(maxsize=4096)
def _time_limit(amount: int, unit: str) -> TimeLimit:
    return TimeLimit(amount, Unit(unit))


def _limit(value: Any, element: Element) -> Problem | None:
    try:
        as_limit(value)
    except LimitError as error:
        # The title of the element comes before it, and says of what limit.
        return "", str(error).removeprefix("时限").removeprefix("办理时限")
    return None


def _texts(value: Any, element: Element) -> Problem | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        return "", f"应为不超过{MOST_ROWS}条的数组"
    for index, entry in enumerate(value):
        if not isinstance(entry, str) or not entry or entry.isspace() or len(entry) > LONGEST_TEXT:
            return f"/{index}", "应为非空文本"
    return None


def _rows(value: Any, element: Element) -> Problem | None:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        return "", f"应为不超过{MOST_ROWS}行的数组"
    for index, entry in enumerate(value):
        if not isinstance(entry, _OBJECT):
            return f"/{index}", "应为对象"
        if element.columns and (problem := _row(entry, element.columns)):
            return f"/{index}{problem[0]}", problem[1]
    return None


def _row(row: Mapping[str, Any], columns: tuple[Element, ...]) -> Problem | None:
    """What is wrong with a row of a sub-table whose columns are declared."""
    for column in columns:
        value = row.get(column.key)
        if value is None or value == "" or value == []:
            if column.mandatory:
                return f"/{column.key}", f"“{column.title}”必填"
        elif problem := CHECKERS[column.type](value, column):
            return f"/{column.key}{problem[0]}", f"“{column.title}”{problem[1]}"
    unknown = row.keys() - {column.key for column in columns}
    return ("", f"明细表没有列“{min(unknown)[:60]}”，请核对或先扩充要素表") if unknown else None


def _is_one_of(value: Any, allowed: Mapping[str, str]) -> bool:
    return isinstance(value, str) and value in allowed


def _materials(value: Any, element: Element) -> Problem | None:
    if problem := _rows(value, element):
        return problem
    for index, row in enumerate(value):
        if not isinstance(row.get("name"), str) or not row["name"].strip():
            return f"/{index}/name", "材料名称必填"
        if not _is_one_of(row.get("necessity", "required"), NECESSITIES):
            return f"/{index}/necessity", f"必要性应为：{_KNOWN_NECESSITIES}"
        if len(row) > PLAIN and (problem := _known_columns(row, MATERIAL_COLUMNS)):
            return f"/{index}{problem[0]}", problem[1]
    return None


# A material of a name and a necessity has nothing else that could be malformed.
PLAIN = 2


def _known_columns(row: Mapping[str, Any], columns: Mapping[str, Element]) -> Problem | None:
    """Columns with a meaning are well-formed; what else a row carries is its own."""
    for key, value in row.items():
        column = columns.get(key)
        if column is not None and value not in (None, "", []) and (found := CHECKERS[column.type](value, column)):
            return f"/{key}{found[0]}", f"“{column.title}”{found[1]}"
    return None


def _basis(value: Any, element: Element) -> Problem | None:
    if problem := _rows(value, element):
        return problem
    for index, row in enumerate(value):
        if not isinstance(row.get("document"), str) or not row["document"].strip():
            return f"/{index}/document", "依据名称必填"
        if not _is_one_of(row.get("kind"), BASIS_USES):
            return f"/{index}/kind", "依据类别应为 set（设定依据）、implement（实施依据）或 supervise（监管依据）"
        if not _is_one_of(row.get("document_kind"), DOCUMENT_KINDS):
            return f"/{index}/document_kind", f"文件种类应为：{_KNOWN_DOCUMENTS}"
        if problem := _known_columns(row, BASIS_COLUMNS):
            return f"/{index}{problem[0]}", problem[1]
    return None


CHECKERS: Mapping[str, Checker] = {
    "text": _text,
    "code": _code,
    "base_code": _code,
    "implementation_code": _code,
    "serial": _two_digits,
    "item_type": _two_digits,
    "level": _level,
    "organ": _organ,
    "state": _one_of(*STATES),
    "audience": _one_of("public", "staff"),
    "choice": _choice,
    "choices": _choices,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "limit": _limit,
    "basis": _basis,
    "materials": _materials,
    "texts": _texts,
    "rows": _rows,
}


def check_defaults(elements: Sequence[Mapping[str, Any]]) -> None:
    """What holds where an entry says nothing must be a value of its element. Raises Invalid with every place."""
    errors = []
    for index, element in enumerate(elements):
        default = element.get("default")
        if default is not None and (found := CHECKERS[element["type"]](default, read_element(element))):
            message = f"缺省值不符合要素类型：{found[1]}"
            errors.append(problems.FieldError(f"/elements/{index}/default{found[0]}", "default_malformed", message))
    if errors:
        raise problems.Invalid(f"要素定义有{len(errors)}处错误，请按提示修改。", code="profile_invalid", errors=errors)
