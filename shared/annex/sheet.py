"""An annex as a spreadsheet (XLSX): a sheet for the cover, one for the table; rows are written and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook

from shared.annex.layout import SERIAL, Column, Cover, lines

_COVER, _TABLE = "封面", "清单"
# Excel's limit for a cell; longer texts go on in the next row of the same entry, so that nothing is cut.
LONGEST_CELL = 32_767
_WIDTH_OF_WEIGHT = 11


class XlsxAnnex:
    """Texts are texts: nothing a cell begins with makes it a formula, a number or a link."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._book = Workbook(
            str(path), {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
                        "strings_to_numbers": False, "strings_to_urls": False},
        )  # fmt: skip
        self._cover = self._book.add_worksheet(_COVER)
        self._sheet = self._book.add_worksheet(_TABLE)
        head = self._book.add_format(
            {"bold": True, "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"}
        )
        self._text = self._book.add_format({"num_format": "@", "border": 1, "text_wrap": True, "valign": "top"})
        self._figure = self._book.add_format({"border": 1, "align": "center", "valign": "top"})
        self._sheet.set_column(0, 0, 6)
        for place, column in enumerate(columns, 1):
            self._sheet.set_column(place, place, column.weight * _WIDTH_OF_WEIGHT)
        for place, title in enumerate([SERIAL, *(column.title for column in columns)]):
            self._sheet.write_string(0, place, title, head)
        self._sheet.freeze_panes(1, 0)
        self._sheet.repeat_rows(0)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)  # A4
        self._sheet.fit_to_pages(1, 0)
        self._line = self._number = 0

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._number += 1
        for part in range(max(1, *(-(-len(text) // LONGEST_CELL) for text in texts)) if texts else 1):
            self._line += 1
            if part == 0:
                self._sheet.write_number(self._line, 0, self._number, self._figure)
            for place, text in enumerate(texts, 1):
                piece = text[part * LONGEST_CELL : (part + 1) * LONGEST_CELL]
                if piece:
                    self._sheet.write_string(self._line, place, piece, self._text)
                else:
                    self._sheet.write_blank(self._line, place, None, self._text)

    def close(self, cover: Cover) -> None:
        """Write the cover and put the file together."""
        title = self._book.add_format({"bold": True, "font_size": 22, "align": "center", "text_wrap": True})
        line = self._book.add_format({"font_size": 14, "align": "center", "text_wrap": True})
        self._cover.set_column(0, 0, 90)
        for number, text in enumerate(lines(cover, self._number)):
            self._cover.write_string(number * 2 + 3, 0, text, line if number else title)
        self._cover.hide_gridlines(2)
        self._book.close()
