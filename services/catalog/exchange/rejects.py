"""The reject file: the rows that did not get in, as they were, with what is wrong in front."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.exchange import repository
from services.catalog.exchange.cells import defused

# Rows a page: a few megabytes of text at most are in memory while the file is sent.
_PAGE = 1_000
# Spreadsheets take a CSV for their local encoding unless it begins with this.
_BOM = "\ufeff"
_LEAD = ("行号", "列", "原因")


async def pages(engine: AsyncEngine, operation_id: UUID) -> AsyncIterator[bytes]:
    """Refused rows as a writer of spreadsheets takes them, each page in a short transaction of its own."""
    after = 0
    while True:
        async with engine.connect() as connection:
            rows = await repository.outcomes(connection, operation_id, ["rejected"], after=after, size=_PAGE)
        if not rows:
            return
        yield orjson.dumps([{"row": row.row, "errors": row.errors, "source": row.source} for row in rows])
        after = rows[-1].row


async def lines(engine: AsyncEngine, operation_id: UUID, header: Sequence[str]) -> AsyncIterator[bytes]:
    """The file in pieces; each page of rows is a short transaction of its own."""
    yield (_BOM + _line([*_LEAD, *header])).encode()
    after = 0
    while True:
        async with engine.connect() as connection:
            rows = await repository.outcomes(connection, operation_id, ["rejected"], after=after, size=_PAGE)
        if not rows:
            return
        yield "".join(_reject(row.row, row.errors, row.source) for row in rows).encode()
        after = rows[-1].row


def _reject(number: int, errors: Sequence[Mapping[str, str]], source: str | None) -> str:
    cells: list[str] = orjson.loads(source) if source else []
    columns = "；".join(dict.fromkeys(error["column"] for error in errors if error["column"]))
    reasons = "；".join(
        f"{error['column']}：{error['message']}" if error["column"] else error["message"] for error in errors
    )
    return _line([str(number), columns, reasons, *cells])


def _line(cells: Sequence[Any]) -> str:
    """A CSV line no cell of which a spreadsheet would execute."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([defused(str(cell)) for cell in cells])
    return buffer.getvalue()
