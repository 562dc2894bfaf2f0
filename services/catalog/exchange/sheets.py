"""Reading a spreadsheet (XLSX) as the rows of a table; in the reader's own process, since a file may be a bomb."""

from __future__ import annotations

import datetime as dt
import resource
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from services.catalog.exchange.table import LONGEST_CELL, TableError

XLSX = "xlsx"
# Uncompressed: some 50 times the largest list of a province. A file that says less than it holds meets the other limit.
MOST_BYTES = 512 << 20
MOST_MEMORY = 3 << 30
# Excel itself has 16,384; a list of 300 elements is at its end.
MOST_COLUMNS = 1_000


def rows(source: BinaryIO) -> Iterator[tuple[int, list[str] | None]]:
    """(row number, cells as text) of the first sheet; as `table.rows`, rows as wide as the header.

    Raises
    ------
    TableError
        ``bad_spreadsheet`` or ``too_large_unpacked``.
    """
    width: int | None = None
    for number, values in enumerate(_values(source), 1):
        cells = [_text(value) for value in values]
        if not any(cells):
            continue
        if width is None:
            while cells and not cells[-1].strip():
                cells.pop()
            width = len(cells)
        surplus = [cell for cell in cells[width:] if cell.strip()]
        cells = (cells + [""] * width)[:width] + surplus
        yield number, None if any(len(cell) > LONGEST_CELL for cell in cells) else cells


def _values(source: BinaryIO) -> Iterator[Sequence[Any]]:
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise TableError("too_large_unpacked", "电子表格解压后过大，请拆分后分批导入")
        source.seek(0)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, hard))
        sheet = CalamineWorkbook.from_filelike(source).get_sheet_by_index(0)
        if sheet.total_width > MOST_COLUMNS:
            raise TableError("bad_spreadsheet", f"电子表格的列数超过{MOST_COLUMNS}，请删除多余的列")
        # From the sheet's first row, so that rows are numbered as people see them.
        yield from sheet.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("bad_spreadsheet", "电子表格无法打开，请在表格软件中另存为XLSX后重新上传") from error


def _text(value: Any) -> str:
    """A cell as people would have typed it: numbers without a superfluous fraction, dates in ISO form."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return "" if value is None else value if isinstance(value, str) else str(value)
