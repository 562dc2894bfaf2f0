"""How a row of an index becomes a document; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.catalog.documents.citations import find_number, read_number, title_key
from services.catalog.documents.rules import KINDS, read_date

# Columns by the names that indexes give them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "title_guess", "标题", "名称", "文件名称", "法律名称"),
    "number": ("number", "文号", "发文字号"),
    "kind": ("kind", "kind_guess", "种类", "效力级别", "文件种类"),
    "issuer": ("issuer", "发布机关", "制定机关", "颁布机关", "发文机关"),
    "area": ("area", "地区", "区域"),
    "issued": ("issued", "date_in_filename", "公布日期", "发布日期", "成文日期"),
    "effective_from": ("effective_from", "施行日期", "实施日期", "生效日期"),
    "status": ("status", "时效性"),
    "source": ("source", "path", "来源"),
}
_KINDS = {title: code for code, title in KINDS.items()} | {
    "规章": "department_rule", "国务院部门规章": "department_rule", "地方政府规章": "provincial_rule",
    "国务院规范性文件": "central_document", "国务院文件": "central_document", "司法解释": "judicial_interpretation",
    "宪法": "law", "修正案": "law",
}  # fmt: skip
_STATUSES = {
    "现行有效": "in_force", "有效": "in_force", "尚未生效": "in_force", "已修改": "amended", "已被修改": "amended",
    "失效": "void", "已失效": "void", "废止": "repealed", "已废止": "repealed",
}  # fmt: skip
_NATION = ("", "国家", "全国", "中央")
_LONGEST_TITLE = 500


class Rejected(Exception):
    """A row that cannot be registered: the column and, in Chinese, why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def header(names: list[str]) -> dict[str, int]:
    """Field -> place of its column. Raises Rejected when there is no title."""
    bare = [name.strip().lstrip("\ufeff").lower() for name in names]
    found = {field: bare.index(name) for field, known in COLUMNS.items() for name in known if name in bare}
    if "title" not in found:
        raise Rejected("title", "缺少标题列（title、标题或名称）")
    return found


def read_row(columns: Mapping[str, int], row: list[str], *, kind: str | None) -> dict[str, Any]:
    """The columns of a document, with `area` as the index names it; `kind` is taken where the row has none.

    Raises
    ------
    Rejected
    """

    def cell(field: str) -> str:
        place = columns.get(field)
        return row[place].strip() if place is not None and place < len(row) else ""

    title = re.sub(r"\s+", " ", cell("title"))
    key = title_key(title)
    if not key:
        raise Rejected("title", "标题为空")
    if len(title) > _LONGEST_TITLE or "\0" in "".join(row):
        raise Rejected("title", f"标题超过{_LONGEST_TITLE}个字符，或含有空字符")
    number = _number(cell("number"), title)
    issued, effective = (_day(cell(field), field) for field in ("issued", "effective_from"))
    return {
        "title": title, "title_key": key, "number": number and number.text, "agency": number and number.agency,
        "year": number and number.year, "serial": number and number.serial, "kind": _kind(cell("kind"), kind),
        "issuer": cell("issuer")[:500], "area": "" if cell("area") in _NATION else cell("area"),
        "issued_on": issued and issued.first, "issued_precision": issued.precision if issued else "day",
        "effective_from": effective and effective.first, "status": _status(cell("status")),
        "source": cell("source")[:500],
    }  # fmt: skip


def _number(text: str, title: str) -> Any:
    if not text:
        return find_number(title)
    number = read_number(text)
    if number is None:
        raise Rejected("number", f"文号“{text[:60]}”无法识别")
    return number


def _day(text: str, column: str) -> Any:
    if not text:
        return None
    found = read_date(text)
    if found is None:
        raise Rejected(column, f"日期“{text[:30]}”无法识别")
    return found


def _kind(text: str, otherwise: str | None) -> str:
    found = _KINDS.get(text) or (text if text in KINDS else None) or (otherwise if not text else None)
    if found is None:
        raise Rejected("kind", f"文件种类“{text[:30]}”无法识别，可用：{'、'.join(KINDS.values())}")
    return found


def _status(text: str) -> str:
    status = _STATUSES.get(text, text) if text else "in_force"
    if status not in ("in_force", "amended", "suspended", "void", "repealed"):
        raise Rejected("status", f"时效性“{text[:30]}”无法识别")
    return status
