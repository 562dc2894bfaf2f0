"""The simulated platform as a process of its own, and what demo and tests say to it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from shared.system import ROOT

SOURCE = "440100000000"
# The program that stands in for a platform, by the transport that it is reached by.
PROGRAMS = {
    "item_exchange": "deploy.simulator.platform",
    "item_library": "deploy.simulator.item_library",
    "signed_api": "deploy.simulator.signed_platform",
}


@dataclass
class Simulator:
    """A running platform."""

    folder: Path
    token: str | None
    process: subprocess.Popen[str]
    port: int
    program: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def say(self, path: str = "", **given: Any) -> Any:
        """Let something go wrong, or happen."""
        return httpx.post(f"{self.url}/control{path}", json=given, trust_env=False, timeout=10).json()

    def items(self, source: str = SOURCE) -> dict[str, dict[str, Any]]:
        """What it holds and has not deleted, by TASK_GUID."""
        answer = httpx.get(f"{self.url}/control/items", params={"source": source}, trust_env=False, timeout=10)
        return {one["guid"]: one for one in answer.json() if not one["gone"]}

    def seen(self) -> list[tuple[str, int]]:
        """Number and rows of every batch that arrived, repetitions too."""
        answer = httpx.get(f"{self.url}/control/seen", trust_env=False, timeout=10)
        return [(number, rows) for number, rows in answer.json()]

    def kill(self) -> None:
        """As a power cut."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """On the same port, with what it had stored."""
        self.process, self.port = _start(self.program, self.folder, self.token, self.port)


def _start(program: str, folder: Path, token: str | None, port: int) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-m", program, "--port", str(port)]
    command += ["--storage", str(folder / "platform.sqlite"), *(["--token", token] if token else [])]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


@contextlib.contextmanager
def simulator(folder: Path, token: str | None = None, transport: str = "item_exchange") -> Iterator[Simulator]:
    """A platform of its own while the block runs, of the transport's kind."""
    program = PROGRAMS[transport]
    folder.mkdir(parents=True, exist_ok=True)
    started = Simulator(folder, token, *_start(program, folder, token, 0), program)
    try:
        yield started
    finally:
        started.kill()
        assert started.process.stdout is not None
        started.process.stdout.close()
