"""The import's own process: reads a file, maps and validates its rows, and hands batches to the parent.

Run as ``python -m services.catalog.exchange.reader``. The task comes as one JSON document on standard input; frames
go to standard output, each a 4-byte length, a byte that tells its kind, and a body: JSON, or rows as the staging table
takes them (see staging.py).

    {"header": [...], "encoding": "utf-8", "absent": [...]}          first
    rows
    {"done": {"rows": n}}   or   {"fatal": {"code", "message", "columns"}}   last

A task with `only`, a list of row numbers, asks for the cells of these rows instead: {"cells": [[row, source], ...]}.

A crash, a bomb of a file or a slow parse stays in this process; the parent keeps its event loop.
"""

from __future__ import annotations

import gc
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import orjson

from services.catalog.aggregates.reading import HEADER, DocumentReader, documents, shown
from services.catalog.aggregates.reading import JSON as DOCUMENTS
from services.catalog.exchange import cells as dangerous
from services.catalog.exchange import profile as profiles
from services.catalog.exchange import staging, table, tables
from services.catalog.exchange.details import Details
from services.catalog.exchange.rules import Entry, HeaderError, RowMapper, remark
from services.catalog.exchange.validation import Validator
from services.catalog.quality.codes import whole_code
from shared import secrecy

# Large enough that framing costs nothing, small enough that three batches in flight fit the memory budget.
BATCH = 1_000

# Length and kind of a frame.
HEAD = struct.Struct(">Ic")
JSON, ROWS = b"J", b"R"

# Said by the reader, or for it where it could not say a word more.
TOO_MUCH = {
    "code": "too_large_unpacked",
    "message": "文件读入后超过内存上限：很远的行或列可能留有内容，请删除数据区域以外的行和列，或拆分后分批导入",
    "columns": [],
}

Record = list[Any]
Frame = dict[str, Any]


def frames(task: Mapping[str, Any], source: BinaryIO) -> Iterator[Frame]:
    """All frames of a task: header, batches, and the end."""
    try:
        if task.get("aggregate"):
            yield from _document_frames(task, source)
            return
        encoding = table.encoding_of(source)
        profile = profiles.parse(task["profile"])
        opened = tables.open_table(source, encoding, profile, task["vocabularies"])
        if "only" in task:
            yield from _framed("cells", _sources(opened.rows, frozenset(task["only"])))
            return
        mapper = RowMapper(profile, opened.header, task["vocabularies"])
        validator = _validator(task, profile)
        yield {
            "header": dangerous.storable(opened.header),
            "encoding": encoding.removesuffix("-sig"),
            "absent": mapper.absent,
        }
        found = (
            _record(number, cells, mapper, validator, opened.details)
            for number, cells in opened.rows
            if cells is None or not mapper.is_example(cells)
        )
        yield from _framed("rows", found, opened.close)
    except table.TableError as error:
        yield {"fatal": {"code": error.code, "message": str(error), "columns": []}}
    except HeaderError as error:
        yield {"fatal": {"code": error.code, "message": str(error), "columns": dangerous.storable(error.columns)}}
    except MemoryError:
        yield {"fatal": TOO_MUCH}


def _validator(task: Mapping[str, Any], profile: profiles.MappingProfile) -> Validator:
    on = date.fromisoformat(task["on"])
    return Validator(
        profile, task["element_profiles"], region_chain=task["region_chain"], on=on,
        internet_facing=task["internet_facing"],
    )  # fmt: skip


def _document_frames(task: Mapping[str, Any], source: BinaryIO) -> Iterator[Frame]:
    """The frames of a file of nested documents."""
    if "only" in task:
        told = ((number, [shown(document)]) for number, document in documents(source))
        yield from _framed("cells", _sources(told, frozenset(task["only"])))
        return
    validator = _validator(task, profiles.parse(task["profile"]))
    reader = DocumentReader(task["profile"], validator)
    yield {"header": HEADER, "encoding": DOCUMENTS, "absent": []}
    yield from _framed("rows", (
        _staged(number, reader.entry(document), [shown(document)], validator)
        for number, document in documents(source)
    ))  # fmt: skip


def _framed(name: str, records: Iterator[Record], close: Callable[[], None] | None = None) -> Iterator[Frame]:
    """Batches, and the end with the number of rows, once nothing is left over."""
    count = 0
    while batch := list(islice(records, BATCH)):
        count += len(batch)
        yield {name: batch}
    if close is not None:
        close()
    yield {"done": {"rows": count}}


def _sources(records: Iterable[tuple[int, Sequence[str] | None]], only: frozenset[int]) -> Iterator[Record]:
    return ([number, _json(dangerous.storable(cells or ())).decode()] for number, cells in records if number in only)


def _record(
    number: int, cells: list[str] | None, mapper: RowMapper, validator: Validator, details: Details | None
) -> Record:
    """One row as it goes into staging; the cells themselves only when the row is rejected already."""
    if cells is None:
        entry = Entry(errors=[remark("", "unreadable_row", "本行无法识别，请检查引号是否成对、单元格是否过长")])
        return [number, None, None, "", None, b"{}", [], _json(entry.errors), b"[]", b"[]", None]
    entry = mapper.map(cells)
    if details is not None and not entry.errors:
        details.add(entry, *mapper.marks(cells), mapper.by_element(cells))
    return _staged(number, entry, cells, validator)


def _staged(number: int, entry: Entry, cells: Sequence[str], validator: Validator) -> Record:
    if not entry.errors:
        validator.check(entry)
    if entry.errors:
        secret = secrecy.refused_at_entry(entry.elements, internet_facing=validator.internet_facing)
        source = (
            b"[]" if secret else _json(dangerous.storable(cells))
        )  # what must not be here is not handed back either
        return [number, None, None, "", None, b"{}", [], _json(entry.errors), _json(entry.notes), source, None]
    elements = {key: value for key, value in entry.elements.items() if value is not None}
    return [
        number,
        elements.get("implementing_body"),
        elements.get("base_code"),
        elements.get("handling_item") or "",
        whole_code(elements),
        orjson.dumps(elements),
        [] if len(elements) == len(entry.elements) else [key for key in entry.elements if key not in elements],
        b"[]",
        _json(entry.notes),
        None,
        entry.item_id.bytes if entry.item_id else None,
    ]


def _json(value: list[Any]) -> bytes:
    return orjson.dumps(value) if value else b"[]"


def main() -> None:
    """Serve one task."""
    # Rows are trees without cycles and die with their batch: looking for garbage would cost a tenth of the time.
    gc.disable()
    task = orjson.loads(sys.stdin.buffer.read())
    out = sys.stdout.buffer
    with Path(task["path"]).open("rb") as source:
        for frame in frames(task, source):
            rows = frame.get("rows")
            kind = JSON if rows is None else ROWS
            body = orjson.dumps(frame) if rows is None else staging.encoded(UUID(task["operation"]), rows)
            out.write(HEAD.pack(len(body), kind))
            out.write(body)
            out.flush()


if __name__ == "__main__":
    main()
