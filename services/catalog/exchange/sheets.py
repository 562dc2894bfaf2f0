"""Reading a spreadsheet (XLSX) as the rows of tables; in the reader's own process, since a file may be a bomb."""

from __future__ import annotations

import datetime as dt
import resource
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from services.catalog.exchange.table import LONGEST_CELL, TableError

XLSX = "xlsx"
# Uncompressed: some 50 times the largest list of a province. A file that says less than it holds meets the other limit.
MOST_BYTES = 512 << 20
MOST_MEMORY = 3 << 30
# Excel itself has 16,384; a list of 300 elements is at its end.
MOST_COLUMNS = 1_000

Numbered = tuple[int, list[str]]


class Book:
    """A workbook whose sheets are read one at a time, row by row.

    Raises
    ------
    TableError
        ``bad_spreadsheet`` or ``too_large_unpacked``.
    """

    def __init__(self, source: BinaryIO) -> None:
        try:
            with zipfile.ZipFile(source) as archive:
                if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                    raise TableError("too_large_unpacked", "电子表格解压后过大，请拆分后分批导入")
            source.seek(0)
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
            self._book = CalamineWorkbook.from_filelike(source)
        except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
            raise _bad(error) from error
        self._kept: tuple[str, CalamineSheet] | None = None

    @property
    def names(self) -> list[str]:
        """Names of the sheets that people see, in their order."""
        return [sheet.name for sheet in self._book.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]

    def head(self, name: str, count: int) -> list[Numbered]:
        """The first rows of a sheet that hold anything."""
        return list(islice(self.rows(name), count))

    def rows(self, name: str) -> Iterator[Numbered]:
        """(row number as people see it, cells as text) of a sheet; empty rows are passed over.

        A merged area holds the value of its first cell in every cell.
        """
        try:
            sheet = self._sheet(name)
            if sheet.total_width > MOST_COLUMNS:
                raise TableError("bad_spreadsheet", f"电子表格的列数超过{MOST_COLUMNS}，请删除多余的列")
            top, left = sheet.start or (0, 0)
            areas = _Areas(sheet.merged_cell_ranges or ())
            margin = [""] * left
            for number, values in enumerate(sheet.iter_rows(), top):
                # One cell left at the very end makes a million rows of nothing.
                if areas.none and all(value == "" for value in values):
                    continue
                cells = areas.filled(number, margin + [_text(value) for value in values])
                if any(cells):
                    yield number + 1, cells
        except (CalamineError, OSError, ValueError, IndexError) as error:
            raise _bad(error) from error

    def _sheet(self, name: str) -> CalamineSheet:
        """A sheet; the last one stays in memory, since the one that is chosen is looked at first."""
        if self._kept is None or self._kept[0] != name:
            self._kept = None
            self._kept = (name, self._book.get_sheet_by_name(name))
        return self._kept[1]


class _Areas:
    """Merged areas as the rows come: each is known by its first row until its last one is over."""

    def __init__(self, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
        self._waiting = sorted(ranges, reverse=True)
        self._open: list[tuple[int, int, int, str]] = []  # last row, columns, value

    @property
    def none(self) -> bool:
        """Whether no area is left."""
        return not self._waiting and not self._open

    def filled(self, number: int, cells: list[str]) -> list[str]:
        """The row with the values of the areas that cover it."""
        while self._waiting and self._waiting[-1][0][0] <= number:
            (first, left), (last, right) = self._waiting.pop()
            value = cells[left] if first == number and left < len(cells) else ""
            self._open.append((last, left, right, value))
        for last, left, right, value in self._open:
            if last >= number and value:
                cells[left : right + 1] = [value] * (min(right + 1, len(cells)) - left)
        self._open = [area for area in self._open if area[0] > number]
        return cells


def levelled(rows: Iterator[Numbered], width: int) -> Iterator[tuple[int, list[str] | None]]:
    """Rows as wide as the header, as `table.rows` gives them; None where a cell is longer than any text."""
    for number, cells in rows:
        surplus = [cell for cell in cells[width:] if cell.strip()]
        level = (cells + [""] * width)[:width] + surplus
        yield number, None if any(len(cell) > LONGEST_CELL for cell in level) else level


def _bad(error: Exception) -> TableError:
    if isinstance(error, TableError):
        return error
    return TableError("bad_spreadsheet", "电子表格无法打开，请在表格软件中另存为XLSX后重新上传")


def _text(value: Any) -> str:
    """A cell as people would have typed it: numbers without a superfluous fraction, dates in ISO form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return "" if value is None else str(value)
