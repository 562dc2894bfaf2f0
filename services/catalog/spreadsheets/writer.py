"""The process that writes a spreadsheet: rows come on standard input, the file is at the path the task names.

Run as ``python -m services.catalog.spreadsheets.writer``; shared/child_writer.py tells of its frames.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from services.catalog.kinds.rules import Element, read_profile
from services.catalog.spreadsheets.forms import Form
from services.catalog.spreadsheets.rejected import write_rejects
from services.catalog.spreadsheets.rules import columns_of
from services.catalog.spreadsheets.subsheets import subsheets_of
from services.catalog.spreadsheets.workbook import Book
from shared.child_writer import incoming


def write_list(task: Mapping[str, Any], rows: Iterator[list[dict[str, Any]]]) -> None:
    """A template, or a list with its entries: {"id", "elements"} each."""
    profile = read_profile({**task["profile"], "valid_from": date.fromisoformat(task["profile"]["valid_from"])})
    hidden = frozenset(task["hidden"])
    columns = [one for one in columns_of(profile, task["offered"]) if one.element.key not in hidden]
    subsheets = [one for one in subsheets_of(profile, (), task["offered"]) if one.element.key not in hidden]
    forms = [_form(one.element, task) for one in columns]
    subforms = {sheet.element.key: [_form(one.element, task) for one in sheet.columns] for sheet in subsheets}
    book = Book(Path(task["path"]), task["title"], columns, subsheets)
    if task["example"]:
        book.example()
    for page in rows:
        for row in page:
            if task["staff_entries"] or row["elements"].get("audience", "public") == "public":
                book.entry(row["id"], row["elements"], forms, subforms)
    book.close()


def _form(element: Element, task: Mapping[str, Any]) -> Form:
    return Form(element.type, element.vocabulary, task["organ_keys"], task["organ_names"])


def main() -> None:
    """Serve one task."""
    frames = incoming(sys.stdin.buffer)
    task = next(frames)
    if task["mode"] == "rejects":
        write_rejects(Path(task["path"]), task["header"], frames)
    else:
        write_list(task, frames)


if __name__ == "__main__":
    main()
