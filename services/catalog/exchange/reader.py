"""The import's own process: reads a file, maps and validates its rows, and hands batches to the parent.

Run as ``python -m services.catalog.exchange.reader``. The task comes as one JSON document on standard input; frames
go to standard output, each a 4-byte length and a JSON document:

    {"header": [...], "encoding": "utf-8", "absent": [...]}          first
    {"rows": [[row, organ, base code, handling item, whole code, elements, errors, notes, source], ...]}
    {"done": {"rows": n}}   or   {"fatal": {"code", "message", "columns"}}   last

A crash, a bomb of a file or a slow parse stays in this process; the parent keeps its event loop.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from services.catalog.exchange import cells as dangerous
from services.catalog.exchange import profile as profiles
from services.catalog.exchange import table
from services.catalog.exchange.rules import Entry, HeaderError, RowMapper, remark
from services.catalog.exchange.validation import Validator
from services.catalog.quality.codes import whole_code

# Large enough that framing costs nothing, small enough that three batches in flight fit the memory budget.
BATCH = 1_000

Record = list[Any]
Frame = dict[str, Any]


def frames(task: Mapping[str, Any], source: BinaryIO) -> Iterator[Frame]:
    """All frames of a task: header, batches, and the end."""
    try:
        encoding = table.encoding_of(source)
        records = table.rows(source, encoding)
        _, header = next(records, (0, None))
        if header is None:
            raise table.TableError("empty_file", "文件没有表头，请上传含表头和数据的CSV文件")
        profile = profiles.parse(task["profile"])
        mapper = RowMapper(profile, header, task["vocabularies"])
        validator = Validator(
            profile,
            task["element_profiles"],
            region_chain=task["region_chain"],
            on=date.fromisoformat(task["on"]),
        )
        shown = dangerous.storable(header)
        yield {"header": shown, "encoding": encoding.removesuffix("-sig"), "absent": mapper.absent}
        count = 0
        for batch in _batches(records, mapper, validator):
            count += len(batch)
            yield {"rows": batch}
        yield {"done": {"rows": count}}
    except table.TableError as error:
        yield {"fatal": {"code": error.code, "message": str(error), "columns": []}}
    except HeaderError as error:
        yield {"fatal": {"code": error.code, "message": str(error), "columns": dangerous.storable(error.columns)}}


def _batches(
    records: Iterator[tuple[int, list[str] | None]], mapper: RowMapper, validator: Validator
) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for number, cells in records:
        batch.append(_record(number, cells, mapper, validator))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _record(number: int, cells: list[str] | None, mapper: RowMapper, validator: Validator) -> Record:
    """One row as it goes into staging; the cells themselves only when the row is rejected already."""
    if cells is None:
        entry = Entry(errors=[remark("", "unreadable_row", "本行无法识别，请检查引号是否成对、单元格是否过长")])
        return [number, None, None, "", None, "{}", _text(entry.errors), "[]", "[]"]
    entry = mapper.map(cells)
    if not entry.errors:
        validator.check(entry)
    elements = entry.elements
    return [
        number,
        elements.get("implementing_body"),
        elements.get("base_code"),
        elements.get("handling_item") or "",
        whole_code(elements),
        _text(elements) if not entry.errors else "{}",
        _text(entry.errors),
        _text(entry.notes),
        _text(dangerous.storable(cells)),
    ]


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()


def main() -> None:
    """Serve one task."""
    task = orjson.loads(sys.stdin.buffer.read())
    out = sys.stdout.buffer
    with Path(task["path"]).open("rb") as source:
        for frame in frames(task, source):
            body = orjson.dumps(frame)
            out.write(struct.pack(">I", len(body)))
            out.write(body)
            out.flush()


if __name__ == "__main__":
    main()
