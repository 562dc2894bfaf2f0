"""The process that writes a spreadsheet: rows come on standard input, the file is at the path the task names.

Run as ``python -m services.catalog.spreadsheets.writer``. Frames on standard input are a 4-byte length and JSON; the
first one is the task, each further one a list of rows. A thousand rows of a full list are a second of work, which
neither the loop of an API nor the lock of its interpreter should spend.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from services.catalog.kinds.rules import read_profile
from services.catalog.spreadsheets.forms import Form
from services.catalog.spreadsheets.rejected import write_rejects
from services.catalog.spreadsheets.rules import columns_of
from services.catalog.spreadsheets.workbook import Book

LENGTH = struct.Struct(">I")


def frames(source: BinaryIO) -> Iterator[Any]:
    """What comes in, until the other side closes."""
    while head := source.read(LENGTH.size):
        yield orjson.loads(source.read(LENGTH.unpack(head)[0]))


def write_list(task: Mapping[str, Any], rows: Iterator[list[dict[str, Any]]]) -> None:
    """A template, or a list with its entries: {"id", "elements"} each."""
    profile = read_profile({**task["profile"], "valid_from": date.fromisoformat(task["profile"]["valid_from"])})
    hidden = frozenset(task["hidden"])
    columns = [one for one in columns_of(profile, task["offered"]) if one.element.key not in hidden]
    forms = [Form(one.element.type, one.element.vocabulary, task["organ_keys"], task["organ_names"]) for one in columns]
    book = Book(Path(task["path"]), task["title"], columns)
    if task["example"]:
        book.example()
    for page in rows:
        for row in page:
            if task["staff_entries"] or row["elements"].get("audience", "public") == "public":
                book.entry(row["id"], row["elements"], forms)
    book.close()


def main() -> None:
    """Serve one task."""
    incoming = frames(sys.stdin.buffer)
    task = next(incoming)
    if task["mode"] == "rejects":
        write_rejects(Path(task["path"]), task["header"], incoming)
    else:
        write_list(task, incoming)


if __name__ == "__main__":
    main()
