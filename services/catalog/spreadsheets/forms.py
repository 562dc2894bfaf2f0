"""How the value of an element stands in one cell, by the element's type, and how it is read again. Pure.

Whatever `written` writes, `read` reads as the same value (or leaves the element alone): where people's way of writing
would lose something, the cell holds JSON behind a mark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from services.catalog.exchange import transforms
from services.catalog.exchange.transforms import LEFT_ALONE, CellError
from services.catalog.kinds.subtables import BASIS_USES, DOCUMENT_KINDS
from shared.calendar.limits import LimitError, TimeLimit, parse_unit
from shared.codes import level
from shared.codes.problems import CodeError

# Excel's limit for a cell.
LONGEST_CELL = 32_767
TOO_LONG = "（内容超过单元格上限，未导出）"
MARK = "JSON:"
# Stands in the entry's own row for rows on a sheet of their own.
DETAILS = "（见明细表）"
STATES = {"in_use": "在用", "suspended": "暂停", "cancelled": "取消"}
AUDIENCES = {"public": "公开", "staff": "内部"}
BOOLEANS = {True: "是", False: "否"}
OPTIONAL = "（非必要）"
_LARGEST = 10**15
# Control characters XML cannot hold, and what a spreadsheet would take for an escaped one.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_CODE = re.compile(r"[0-9A-Za-z-]+")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_LIMIT = re.compile(r"(\d{1,5})\s*(\S+)")


@dataclass(frozen=True)
class Form:
    """How one element stands in cells: its type, the names of its values, and organs by how people write them.

    `organs` maps name, credit code or id to what the import goes on with; empty text: several organs have that name.
    """

    type: str
    vocabulary: Mapping[str, str] = field(default_factory=dict)
    organs: Mapping[str, str] = field(default_factory=dict)
    organ_names: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """Value -> what stands in the cell, for elements with fixed values; a doubled name is told apart by value."""
        given = {"state": STATES, "audience": AUDIENCES}.get(self.type, self.vocabulary)
        doubled = {name for name in given.values() if list(given.values()).count(name) > 1}
        return {value: f"{name}（{value}）" if name in doubled else name for value, name in given.items()}


def written(form: Form, value: Any) -> str:
    """The cell for a value; None and what the reader leaves alone are empty cells."""
    if value is None or (form.type == "serial" and value == ""):
        return ""
    plain = _plain(form, value)
    if plain is not None and len(plain) <= LONGEST_CELL and not _UNSAFE.search(plain) and _same(form, plain, value):
        return plain
    marked = MARK + json.dumps(value, ensure_ascii=True).replace("_x", "\\u005fx")
    return marked if len(marked) <= LONGEST_CELL else TOO_LONG


def _same(form: Form, cell: str, value: Any) -> bool:
    try:
        return orjson.dumps(read(form, cell), option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            value, option=orjson.OPT_SORT_KEYS
        )
    except (CellError, TypeError):
        return False


def read(form: Form, cell: str) -> Any:
    """The value of a cell; None for an empty one, LEFT_ALONE where an empty cell says nothing.

    Raises
    ------
    CellError
        In Chinese, with what to write instead.
    """
    if not cell.strip():
        return LEFT_ALONE if form.type in ("serial", "state", "audience") else None
    if cell == TOO_LONG:
        raise CellError("cell_too_long", "该要素的内容超过单元格上限，不能用电子表格修改，请在系统中直接编辑")
    if cell.strip() == DETAILS:
        return LEFT_ALONE
    if cell.startswith(MARK):
        return transforms.json(cell.removeprefix(MARK))
    return READERS[form.type](form, cell)


def _plain(form: Form, value: Any) -> str | None:
    writer = WRITERS.get(form.type)
    try:
        return writer(form, value) if writer else value if isinstance(value, str) else None
    except (KeyError, TypeError, AttributeError, ValueError, CodeError):
        return None


def _named(form: Form, cell: str) -> str:
    names = form.names()
    by_name = {name: value for value, name in names.items()}
    found = by_name.get(cell.strip()) or (cell.strip() if cell.strip() in names else None)
    # "01 行政许可" and "01" are as good as the name.
    found = found or next((value for value, name in names.items() if cell.split() == [value, name]), None)
    if found is None:
        raise CellError("not_in_list", f"“{cell[:40]}”不在取值表中，可填：{'、'.join(names.values())}")
    return found


def _item_type(form: Form, cell: str) -> str:
    return _named(form, cell) if form.vocabulary else cell.strip()


def _choices(form: Form, cell: str) -> list[str]:
    return list(dict.fromkeys(_named(form, part) for part in re.split(r"[、,，;；|\n]", cell) if part.strip()))


def _organ(form: Form, cell: str) -> str:
    text = cell.strip()
    found = form.organs.get(text, form.organs.get(text.upper()))
    if found == "":
        raise CellError("organ_ambiguous", f"有多个机构名为“{text[:40]}”，请改填统一社会信用代码")
    if found is None:
        if re.fullmatch("[0-9A-Za-z]{18}", text):
            return transforms.organ(text) or ""
        raise CellError("unknown_organ", f"机构库中没有“{text[:40]}”，请核对名称，或填统一社会信用代码")
    return found


def _lines(form: Form, cell: str) -> list[str]:
    parts = [part.strip() for part in cell.split("\n") if part.strip()]
    if len(parts) == 1:
        codes = [part.strip() for part in parts[0].split("、")]
        # A sentence may hold the enumeration comma; a row of codes is a list.
        if len(codes) > 1 and all(_CODE.fullmatch(code) for code in codes):
            return codes
    return parts


def _materials(form: Form, cell: str) -> list[dict[str, str]]:
    names = [part.strip() for part in re.split(r"[、\n]", cell) if part.strip()]
    return [
        {"name": name.removesuffix(OPTIONAL), "necessity": "optional"}
        if name.endswith(OPTIONAL)
        else {"name": name, "necessity": "required"}
        for name in names
    ]


def _basis(form: Form, cell: str) -> list[dict[str, str]]:
    uses = {title: key for key, title in BASIS_USES.items()}
    kinds = {title: key for key, title in DOCUMENT_KINDS.items()}
    rows = []
    for line in (line.strip() for line in cell.split("\n") if line.strip()):
        parts = [part.strip() for part in re.split(r"[｜|]", line)]
        if len(parts) not in (3, 4) or parts[0] not in uses or parts[1] not in kinds:
            example = "设定依据｜法律｜中华人民共和国食品安全法｜第三十五条"
            raise CellError("basis_line", f"依据每行写作“{example}”，本行为“{line[:40]}”")
        row = {"kind": uses[parts[0]], "document_kind": kinds[parts[1]], "document": parts[2]}
        rows.append(row | ({"article": parts[3]} if len(parts) == 4 else {}))
    return rows


def _limit(form: Form, cell: str) -> dict[str, Any]:
    found = _LIMIT.fullmatch(cell.strip())
    try:
        if found is None:
            raise LimitError("limit", f"“{cell[:40]}”应写作“20个工作日”“15个自然日”或“3个月”")
        limit = TimeLimit(int(found[1]), parse_unit(found[2]))
    except LimitError as error:
        raise CellError(error.code, str(error)) from None
    return {"amount": limit.amount, "unit": limit.unit.value}


def _integer(form: Form, cell: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", cell.strip()):
        raise CellError("integer", f"“{cell[:40]}”应为整数")
    return int(cell)


def _decimal(form: Form, cell: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,4})?", cell.strip(), re.ASCII):
        raise CellError("decimal", f"“{cell[:40]}”应为数字，如 0.5")
    return cell.strip()


def _date(form: Form, cell: str) -> str:
    found = _DATE.fullmatch(cell.strip())
    try:
        if found is None:
            raise ValueError
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        raise CellError("date", f"“{cell[:40]}”应为日期，如 2026-01-05") from None


def _levels(form: Form, cell: str) -> str | None:
    return transforms.levels(cell)


def _only_marked(form: Form, cell: str) -> Any:
    raise CellError("rows_as_json", f"该要素为多行明细，请写作“{MARK}[…]”，或在系统中直接编辑")


READERS: Mapping[str, Callable[[Form, str], Any]] = {
    "text": lambda form, cell: cell,
    "code": lambda form, cell: cell.strip(),
    "base_code": lambda form, cell: transforms.base_code(cell),
    "implementation_code": lambda form, cell: transforms.implementation_code(cell),
    "serial": lambda form, cell: transforms.handling_item(cell) or LEFT_ALONE,
    "item_type": _item_type,
    "level": _levels,
    "organ": _organ,
    "state": _named,
    "audience": _named,
    "choice": _named,
    "choices": _choices,
    "boolean": lambda form, cell: transforms.boolean(cell),
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "limit": _limit,
    "basis": _basis,
    "materials": _materials,
    "texts": _lines,
    "rows": _only_marked,
}


def _written_limit(form: Form, value: Any) -> str:
    limit = TimeLimit(value["amount"], parse_unit(value["unit"]))
    unit = {"working_day": "个工作日", "natural_day": "个自然日", "calendar_month": "个月"}[limit.unit.value]
    return f"{limit.amount}{unit}"


def _written_basis(form: Form, value: Any) -> str:
    return "\n".join(
        "｜".join(
            [BASIS_USES[row["kind"]], DOCUMENT_KINDS[row["document_kind"]], row["document"]]
            + ([row["article"]] if "article" in row else [])
        )
        for row in value
    )


def _written_materials(form: Form, value: Any) -> str:
    return "\n".join(row["name"] + (OPTIONAL if row["necessity"] == "optional" else "") for row in value)


WRITERS: Mapping[str, Callable[[Form, Any], str | None]] = {
    "item_type": lambda form, value: form.names()[value] if form.vocabulary else value,
    "level": lambda form, value: "、".join(one.label for one in level.parse_levels(value)),
    "organ": lambda form, value: form.organ_names[value],
    "state": lambda form, value: form.names()[value],
    "audience": lambda form, value: form.names()[value],
    "choice": lambda form, value: form.names()[value],
    "choices": lambda form, value: "、".join(form.names()[one] for one in value),
    "boolean": lambda form, value: BOOLEANS[value] if isinstance(value, bool) else None,
    "integer": lambda form, value: str(value) if isinstance(value, int) and abs(value) < _LARGEST else None,
    "limit": _written_limit,
    "basis": _written_basis,
    "materials": _written_materials,
    "texts": lambda form, value: "\n".join(value),
    "rows": lambda form, value: None,
}
