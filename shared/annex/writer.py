"""The process that writes annexes: `python -m shared.annex.writer`; see shared/child_writer.py for its frames.

The task is {"path", "format", "cover", "columns", "elements", "split"}; rows are {"unit", "body"} with the public body
of an entry, in the order of the annex. With `split` each unit gets a file of its own, numbered from one, in a ZIP.
"""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from shared.annex.layout import NO_UNIT, Column, Cover, cells
from shared.child_writer import incoming

Task = Mapping[str, Any]
Row = Mapping[str, Any]
_LONGEST_NAME = 80
_FORBIDDEN = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', "_"))


class Annex(Protocol):
    """An annex being written: rows as they come, the cover when all of them are known."""

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""

    def close(self, cover: Cover) -> None:
        """Finish the file."""


# Loaded when it is written: no format needs what another one is made with.
FORMATS: Mapping[str, tuple[str, str]] = {
    "xlsx": ("shared.annex.sheet", "XlsxAnnex"),
    "csv": ("shared.annex.plain", "CsvAnnex"),
    "json": ("shared.annex.plain", "JsonAnnex"),
    "docx": ("shared.annex.word", "DocxAnnex"),
    "html": ("shared.annex.web", "HtmlAnnex"),
    "pdf": ("shared.annex.page", "PdfAnnex"),
}


def annex_of(form: str, path: Path, columns: list[Column]) -> Annex:
    """A new annex of a format."""
    module, name = FORMATS[form]
    made: Annex = getattr(importlib.import_module(module), name)(path, columns)
    return made


def write(task: Task, pages: Iterator[list[Row]]) -> None:
    """Write the annex, or one a unit."""
    columns = [Column(**one) for one in task["columns"]]
    cover, path = Cover(**task["cover"]), Path(task["path"])
    rows = (row for page in pages for row in page)
    if not task["split"]:
        _one(task, path, columns, cover, rows)
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (unit, own) in enumerate(groupby(rows, key=lambda row: str(row["unit"] or "")), 1):
            part = path.with_suffix(f".{number}")
            name = f"{number:03d}-{(unit or NO_UNIT).translate(_FORBIDDEN)[:_LONGEST_NAME]}.{task['format']}"
            _one(task, part, columns, Cover(**{**task["cover"], "unit": unit or NO_UNIT}), own)
            archive.write(part, name)
            part.unlink()


def _one(task: Task, path: Path, columns: list[Column], cover: Cover, rows: Iterator[Row]) -> None:
    annex = annex_of(task["format"], path, columns)
    for row in rows:
        annex.row(cells(columns, task["elements"], row["body"]["elements"]), row["body"])
    annex.close(cover)


def main() -> None:
    """Serve one task."""
    frames = incoming(sys.stdin.buffer)
    write(next(frames), frames)


if __name__ == "__main__":
    main()
