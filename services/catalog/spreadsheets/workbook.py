"""Writing the spreadsheets themselves with XlsxWriter; runs where it holds up nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.catalog.spreadsheets.forms import DETAILS, Form, written
from services.catalog.spreadsheets.rules import EXAMPLE, Column
from services.catalog.spreadsheets.subsheets import FORBIDDEN, LONGEST_NAME, SubSheet, example_of
from services.catalog.spreadsheets.worksheet import DataSheet, Options, line

_GUIDE, _OPTIONS = "填表说明", "选项"


class Book:
    """A workbook for a kind of list: entries, a sheet for each sub-table, a guide; rows are written and forgotten."""

    def __init__(self, path: Path, title: str, columns: Sequence[Column], subsheets: Sequence[SubSheet] = ()) -> None:
        # Texts are texts: nothing a cell begins with makes it a formula, a number or a link.
        self._book = Workbook(
            str(path), {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
                        "strings_to_numbers": False, "strings_to_urls": False},
        )  # fmt: skip
        self._columns, self._subsheets = columns, {sheet.element.key: sheet for sheet in subsheets}
        taken = {sheet.title for sheet in subsheets}
        name = title.translate(FORBIDDEN)[:LONGEST_NAME] or "清单"
        name = name if name not in taken else f"{name[: LONGEST_NAME - 1]}1"
        options = Options(_OPTIONS if _OPTIONS not in {name, *taken} else _OPTIONS + "1")
        self._main = DataSheet(self._book, name, columns, options)
        self._details = {
            key: DataSheet(self._book, sheet.title, sheet.columns, options) for key, sheet in self._subsheets.items()
        }
        guide = self._book.add_worksheet(_GUIDE if _GUIDE not in {name, *taken} else _GUIDE + "1")
        self._explain(guide)
        options.write(self._book)

    def example(self) -> None:
        """A row on each sheet that shows how to fill in the others; it is not read."""
        self._main.write(EXAMPLE, [column.example for column in self._columns], example=True)
        for key, sheet in self._subsheets.items():
            self._details[key].write(EXAMPLE, example_of(sheet), example=True)

    def entry(self, item_id: str, elements: Mapping[str, Any], forms: Sequence[Form], subforms: Subforms) -> None:
        """An entry as it stands; rows of its sub-tables go to their sheets."""
        number = str(self._main.next_row)
        cells = []
        for column, form in zip(self._columns, forms, strict=True):
            key = column.element.key
            sheet = self._subsheets.get(key)
            rows = sheet.rows_of(elements.get(key)) if sheet else None
            if sheet and rows:
                for row in rows:
                    texts = [
                        written(one, row.get(c.element.key))
                        for c, one in zip(sheet.columns, subforms[key], strict=True)
                    ]
                    self._details[key].write(number, texts, item_id=item_id)
            cells.append(DETAILS if rows else written(form, elements.get(key)))
        self._main.write(number, cells, item_id=item_id)

    def close(self) -> None:
        """Put the file together."""
        self._book.close()

    def _explain(self, guide: Worksheet) -> None:
        bold = self._book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1})
        wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        guide.set_column(0, 1, 24)
        guide.set_column(2, 3, 60)
        line(guide, 0, ("要素", "是否必填", "填写要求", "示例"), bold)
        number = self._told(guide, 1, self._columns, "", wrapped)
        for sheet in self._subsheets.values():
            number = self._told(guide, number, sheet.columns, f"{sheet.title}／", wrapped)
        guide.freeze_panes(1, 0)

    def _told(self, guide: Worksheet, number: int, columns: Iterable[Column], before: str, look: Format) -> int:
        for column in columns:
            mandatory = "必填" if column.element.mandatory else ""
            hint = column.hint
            if column.element.key in self._subsheets and not before:
                hint += f"。也可逐行填入“{self._subsheets[column.element.key].title}”表，两处只填一处"
            line(guide, number, (before + column.element.title, mandatory, hint, column.example), look)
            number += 1
        return number


Subforms = Mapping[str, Sequence[Form]]
"""How the columns of each sub-table stand in cells, by the element's key."""
