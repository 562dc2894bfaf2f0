"""The rows of sub-tables on sheets of their own, joined with the entries they belong to.

A row names its entry by the serial number or the id of the entry's row. What has no entry would be lost in silence,
so the file is refused and told which rows they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.catalog.exchange.heading import Names
from services.catalog.exchange.profile import MappingProfile, SubSheet
from services.catalog.exchange.rules import Entry, remark
from services.catalog.exchange.sheets import Book
from services.catalog.exchange.table import TableError
from services.catalog.exchange.transforms import LEFT_ALONE, CellError
from services.catalog.spreadsheets.forms import DETAILS, Form, read

# Rows of a message that helps to find them.
_TOLD = 20

Cells = tuple[tuple[int, str], ...]


class Details:
    """All sub-sheets of a workbook; only cells that hold something are kept."""

    def __init__(self, book: Book, profile: MappingProfile, organs: Mapping[str, str]) -> None:
        self._sheets = [_Sheet(book, sheet, profile, organs) for sheet in profile.sheets if sheet.title in book.names]

    def add(self, entry: Entry, number: str, identity: str, cells: Mapping[str, str]) -> None:
        """Give an entry the rows that name it; `cells` are those of its own row by element."""
        for sheet in self._sheets:
            sheet.add(entry, number.strip(), identity.strip(), cells.get(sheet.element, "").strip())

    def close(self) -> None:
        """Refuse rows that nobody has asked for. Raises TableError ``rows_without_entry``."""
        for sheet in self._sheets:
            sheet.close()


class _Sheet:
    def __init__(self, book: Book, sheet: SubSheet, profile: MappingProfile, organs: Mapping[str, str]) -> None:
        self.element, self._title = sheet.element, sheet.title
        number_column, example = profile.example or ("", "")
        names = Names([number_column, profile.identity_column or "", *(column.title for column in sheet.columns)])
        rows = book.rows(sheet.title)
        header = names.heading([next(rows, (0, [""]))[1]]).names
        forms = {column.title: (column.key, Form(column.type, column.vocabulary, organs)) for column in sheet.columns}
        self._columns = [forms.get(name) for name in header]
        places = {name: place for place, name in enumerate(header)}
        self._rows: dict[str, list[tuple[int, Cells]]] = {}
        self._given: set[str] = set()
        for number, cells in rows:
            key = _key(cells, places.get(profile.identity_column or ""), places.get(number_column))
            if key != example:
                held = tuple((place, cell) for place, cell in enumerate(cells[: len(header)]) if cell.strip())
                self._rows.setdefault(key, []).append((number, held))

    def add(self, entry: Entry, number: str, identity: str, cell: str) -> None:
        """The rows of one entry; the short form in its own row holds where there are none."""
        keys = [key for key in (identity, number) if key and key in self._rows]
        if any(key in self._given for key in keys):
            message = f"序号“{number}”重复，“{self._title}”表中的明细不知属于哪一行，请改为不同的序号"
            entry.errors.append(remark("", "serial_twice", message))
            return
        self._given.update(keys)
        rows = [row for key in keys for row in self._rows[key]]
        if rows and cell and cell != DETAILS:
            message = f"单元格和“{self._title}”表都填写了内容，请只保留一处"
            entry.errors.append(remark(self._title, "given_twice", message))
        elif rows:
            entry.elements[self.element] = [self._read(entry, place, cells) for place, cells in rows]
        elif cell == DETAILS:
            entry.elements[self.element] = None

    def _read(self, entry: Entry, number: int, cells: Cells) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for place, cell in cells:
            column = self._columns[place]
            if column is None:
                continue
            key, form = column
            try:
                value = read(form, cell)
            except CellError as error:
                message = f"“{self._title}”表第{number}行：{error}"
                entry.errors.append(remark(self._title, error.code, message))
                continue
            if key:
                row[key] = value
            elif isinstance(value, dict):
                row |= value  # what the sub-table has no column for
        return {key: value for key, value in row.items() if value is not None and value is not LEFT_ALONE}

    def close(self) -> None:
        left = [number for key, rows in self._rows.items() if key not in self._given for number, _ in rows]
        if left:
            told = "、".join(map(str, sorted(left)[:_TOLD]))
            more = f"等{len(left)}行" if len(left) > _TOLD else "行"
            raise TableError(
                "rows_without_entry", f"“{self._title}”表第{told}{more}的序号在事项表中不存在或未填写，请核对"
            )


def _key(cells: Sequence[str], *places: int | None) -> str:
    found: Iterable[str] = (cells[place].strip() for place in places if place is not None and place < len(cells))
    return next((cell for cell in found if cell), "")
