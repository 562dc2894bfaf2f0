"""The mark every copy carries, which version of which list it shows, and how it is read back. Pure.

In JSON the members `list_id`, `revision` and `hash`; in HTML three `<meta>` elements; in texts the last line; in a CSV
the last three columns; in PDF and DOCX, which people look at, the last line of the text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import orjson

from shared.annex.offer import mark_of

NAMES = ("list_id", "revision", "hash")
COLUMNS = ("清单标识", "清单版本", "校验码")
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINE = re.compile(f"清单版本 ({_UUID}) 第([0-9]{{1,10}})次修订 校验码 ([0-9a-f]{{64}})")
# The greatest number a revision can have: what a page says beyond it is no mark of ours.
_GREATEST = 2**31 - 1
# As much of a foreign page as is looked through for the mark of an HTML copy.
_MOST_HTML = 4 * 1024 * 1024


@dataclass(frozen=True)
class Marker:
    """Which version of a list a copy says it shows."""

    list_id: UUID
    revision: int
    hash: str

    @property
    def line(self) -> str:
        """The last line of a text."""
        return mark_of(self.list_id, self.revision, self.hash)

    @property
    def members(self) -> dict[str, Any]:
        """The members of a JSON document."""
        return {"list_id": str(self.list_id), "revision": self.revision, "hash": self.hash}

    @property
    def meta(self) -> str:
        """The elements of an HTML head."""
        given = zip(NAMES, (self.list_id, self.revision, self.hash), strict=True)
        return "".join(f'<meta name="qingdan:{name}" content="{escape(str(value))}">' for name, value in given)

    @property
    def cells(self) -> list[str]:
        """The last cells of a CSV row."""
        return [str(self.list_id), str(self.revision), self.hash]


def read(media_type: str, content: bytes) -> Marker | None:
    """The mark of what a channel shows; None when it carries none that can be read.

    Whatever is shown there gets an answer: a page nobody can read must be alarmed like any other that is not ours.
    """
    try:
        match media_type.partition(";")[0]:
            case "application/json":
                return _of(orjson.loads(content))
            case "application/jsonl":
                return _of(orjson.loads(content.partition(b"\n")[0]))
            case "text/html":
                return _of(_metas(content))
            case "text/csv":
                return _of_csv(content)
            case _:
                return _of_text(content.decode("utf-8", "replace"))
    # The reader of CSV and that of HTML have failures of their own: `<![no[` is one of an assertion.
    except (ValueError, KeyError, TypeError, RecursionError, AssertionError, csv.Error):
        return None


def _of(given: Mapping[str, Any]) -> Marker | None:
    list_id, revision, digest = (str(given[name]) for name in NAMES)
    known = re.fullmatch(r"[0-9]{1,10}", revision) and int(revision) <= _GREATEST
    if not known or not re.fullmatch(r"[0-9a-f]{64}", digest):
        return None
    return Marker(UUID(list_id), int(revision), digest)


def _of_text(text: str) -> Marker | None:
    lines = text.strip().splitlines()
    found = _LINE.search(lines[-1]) if lines else None
    return _of(dict(zip(NAMES, found.groups(), strict=True))) if found else None


def _of_csv(content: bytes) -> Marker | None:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig", "replace")))
    next(rows, None)
    first = next(rows, None)
    return _of(dict(zip(NAMES, first[-len(NAMES) :], strict=True))) if first else None


class _Metas(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "meta" and name.startswith("qingdan:"):
            self.found.setdefault(name.removeprefix("qingdan:"), given.get("content") or "")


def _metas(content: bytes) -> Mapping[str, str]:
    parser = _Metas()
    parser.feed(content[:_MOST_HTML].decode("utf-8", "replace"))
    return parser.found
