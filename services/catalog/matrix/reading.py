"""Reading an uploaded matrix, CSV or XLSX, as rows of text; small enough for a thread of the API."""

from __future__ import annotations

import io
import zipfile

from python_calamine import CalamineError, CalamineWorkbook

from services.catalog.exchange import table
from services.catalog.exchange.table import TableError
from services.catalog.matrix.rules import MOST_ROWS
from shared import problems

# A matrix of some thousand rows has a few hundred kilobytes; unpacked a spreadsheet of them some megabytes.
MOST_BYTES = 2 << 20
_MOST_UNPACKED = 16 << 20

Rows = list[tuple[int, list[str]]]


def rows_of(content: bytes) -> Rows:
    """Rows with their numbers, the header first.

    Raises
    ------
    problems.Invalid, problems.TooLarge
    """
    if len(content) > MOST_BYTES:
        raise problems.TooLarge(f"文件不超过{MOST_BYTES >> 20}MB，请按区划分开导入。", code="file_too_large")
    source = io.BytesIO(content)
    try:
        encoding = table.encoding_of(source)
        rows = _xlsx(source) if encoding == "xlsx" else _csv(source, encoding)
    except TableError as error:
        place = problems.FieldError("/file", error.code, str(error))
        raise problems.Invalid(str(error), code=error.code, errors=[place]) from error
    if len(rows) > MOST_ROWS + 1:
        raise problems.TooLarge(f"一次至多导入{MOST_ROWS}行，请按区划分开导入。", code="too_many_rows")
    return rows


def _csv(source: io.BytesIO, encoding: str) -> Rows:
    found: Rows = []
    for number, cells in table.rows(source, encoding):
        found.append((number, _sound(number, cells)))
        if len(found) > MOST_ROWS + 1:
            break
    return found


def _sound(number: int, cells: list[str] | None) -> list[str]:
    """The cells of a row, which people can read. Raises TableError."""
    if cells is None or not all(_plain(cell).isprintable() for cell in cells):
        raise TableError("bad_row", f"第{number}行无法识别，请检查引号、编码和控制字符")
    return cells


def _plain(cell: str) -> str:
    """A cell without what people may break lines with; undecodable bytes come as lone surrogates and are refused."""
    return cell.replace("\n", "").replace("\r", "").replace("\t", "").replace("　", "").replace("\u00a0", "")


def _xlsx(source: io.BytesIO) -> Rows:
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
                raise TableError("too_large_unpacked", "电子表格解压后过大，请按区划分开导入")
        source.seek(0)
        sheet = CalamineWorkbook.from_filelike(source).get_sheet_by_index(0)
        values = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("bad_spreadsheet", "电子表格无法打开，请在表格软件中另存为XLSX后重新上传") from error
    rows = [(number, [_text(cell) for cell in row]) for number, row in enumerate(values, 1)]
    return [(number, _sound(number, row)) for number, row in rows if any(row)]


def _text(value: object) -> str:
    """A cell as people would have typed it; a code that became a number has no fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else "" if value is None else str(value)
