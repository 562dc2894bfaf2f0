"""Files that a process of its own writes: rows go to its standard input, the file is at the path the task names.

Frames are a 4-byte length and JSON: the first one is the task, each further one a page of rows. A thousand rows of a
full list are a second of work, which neither the loop of an API nor the lock of its interpreter should spend.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from shared import problems
from shared.identifiers import new_id

LENGTH = struct.Struct(">I")
_ROOT = Path(__file__).resolve().parents[1]
# Each process takes a core for some seconds; who comes later waits, and after a while is told to come again.
_AT_ONCE = asyncio.Semaphore(2)
_PATIENCE = 20.0
_LONGEST = 300.0


def incoming(source: BinaryIO) -> Iterator[Any]:
    """What comes in, until the other side closes."""
    while head := source.read(LENGTH.size):
        yield orjson.loads(source.read(LENGTH.unpack(head)[0]))


Order = tuple[Mapping[str, Any], AsyncIterator[bytes]]
"""The task and the pages of a file to be written."""


async def written(folder: Path, suffix: str, module: str, order: Order) -> BinaryIO:
    """The file a writer makes while somebody waits for it: open for reading, and gone when it is closed.

    Raises
    ------
    problems.Unavailable
        Too many are being written, or this one takes too long.
    """
    try:
        async with asyncio.timeout(_PATIENCE):
            await _AT_ONCE.acquire()
    except TimeoutError:
        raise problems.Unavailable("正在生成的文件过多，请稍后再试。", code="busy") from None
    place = _folder(folder) / str(new_id())
    path = place / f"file.{suffix}"
    task, pages = order
    try:
        await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
        try:
            async with asyncio.timeout(_LONGEST):
                await write(path, module, task, pages)
        except TimeoutError:
            message = "生成文件用时过长，已中止；请稍后再试，或改用开放数据下载。"
            raise problems.Unavailable(message, code="too_slow") from None
        return await asyncio.to_thread(path.open, "rb")
    finally:
        shutil.rmtree(place, ignore_errors=True)
        _AT_ONCE.release()


def remove_older(folder: Path, before: float) -> int:
    """Drop what a killed process has left, last written before an instant (seconds since 1970); returns how many."""
    removed = 0
    for path in _folder(folder).glob("*"):
        with suppress(FileNotFoundError):  # its process has ended by now
            if path.stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
    return removed


def _folder(folder: Path) -> Path:
    """Where files stand while they are written: each in a folder of its own, with whatever its writer puts beside."""
    return folder / "spool" / "sheets"


async def write(path: Path, module: str, task: Mapping[str, Any], pages: AsyncIterator[bytes]) -> None:
    """Let a writer (`python -m module`) make the file at `path`; the process is gone when this returns, however."""
    search = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": search},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stderr is not None
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            _send(process.stdin, orjson.dumps({**task, "path": str(path)}))
            async for page in pages:
                _send(process.stdin, page)
                await process.stdin.drain()
            process.stdin.close()
        said = (await process.stderr.read()).decode(errors="replace")
        if await process.wait():
            raise RuntimeError(f"{module} ended with {process.returncode}: {said[-1000:]}")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _send(stream: asyncio.StreamWriter, frame: bytes) -> None:
    stream.write(LENGTH.pack(len(frame)) + frame)
