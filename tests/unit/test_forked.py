"""Children that are copies of their supervisor: they have a loop of their own, and their end is learnt at once."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared import forked
from shared.forked import CannotCopy, Copies, pauses

ROOT = Path(__file__).resolve().parent.parent.parent

# A process of its own: what is forked here must not be a copy of pytest with all its servers.
SUPERVISOR = """
import asyncio, os, signal, sys
from shared.forked import Copies
from tests.unit import test_forked
asyncio.run(getattr(test_forked, sys.argv[1])())
"""


def supervised(story: str) -> list[str]:
    """The lines a supervisor and its children print."""
    done = subprocess.run(
        [sys.executable, "-c", SUPERVISOR, story], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


async def _four_ways_to_end() -> None:
    async def wait_for_a_signal() -> None:
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
        print("ready", os.environ["SAID"], flush=True)
        await asked.wait()

    async def hang() -> None:
        await asyncio.sleep(3600)

    def refuse() -> None:
        raise SystemExit(3)

    copies = Copies()
    told = copies.begin(lambda: asyncio.run(wait_for_a_signal()), name="told", environment={"SAID": "hello"})
    killed = copies.begin(lambda: asyncio.run(hang()), name="killed", environment={})
    refused = copies.begin(refuse, name="refused", environment={})
    broken = copies.begin(lambda: print(1 / 0), name="broken", environment={})
    print(await refused.ended, await broken.ended, flush=True)
    killed.signal(signal.SIGKILL)
    print(await killed.ended, flush=True)
    told.signal(signal.SIGTERM)
    print(await told.ended in (0, -signal.SIGTERM), "SAID" in os.environ, flush=True)  # by it, when it came too soon
    told.signal(signal.SIGKILL)  # nothing: it has ended


async def _a_child_is_named() -> None:
    copies = Copies()
    path = Path("/proc/self/comm")
    named = copies.begin(lambda: print(path.read_text().strip()), name="catalog-gatherers", environment={})
    await named.ended


def test_a_child_ends_by_itself_by_an_error_by_a_kill_or_when_it_is_told_and_the_supervisor_knows_which() -> None:
    lines = supervised("_four_ways_to_end")
    assert [line for line in lines if line != "ready hello"] == ["3 1", "-9", "True False"]


def test_a_child_goes_by_its_own_name() -> None:
    if not Path("/proc/self/comm").exists():
        return
    assert supervised("_a_child_is_named") == ["catalog-gather"[:15] + "e"]


async def _stopped_at_once() -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    copies = Copies()
    codes = []
    for _ in range(20):
        child = copies.begin(lambda: time.sleep(60), name="stopped", environment={})
        child.signal(signal.SIGTERM)
        ended, _ = await asyncio.wait([child.ended], timeout=5)
        child.signal(signal.SIGKILL)
        codes.append(await child.ended if ended else "hangs")
    print(set(codes), asked.is_set(), signal.pthread_sigmask(signal.SIG_BLOCK, ()))


def test_a_copy_that_is_stopped_while_it_starts_ends_and_its_parent_does_not() -> None:
    assert supervised("_stopped_at_once") == ["{-15} False set()"]


async def _short_of_processes() -> None:
    """The machine refuses the first two attempts, then all of them; a copy that is at work stays at work."""
    copies, stopping, really, refusals = Copies(), asyncio.Event(), os.fork, iter([True, True, False])

    def fork() -> int:
        if next(refusals, True):
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return really()

    os.fork = fork
    forked.PATIENCE_SECONDS, forked._FIRST_PAUSE = 0.1, 0.01
    first = await copies.begin_patiently(lambda: time.sleep(60), name="first", environment={}, stopping=stopping)
    assert first is not None
    try:
        await copies.begin_patiently(lambda: None, name="second", environment={}, stopping=stopping)
    except CannotCopy as failure:
        print(failure, "|", first.ended.done())
    forked.PATIENCE_SECONDS, forked._FIRST_PAUSE = 60.0, 60.0
    asyncio.get_running_loop().call_later(0.05, stopping.set)
    print(await copies.begin_patiently(lambda: None, name="third", environment={}, stopping=stopping))
    first.signal(signal.SIGKILL)
    await first.ended


def test_a_copy_that_cannot_be_made_is_tried_again_for_a_time_while_the_others_work() -> None:
    told = [line for line in supervised("_short_of_processes") if "trying again" not in line]
    assert len(told) == 2
    assert told[1] == "None"
    assert told[0].startswith("no copy could be made for second, however often it was tried")
    assert told[0].endswith("| False")


def test_pauses_grow_and_end() -> None:
    waited = list(pauses(30.0))
    assert sum(waited) == pytest.approx(30.0)
    assert waited[:3] == [0.2, 0.4, 0.8]
    assert max(waited) <= 10.0
