"""The mapping sheet as a spreadsheet (映射关系梳理表): written for people to fill, read back as lines. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xlsxwriter import Workbook

from shared import problems

TITLES = (
    "监管事项编码", "监管事项名称", "监管部门", "许可事项编码", "许可事项名称", "许可实施机关", "许可实施机关代码",
)  # fmt: skip
_CODE, _BASE, _BODY = "监管事项编码", "许可事项编码", "许可实施机关代码"
# As the API takes them.
_SHAPES = {_CODE: re.compile(r"[0-9A-Za-z._-]{1,50}"), _BASE: re.compile(r"[0-9A-Z]{12}")}


@dataclass(frozen=True)
class Line:
    """A pair of the sheet; `number` is its row there, `body` the credit code of the organ whose permit it is."""

    number: int
    code: str
    base_code: str
    body: str


def written(rows: Iterable[Sequence[str | None]]) -> bytes:
    """A workbook of one sheet; codes are texts, so they keep their zeros."""
    out = io.BytesIO()
    book = Workbook(
        out,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False},
    )
    sheet = book.add_worksheet("映射关系梳理表")
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"num_format": "@", "bold": True, "bg_color": "#DDEBF7"})
    sheet.set_column(0, len(TITLES) - 1, 24, text)
    for place, title in enumerate(TITLES):
        sheet.write_string(0, place, title, head)
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            sheet.write_string(number, place, cell or "", text)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def lines(rows: Sequence[tuple[int, list[str]]]) -> tuple[list[Line], list[int]]:
    """The pairs of an uploaded sheet, and the rows that cannot be read. A row with one side only is work still to be
    done and is passed over.

    Raises
    ------
    problems.Invalid
        The sheet has no columns for the two codes.
    """
    head = [cell.strip() for cell in rows[0][1]] if rows else []
    missing = [title for title in (_CODE, _BASE) if title not in head]
    if missing:
        wrong = f"表头缺少“{'”、“'.join(missing)}”，请使用导出的映射关系梳理表"
        raise problems.Invalid(wrong, code="bad_header", errors=[problems.FieldError("/file", "bad_header", wrong)])
    found, bad = [], []
    for number, cells in rows[1:]:
        said = {title: cell.strip() for title, cell in zip(head, cells, strict=False) if title}
        if not said.get(_CODE) or not said.get(_BASE):
            continue
        if all(shape.fullmatch(said[title]) for title, shape in _SHAPES.items()):
            found.append(Line(number, said[_CODE], said[_BASE], said.get(_BODY, "")))
        else:
            bad.append(number)
    return found, bad
