"""A file as one table: the right sheet, its heading wherever it is, its rows, and the sub-sheets beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from services.catalog.exchange import sheets, table
from services.catalog.exchange.details import Details
from services.catalog.exchange.heading import LOOKED_AT, Heading, Names
from services.catalog.exchange.profile import MappingProfile
from services.catalog.exchange.rules import Vocabularies
from services.catalog.exchange.sheets import Book

Rows = Iterator[tuple[int, list[str] | None]]


@dataclass
class Table:
    """Header, rows and what belongs to them; numbers are those of the file."""

    header: list[str]
    rows: Rows
    details: Details | None = None

    def close(self) -> None:
        """At the end of the rows: nothing may be left of the sub-sheets. Raises TableError."""
        if self.details is not None:
            self.details.close()


def open_table(source: BinaryIO, encoding: str, profile: MappingProfile, vocabularies: Vocabularies) -> Table:
    """The table a profile describes.

    Raises
    ------
    TableError
        Nothing in it, or not what it seems to be.
    """
    names = Names.of(profile)
    if encoding == sheets.XLSX:
        return _of_book(Book(source), profile, names, vocabularies)
    records = table.rows(source, encoding)
    first = list(islice(records, LOOKED_AT))
    heading = _heading(names, [cells or [] for _, cells in first])
    return Table(heading.names, chain(first[heading.data_from :], records))


def _of_book(book: Book, profile: MappingProfile, names: Names, vocabularies: Vocabularies) -> Table:
    # Their rows stay in memory until their entries come, so they are read before the sheet that is read row by row.
    details = Details(book, profile, vocabularies.get("organ", {})) if profile.sheets else None
    name, heading = _chosen(book, profile, names)
    width = len(heading.names)
    while width and not heading.names[width - 1]:
        width -= 1
    rows = islice(book.rows(name), heading.data_from, None)
    return Table(heading.names[:width], sheets.levelled(rows, width), details)


def _chosen(book: Book, profile: MappingProfile, names: Names) -> tuple[str, Heading]:
    """The sheet the profile names, else the one whose heading says most; of equals the first."""
    own = {sheet.title for sheet in profile.sheets}
    candidates = [name for name in profile.sheet_names if name in book.names][:1]
    candidates = candidates or [name for name in book.names if name not in own] or book.names
    found = [(name, book.head(name, LOOKED_AT)) for name in candidates]
    headings = [(name, _heading(names, [cells for _, cells in rows])) for name, rows in found if rows]
    if not headings:
        raise _empty()
    return max(headings, key=lambda one: one[1].known)


def _heading(names: Names, rows: Sequence[Sequence[str]]) -> Heading:
    if not rows:
        raise _empty()
    return names.heading(rows)


def _empty() -> table.TableError:
    return table.TableError("empty_file", "文件没有表头，请上传含表头和数据的CSV或XLSX文件")
