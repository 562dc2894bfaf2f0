"""A client's journal: one JSON line for what it was about to ask, one for what it was told."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Append-only; a line is in the file before the client goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **record: Any) -> None:
        """Add a record with the present instant (`at`, seconds)."""
        line = json.dumps({"at": time.time(), **record}, ensure_ascii=False)
        os.write(self._descriptor, line.encode() + b"\n")

    def close(self) -> None:
        """No more records."""
        os.close(self._descriptor)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The complete lines of a journal; what a kill cut off at the end is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def last(path: Path) -> dict[str, Any] | None:
    """The last complete record, if there is one."""
    lines = _whole(path).splitlines()
    return json.loads(lines[-1]) if lines else None


def repair(path: Path) -> dict[str, Any] | None:
    """Cut off an unfinished last line; returns the last complete record."""
    if path.exists():
        os.truncate(path, len(_whole(path)))
    return last(path)


def _whole(path: Path) -> bytes:
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]
