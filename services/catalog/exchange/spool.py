"""Uploaded files on disk: written durably before an import is acknowledged, removed when nobody needs them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from shared import problems
from shared.identifiers import new_id

_COPY_BLOCK = 1 << 20
# Indexes of documents wait apart from imports of entries, in a state folder of their own.
DOCUMENTS = "documents"


def folder(state_dir: Path) -> Path:
    """Where uploaded files wait."""
    return state_dir / "spool" / "imports"


async def keep(state_dir: Path, blocks: AsyncIterator[bytes], limit: int) -> str:
    """Store a file block by block; returns its name in the folder.

    The file and its directory entry are on disk when this returns: what is acknowledged survives a power cut.

    Raises
    ------
    problems.TooLarge
        More than `limit` bytes; nothing is kept.
    """
    place = folder(state_dir)
    await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
    name = f"{new_id()}.csv"
    file = await asyncio.to_thread((place / name).open, "xb")
    size = 0
    try:
        async for block in blocks:
            size += len(block)
            if size > limit:
                raise problems.TooLarge(f"文件超过 {limit // (1 << 20)} MB，请拆分后分批导入。")
            await asyncio.to_thread(file.write, block)
        await asyncio.to_thread(_settle, file, place)
    except BaseException:
        file.close()
        (place / name).unlink(missing_ok=True)
        raise
    return name


async def blocks_of(file: BinaryIO) -> AsyncIterator[bytes]:
    """The content of a file that is open already, in blocks."""
    while block := await asyncio.to_thread(file.read, _COPY_BLOCK):
        yield block


def remove(state_dir: Path, name: str) -> None:
    """Drop a file that is no longer needed."""
    (folder(state_dir) / name).unlink(missing_ok=True)


def remove_older(state_dir: Path, before: float, keep_names: set[str]) -> int:
    """Drop files last written before an instant (seconds since 1970), except those still needed; returns how many."""
    removed = 0
    for place in (folder(state_dir), folder(state_dir / DOCUMENTS)):
        for path in place.glob("*.csv"):
            if path.name not in keep_names and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _settle(file: BinaryIO, place: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    if hasattr(os, "O_DIRECTORY"):
        directory = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
