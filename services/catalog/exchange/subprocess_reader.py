"""The parent's side of the reader process: starts it, takes its frames, and says what went wrong."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from services.catalog.exchange.reader import HEAD, ROWS, TOO_MUCH

# The folder that holds `services` and `shared`: the child must find them wherever it is started.
_ROOT = Path(__file__).resolve().parents[3]
# The loop goes on filling this while a batch is being written (it pauses at twice the limit): some batches of long
# rows, so that reading and writing overlap.
_PIPE_LIMIT = 4 << 20
# The last words of native code that is refused memory: a sheet is one block from its first to its last cell.
_NO_MEMORY = "memory allocation of "
# A file of 64 MB is read in some seconds; a reader silent for longer has hung.
SILENT_SECONDS = 60


class ReaderDied(RuntimeError):
    """The reader process ended without finishing; trying again is right, the file may be fine."""


@asynccontextmanager
async def reading(task: Mapping[str, Any]) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Frames of a task (see reader.py), rows encoded as they are; the process is gone when the block ends, however.

    Raises
    ------
    ReaderDied
        The process ended early or fell silent.
    """
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.catalog.exchange.reader",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        limit=_PIPE_LIMIT,
    )
    try:
        await _hand_over(process, task)
        yield _frames(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _hand_over(process: asyncio.subprocess.Process, task: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(orjson.dumps(task))
        await process.stdin.drain()
        process.stdin.close()


async def _frames(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    assert process.stdout is not None
    try:
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                length, kind = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
                body = await process.stdout.readexactly(length)
            frame: dict[str, Any] = {"rows": body} if kind == ROWS else orjson.loads(body)
            yield frame
            if "done" in frame or "fatal" in frame:
                return
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        said = await _last_words(process)
        if _NO_MEMORY not in said:
            raise ReaderDied(f"import reader ended early: exit {process.returncode}; {said[-500:]}") from error
        # Again would end again: it is the file.
        yield {"fatal": TOO_MUCH}


async def _last_words(process: asyncio.subprocess.Process) -> str:
    with suppress(ProcessLookupError):
        process.kill()
    assert process.stderr is not None
    said = (await process.stderr.read()).decode(errors="replace").strip()
    await process.wait()
    return said
