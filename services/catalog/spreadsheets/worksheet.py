"""One sheet to be filled in: its header, drop-downs and hints, and rows with their number and id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.catalog.spreadsheets.rules import (
    FILLABLE,
    IDENTITY,
    LONGEST_HINT,
    LONGEST_HINT_TITLE,
    MANDATORY,
    NUMBER,
    Column,
)

# A drop-down written into the rule itself may have 255 characters; longer ones stand on a sheet of their own.
_LONGEST_INLINE = 255
_WIDTH = 22
# What may be done in spite of the protection of the header: everything that does not touch it.
_ALLOWED = {"format_cells": True, "format_columns": True, "format_rows": True, "insert_rows": True,
            "delete_rows": True, "sort": True, "autofilter": True}  # fmt: skip


class Options:
    """The hidden sheet of long drop-downs; a list that several columns offer stands there once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._listed: dict[tuple[str, ...], int] = {}

    def source(self, options: Sequence[str]) -> Any:
        """What a drop-down refers to."""
        if len(",".join(options)) <= _LONGEST_INLINE and not any("," in option for option in options):
            return list(options)
        place = self._listed.setdefault(tuple(options), len(self._listed))
        letter = xl_col_to_name(place)
        return f"='{self._name}'!${letter}$1:${letter}${len(options)}"

    def write(self, book: Workbook) -> None:
        """The sheet, row by row, as one that is not kept in memory must be written."""
        sheet = book.add_worksheet(self._name)
        sheet.hide()
        for row in range(max((len(options) for options in self._listed), default=0)):
            for options, place in self._listed.items():
                if row < len(options):
                    sheet.write_string(row, place, options[row])


class DataSheet:
    """A sheet of entries, or of the rows of a sub-table."""

    def __init__(self, book: Workbook, name: str, columns: Sequence[Column], options: Options) -> None:
        self._text = book.add_format({"num_format": "@", "locked": False, "text_wrap": True, "valign": "top"})
        self._grey = book.add_format({"num_format": "@", "font_color": "#808080", "valign": "top"})
        self._italic = book.add_format(
            {"num_format": "@", "locked": False, "italic": True, "font_color": "#808080", "text_wrap": True}
        )
        self._sheet = book.add_worksheet(name)
        self._last = len(columns) + 1
        self.next_row = 1
        self._head(book, columns, options)

    def write(self, number: str, cells: Sequence[str], *, item_id: str = "", example: bool = False) -> None:
        """A row; empty cells are left out."""
        look = self._italic if example else self._text
        self._sheet.write_string(self.next_row, 0, number, look)
        for place, cell in enumerate(cells, 1):
            if cell:
                self._sheet.write_string(self.next_row, place, cell, look)
        if item_id:
            self._sheet.write_string(self.next_row, self._last, item_id, self._grey)
        self.next_row += 1

    def _head(self, book: Workbook, columns: Sequence[Column], options: Options) -> None:
        sheet, last = self._sheet, self._last
        plain = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
        marked = book.add_format({"bold": True, "bg_color": "#FBE4D5", "font_color": "#C00000", "border": 1,
                                  "text_wrap": True})  # fmt: skip
        sheet.set_column(0, 0, 6, self._text)
        sheet.set_column(1, last - 1, _WIDTH, self._text)
        sheet.set_column(last, last, 10, self._grey)
        sheet.freeze_panes(1, 2)
        sheet.protect("", _ALLOWED)
        sheet.write_string(0, 0, NUMBER, plain)
        for place, column in enumerate(columns, 1):
            sheet.write_string(0, place, column.title, marked if column.title.endswith(MANDATORY) else plain)
            self._guide_cell(place, column, options)
        sheet.write_string(0, last, IDENTITY, plain)

    def _guide_cell(self, place: int, column: Column, options: Options) -> None:
        """Drop-down and hint of a column."""
        rule: dict[str, Any] = {
            "validate": "any",
            "input_title": column.element.title[:LONGEST_HINT_TITLE],
            "input_message": column.hint[:LONGEST_HINT],
        }
        if column.options:
            rule |= {"validate": "list", "source": options.source(column.options),
                     "error_type": "stop" if column.strict else "information",
                     "error_title": "请从列表中选择", "error_message": column.hint[:LONGEST_HINT]}  # fmt: skip
        self._sheet.data_validation(1, place, FILLABLE, place, rule)


def line(sheet: Worksheet, row: int, cells: Iterable[str], look: Format) -> None:
    """A row of texts."""
    for place, cell in enumerate(cells):
        sheet.write_string(row, place, cell, look)
