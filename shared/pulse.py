"""The pulse of a worker process: a file that is touched while all of its loops turn, for the probes of containers.

A loop that waits for ever - on a connection that is dead without knowing it - looks alive from outside: the process
runs. `shared.probe` looks at the files; it never asks for the database, since a restart would not bring that back.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from shared import telemetry

log = telemetry.get_logger(__name__)
BEAT_SECONDS = 5.0
# The longest that a loop may be busy with one turn: statements end after 60 s, a batch has several of them.
BUSY_SECONDS = 300.0

_due: dict[str, float] = {}


def turned(loop: str, *, rests: float = 0.0) -> None:
    """A loop begins a turn: the next is expected within `rests` seconds and the longest that a turn may take."""
    _due[loop] = time.monotonic() + rests + BUSY_SECONDS


def stalled() -> list[str]:
    """The loops whose next turn is overdue."""
    now = time.monotonic()
    return sorted(loop for loop, due in _due.items() if due < now)


def expect(folder: Path | None, name: str) -> None:
    """Begin a process's file: from now on a probe expects it to be touched."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


async def beat(folder: Path | None, name: str) -> None:
    """Touch the process's file as long as no loop is stalled; without a folder there is nothing to do."""
    while folder is not None:
        if late := stalled():
            log.error("loops do not turn", loops=late)
        else:
            expect(folder, name)
        await asyncio.sleep(BEAT_SECONDS)
