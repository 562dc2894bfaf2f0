"""Secret files: made once, whole or not at all, readable by their owner only, whoever else starts at the same time."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def ensure(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of the file; `make` gives it when the file is not there (or was left empty by a full disk)."""
    if path.exists() and path.stat().st_size == 0:
        path.unlink(missing_ok=True)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(make())
                file.flush()
                os.fsync(file.fileno())
            # A link fails where the file exists already: of two that start together, the first one counts for both.
            with contextlib.suppress(FileExistsError):
                os.link(whole, path)
        finally:
            whole.unlink(missing_ok=True)
    return path.read_bytes()
