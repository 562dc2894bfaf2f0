"""Reading a CSV of unknown encoding as a stream of rows; pure but for the file object it is given."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

# A cell longer than this is an unbalanced quotation mark that swallowed the file, not a text.
LONGEST_CELL = 1_000_000
# So many characters in a row that are valid UTF-8 are no accident (two GB18030 bytes pass for UTF-8 in one of seven
# cases), so the first bad byte after them is damage and not another encoding.
_CERTAIN = 20
_BLOCK = 1 << 20
# GB18030-2022 gives 24 characters their Unicode places that earlier editions, and Python, put into the private use
# area: vertical punctuation and components of characters in names.
_OF_2022 = str.maketrans(dict(zip(
    "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864"
    "\ue816\ue817\ue818\ue831\ue83b\ue855",
    "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u9fb4\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb"
    "\U00020087\U00020089\U000200cc\U000215d7\U0002298f\U000241fe", strict=True,
)))  # fmt: skip
_PRIVATE = re.compile("[\ue78d-\ue796\ue816-\ue864]")


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
            if encoding == "gb18030" and _PRIVATE.search("".join(cells)):
                cells = [cell.translate(_OF_2022) for cell in cells]
            yield number, cells
