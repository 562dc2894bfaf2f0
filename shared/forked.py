"""Children of a supervisor: copies of it that have everything loaded already.

Loading a service takes a second and a half of processor time and some 90 MB; a copy takes milliseconds, and what was
loaded is shared until somebody writes to it. A worker of four processes starts, and starts again, that much sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from shared import telemetry

log = telemetry.get_logger(__name__)
# What the kernel keeps of a process's name.
_LONGEST_NAME = 15
# What a copy may be sent before it has left its parent's ways. Until then the handlers are the parent's: they would
# write to the pipe that wakes the parent's loop, which would stop by it, and the copy would never hear of it.
_HELD = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT})
# A machine that is short of processes or memory may have some again soon, and who has copies at work keeps them.
PATIENCE_SECONDS = 60.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


class CannotCopy(Exception):
    """No copy could be made, however often it was tried; the message says of what and why."""


def pauses(patience: float) -> Iterator[float]:
    """Seconds to wait before each further attempt, growing; `patience` seconds in all."""
    pause = _FIRST_PAUSE
    while patience > 0:
        yield min(pause, patience)
        patience -= pause
        pause = min(pause * 2, _LONGEST_PAUSE)


def next_pause(left: Iterator[float], name: str, error: OSError) -> float:
    """The pause after an attempt that failed, which is logged. Raises CannotCopy when there is none left."""
    pause = next(left, None)
    if pause is None:
        raise CannotCopy(f"no copy could be made for {name}, however often it was tried: {error}") from error
    log.warning("no copy could be made, trying again", child=name, error=str(error), seconds=round(pause, 1))
    return pause


@dataclass(frozen=True)
class Child:
    """A copy at work.

    Attributes
    ----------
    ended
        Its exit code once it has ended; that of a signal is negative.
    """

    pid: int
    ended: asyncio.Future[int]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing when it has ended."""
        if not self.ended.done():  # until it has been waited for, nobody else gets its number
            os.kill(self.pid, number)


class Copies:
    """Makes children of a supervisor and learns of their end; of one loop, whose SIGCHLD is ours from then on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._children: list[Child] = []
        self._loop.add_signal_handler(signal.SIGCHLD, self._look)

    def begin(self, work: Callable[[], None], *, name: str, environment: Mapping[str, str]) -> Child:
        """Start a copy of this process that does `work` and ends; `environment` is added to its own."""
        sys.stdout.flush()
        sys.stderr.flush()
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
        try:
            pid = os.fork()
            if not pid:
                live(work, name, lambda: os.environ.update(environment))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        child = Child(pid, self._loop.create_future())
        self._children.append(child)
        return child

    async def begin_patiently(
        self, work: Callable[[], None], *, name: str, environment: Mapping[str, str], stopping: asyncio.Event
    ) -> Child | None:
        """`begin`, again and again while there are no processes or no memory; None when asked to stop meanwhile.

        Raises
        ------
        CannotCopy
        """
        left = pauses(PATIENCE_SECONDS)
        while not stopping.is_set():
            try:
                return self.begin(work, name=name, environment=environment)
            except OSError as error:
                pause = next_pause(left, name, error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
        return None

    def _look(self) -> None:
        for child in list(self._children):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._children.remove(child)
                child.ended.set_result(os.waitstatus_to_exitcode(status))


def live(work: Callable[[], None], name: str, prepare: Callable[[], None]) -> NoReturn:
    """The life of a copy; it never returns into the frames of its parent, whose loop is none of its business."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in _HELD:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
        asyncio._set_running_loop(None)
        prepare()
        with contextlib.suppress(OSError):  # what `top` shows; only Linux has it
            Path("/proc/self/comm").write_text(name[:_LONGEST_NAME])
        work()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
