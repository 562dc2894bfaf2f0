"""Rows on their way into the staging table: the reader writes them as Postgres takes them, and nobody reads them again.

The binary format of COPY (Postgres manual, COPY, "Binary Format"): a field is its length and its bytes, so no value
needs to be escaped, and jsonb is its text behind a version byte. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

# The columns of a record in the reader's order; the import's own id comes before them.
COLUMNS = (
    "row", "organ_code", "base_code", "handling_item", "whole_code", "elements", "cleared", "errors", "notes", "source",
    "item_id",
)  # fmt: skip
_JSONB = frozenset({"elements", "errors", "notes"})

BEGIN = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)

_NULL = struct.pack(">i", -1)
_LENGTH = struct.Struct(">i").pack
_LEAD = struct.Struct(">hi16sii").pack
_TEXT_TYPE = 25
_NO_TEXTS = struct.pack(">iii", 0, 0, _TEXT_TYPE)
# What stands before the bytes of a field, by its place in the record.
_BEFORE = tuple(b"\x01" if column in _JSONB else b"" for column in COLUMNS)
_CLEARED = COLUMNS.index("cleared")


def encoded(operation_id: UUID, records: Iterable[Sequence[Any]]) -> bytes:
    """Records (COLUMNS; texts as str or bytes, JSON and ids as bytes, `cleared` a list) as rows of a binary COPY."""
    out = bytearray()
    fields, own = 1 + len(COLUMNS), operation_id.bytes
    for record in records:
        out += _LEAD(fields, len(own), own, 4, record[0])
        for place in range(1, len(COLUMNS)):
            value = record[place]
            if value is None:
                out += _NULL
                continue
            body = _texts(value) if place == _CLEARED else value.encode() if isinstance(value, str) else value
            before = _BEFORE[place]
            out += _LENGTH(len(before) + len(body))
            out += before
            out += body
    return bytes(out)


def _texts(values: Sequence[str]) -> bytes:
    """A text[] of one dimension, or the empty one."""
    if not values:
        return _NO_TEXTS
    parts = [struct.pack(">iiiii", 1, 0, _TEXT_TYPE, len(values), 1)]
    for value in values:
        body = value.encode()
        parts += (_LENGTH(len(body)), body)
    return b"".join(parts)
