"""Writing the spreadsheets themselves with XlsxWriter; runs where it holds up nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.catalog.spreadsheets.forms import Form, written
from services.catalog.spreadsheets.rules import (
    EXAMPLE,
    FILLABLE,
    IDENTITY,
    LONGEST_HINT,
    LONGEST_HINT_TITLE,
    MANDATORY,
    NUMBER,
    Column,
)

_GUIDE, _OPTIONS = "填表说明", "选项"
# Excel allows 31 characters in the name of a sheet, and none of these.
_LONGEST_SHEET_NAME = 31
_FORBIDDEN_IN_NAME = str.maketrans("", "", "[]:*?/\\'")
# A drop-down written into the rule itself may have 255 characters; longer ones stand on a sheet of their own.
_LONGEST_INLINE = 255
_WIDTH = 22
# What may be done in spite of the protection of the header: everything that does not touch it.
_ALLOWED = {"format_cells": True, "format_columns": True, "format_rows": True, "insert_rows": True,
            "delete_rows": True, "sort": True, "autofilter": True}  # fmt: skip


class Book:
    """A workbook with one data sheet for a kind of list; rows are written as they come and forgotten."""

    def __init__(self, path: Path, title: str, columns: Sequence[Column]) -> None:
        # Texts are texts: nothing a cell begins with makes it a formula, a number or a link.
        self._book = Workbook(
            str(path), {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
                        "strings_to_numbers": False, "strings_to_urls": False},
        )  # fmt: skip
        self._columns = columns
        self._text = self._book.add_format({"num_format": "@", "locked": False, "text_wrap": True, "valign": "top"})
        self._grey = self._book.add_format({"num_format": "@", "font_color": "#808080", "valign": "top"})
        self._italic = self._book.add_format(
            {"num_format": "@", "locked": False, "italic": True, "font_color": "#808080", "text_wrap": True}
        )
        name = title.translate(_FORBIDDEN_IN_NAME)[:_LONGEST_SHEET_NAME] or "清单"
        self._sheet = self._book.add_worksheet(name)
        guide = self._book.add_worksheet(_GUIDE if name != _GUIDE else _GUIDE + "1")
        self._options = self._book.add_worksheet(_OPTIONS if name != _OPTIONS else _OPTIONS + "1")
        self._options.hide()
        self._row = 1
        self._listed: list[tuple[int, Sequence[str]]] = []
        self._head()
        self._explain(guide)

    def example(self) -> None:
        """A row that shows how to fill in the others; it is not read."""
        self._sheet.write_string(self._row, 0, EXAMPLE, self._italic)
        for place, column in enumerate(self._columns, 1):
            if column.example:
                self._sheet.write_string(self._row, place, column.example, self._italic)
        self._row += 1

    def entry(self, item_id: str, elements: Mapping[str, Any], forms: Sequence[Form]) -> None:
        """An entry as it stands."""
        self._sheet.write_string(self._row, 0, str(self._row), self._text)
        for place, (column, form) in enumerate(zip(self._columns, forms, strict=True), 1):
            cell = written(form, elements.get(column.element.key))
            if cell:
                self._sheet.write_string(self._row, place, cell, self._text)
        self._sheet.write_string(self._row, len(self._columns) + 1, item_id, self._grey)
        self._row += 1

    def close(self) -> None:
        """Put the file together."""
        self._book.close()

    def _head(self) -> None:
        sheet, last = self._sheet, len(self._columns) + 1
        plain = self._book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
        marked = self._book.add_format({"bold": True, "bg_color": "#FBE4D5", "font_color": "#C00000", "border": 1,
                                        "text_wrap": True})  # fmt: skip
        sheet.set_column(0, 0, 6, self._text)
        sheet.set_column(1, last - 1, _WIDTH, self._text)
        sheet.set_column(last, last, 10, self._grey)
        sheet.freeze_panes(1, 2)
        sheet.protect("", _ALLOWED)
        sheet.write_string(0, 0, NUMBER, plain)
        for place, column in enumerate(self._columns, 1):
            sheet.write_string(0, place, column.title, marked if column.title.endswith(MANDATORY) else plain)
            self._guide_cell(place, column)
        sheet.write_string(0, last, IDENTITY, plain)

    def _guide_cell(self, place: int, column: Column) -> None:
        """Drop-down and hint of a column."""
        rule: dict[str, Any] = {
            "validate": "any",
            "input_title": column.element.title[:LONGEST_HINT_TITLE],
            "input_message": column.hint[:LONGEST_HINT],
        }
        if column.options:
            rule |= {"validate": "list", "source": self._source(place, column.options),
                     "error_type": "stop" if column.strict else "information",
                     "error_title": "请从列表中选择", "error_message": column.hint[:LONGEST_HINT]}  # fmt: skip
        self._sheet.data_validation(1, place, FILLABLE, place, rule)

    def _source(self, place: int, options: Sequence[str]) -> Any:
        if len(",".join(options)) <= _LONGEST_INLINE and not any("," in option for option in options):
            return list(options)
        letter = xl_col_to_name(place)
        self._listed.append((place, options))
        return f"='{self._options.get_name()}'!${letter}$1:${letter}${len(options)}"

    def _explain(self, guide: Worksheet) -> None:
        bold = self._book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1})
        wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        guide.set_column(0, 1, 24)
        guide.set_column(2, 3, 60)
        _line(guide, 0, ("要素", "是否必填", "填写要求", "示例"), bold)
        for number, column in enumerate(self._columns, 1):
            mandatory = "必填" if column.element.mandatory else ""
            _line(guide, number, (column.element.title, mandatory, column.hint, column.example), wrapped)
        guide.freeze_panes(1, 0)
        # Row by row, as a sheet that is not kept in memory must be written.
        for row in range(max((len(options) for _, options in self._listed), default=0)):
            for place, options in self._listed:
                if row < len(options):
                    self._options.write_string(row, place, options[row])


def _line(sheet: Worksheet, row: int, cells: Iterable[str], look: Format) -> None:
    for place, cell in enumerate(cells):
        sheet.write_string(row, place, cell, look)
