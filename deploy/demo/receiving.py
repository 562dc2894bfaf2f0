"""The receiver as a process: started, told how to behave, and its journal read."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from shared.server_process import free_port, wait_until
from shared.system import ROOT

START_SECONDS = 30.0


class ReceiverProcess:
    """A subscriber in a process of its own on the loopback."""

    def __init__(self, journal: Path) -> None:
        self.journal = journal
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, hook: str) -> str:
        """The endpoint under which it receives."""
        return f"http://127.0.0.1:{self.port}/hooks/{hook}"

    def tell(self, hook: str, **behaviour: Any) -> None:
        """Give it the secret of an endpoint, or let it behave in some way; see `deploy.demo.receiver`."""
        answer = httpx.put(f"http://127.0.0.1:{self.port}/control/{hook}", json=behaviour, trust_env=False)
        answer.raise_for_status()

    def received(self, hook: str | None = None) -> list[dict[str, Any]]:
        """What it wrote down, in the order of arrival."""
        if not self.journal.exists():
            return []
        lines = [line for line in self.journal.read_text(encoding="utf-8").split("\n")[:-1] if line]
        return [one for one in map(json.loads, lines) if hook in (None, one["hook"])]

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable, "-m", "deploy.demo.receiver", "--port", str(self.port), "--journal", str(self.journal),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment)
        if not wait_until(self._answers, START_SECONDS):
            self.stop()
            raise RuntimeError("the receiver did not start")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/", trust_env=False).status_code == 404
        return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
