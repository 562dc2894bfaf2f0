"""Result files of annexes on disk: complete or not there, removed when their time is over."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

_BLOCK = 1 << 20


def folder(state_dir: Path) -> Path:
    """Where finished annexes wait to be fetched."""
    return state_dir / "spool" / "annexes"


def settle(part: Path, final: Path) -> tuple[int, str]:
    """Put a written file under its name; returns its size in bytes and its SHA-256."""
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
        os.fsync(file.fileno())
        size = file.tell()
    part.replace(final)
    return size, digest.hexdigest()


def drop(place: Path) -> None:
    """Remove the folder of one attempt with whatever is left in it."""
    shutil.rmtree(place, ignore_errors=True)


def remove_older(state_dir: Path, before: float, *, unfinished: float) -> int:
    """Drop files last written before an instant (seconds since 1970), and folders of attempts before `unfinished`.

    Returns how many.
    """
    removed = 0
    for path in folder(state_dir).glob("*"):
        attempt = path.is_dir()
        if path.stat().st_mtime < (unfinished if attempt else before):
            drop(path) if attempt else path.unlink(missing_ok=True)
            removed += 1
    return removed
