"""Reading a CSV of unknown encoding as a stream of rows; pure but for the file object it is given."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

# A cell longer than this is an unbalanced quotation mark that swallowed the file, not a text.
LONGEST_CELL = 1_000_000
# So many characters in a row that are valid UTF-8 are no accident (two GB18030 bytes pass for UTF-8 in one of seven
# cases), so the first bad byte after them is damage and not another encoding.
_CERTAIN = 20
_BLOCK = 1 << 20


class TableError(ValueError):
    """The file as a whole cannot be read; `code` is stable English, the message Chinese with the remedy."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def encoding_of(source: BinaryIO) -> str:
    """The encoding of a file: UTF-8 with or without BOM, else GB18030, or `xlsx`; leaves the file at its beginning.

    A few damaged bytes do not change the answer: they are found row by row.

    Raises
    ------
    TableError
        ``empty_file``, ``not_csv`` (an old spreadsheet or UTF-16).
    """
    start = source.read(4)
    source.seek(0)
    if not start:
        raise TableError("empty_file", "文件为空，请上传含表头和数据的CSV文件")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TableError("not_csv", "文件为UTF-16编码，请另存为UTF-8或GB18030编码的CSV")
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("not_csv", "文件是旧版电子表格（XLS），请在表格软件中另存为XLSX或CSV后上传")
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    seen, failed = _decoded(source, "utf-8")
    if not failed or seen >= _CERTAIN:
        return "utf-8"
    others, failed = _decoded(source, "gb18030")
    return "gb18030" if not failed or others > seen else "utf-8"


def _decoded(source: BinaryIO, encoding: str) -> tuple[int, bool]:
    """How many characters outside ASCII decode before the first bad byte, and whether there is one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    seen = 0
    try:
        while block := source.read(_BLOCK):
            try:
                seen += _foreign(decoder.decode(block))
            except UnicodeDecodeError as error:
                return seen + _foreign(error.object[: error.start].decode(encoding, "ignore")), True
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return seen, True
        return seen, False
    finally:
        source.seek(0)


def _foreign(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def rows(source: BinaryIO, encoding: str) -> Iterator[tuple[int, list[str] | None]]:
    """(row number, cells) of every record; the header is row 1, as spreadsheets count, and blank lines are skipped.

    Cells are None where the record cannot be told apart (an unbalanced quotation mark). Bytes that are no characters
    come as lone surrogates.
    """
    csv.field_size_limit(LONGEST_CELL)
    lines = io.TextIOWrapper(source, encoding=encoding, errors="surrogateescape", newline="")
    reader = csv.reader(lines)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, None
            continue
        if any(cells):
            yield number, cells
