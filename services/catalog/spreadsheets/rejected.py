"""The reject file of a spreadsheet: the rows as they came, what is wrong coloured and told in a column at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from xlsxwriter import Workbook

from services.catalog.spreadsheets.forms import LONGEST_CELL
from services.catalog.spreadsheets.rules import REASON


def write_rejects(path: Path, header: Sequence[str], pages: Iterable[Sequence[Mapping[str, Any]]]) -> None:
    """Write the file; `pages` are rows {"row", "errors", "source"}, `source` the cells as JSON text or None."""
    book = Workbook(
        str(path), {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False,
                    "strings_to_numbers": False, "strings_to_urls": False},
    )  # fmt: skip
    bold = book.add_format({"bold": True, "bg_color": "#D9E2F3", "border": 1, "text_wrap": True})
    plain = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    wrong = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", "bg_color": "#FFC7CE"})
    sheet = book.add_worksheet("未通过的行")
    kept = [place for place, name in enumerate(header) if name != REASON]
    sheet.set_column(0, max(len(kept) - 1, 0), 22, plain)
    sheet.set_column(len(kept), len(kept), 60, plain)
    for place, source in enumerate(kept):
        sheet.write_string(0, place, header[source], bold)
    sheet.write_string(0, len(kept), REASON, bold)
    sheet.freeze_panes(1, 1)
    number = 0
    for page in pages:
        for row in page:
            number += 1
            blamed = {error["column"] for error in row["errors"]}
            cells = orjson.loads(row["source"]) if row["source"] else []
            for place, source in enumerate(kept):
                cell = str(cells[source]) if source < len(cells) else ""
                look = wrong if header[source] in blamed else plain
                if cell:
                    sheet.write_string(number, place, cell[:LONGEST_CELL], look)
                elif look is wrong:
                    sheet.write_blank(number, place, None, look)
            sheet.write_string(number, len(kept), _reasons(row)[:LONGEST_CELL], plain)
    book.close()


def _reasons(row: Mapping[str, Any]) -> str:
    told = [f"“{one['column']}”：{one['message']}" if one["column"] else one["message"] for one in row["errors"]]
    return f"原第{row['row']}行\n" + "\n".join(told)
