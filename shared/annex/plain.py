"""Annexes that programs read: CSV, and JSON with the whole public entry beside the texts of its row."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from shared.annex.layout import SERIAL, Column, Cover

# Spreadsheets take a CSV for their local encoding unless it begins with this.
_BOM = "\ufeff"
# What a spreadsheet would run instead of showing it (OWASP, CSV Injection), full-width signs included.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*")


class CsvAnnex:
    """The rows alone, in UTF-8; a cell that would be run as a formula begins with an apostrophe."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._file.write(_BOM)
        self._lines = csv.writer(self._file)
        self._lines.writerow([SERIAL, *(defused(column.title) for column in columns)])
        self._number = 0

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._number += 1
        self._lines.writerow([self._number, *(defused(text) for text in texts)])

    def close(self, cover: Cover) -> None:
        """Finish the file; a CSV has no cover."""
        self._file.close()


class JsonAnnex:
    """{"columns", "entries": [{"serial", "cells", "item"}], "cover", "count"}, written entry by entry."""

    def __init__(self, path: Path, columns: list[Column]) -> None:
        self._file = path.open("wb")
        titles = [SERIAL, *(column.title for column in columns)]
        self._file.write(b'{"columns":' + orjson.dumps(titles) + b',"entries":[')
        self._number = 0

    def row(self, texts: list[str], body: Mapping[str, Any]) -> None:
        """Add an entry."""
        self._file.write(b",\n" if self._number else b"\n")
        self._number += 1
        self._file.write(orjson.dumps({"serial": self._number, "cells": texts, "item": body}))

    def close(self, cover: Cover) -> None:
        """Finish the file."""
        self._file.write(b'\n],"cover":' + orjson.dumps(asdict(cover)) + b',"count":%d}\n' % self._number)
        self._file.close()


def defused(text: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
