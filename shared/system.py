"""The whole system as processes on one machine: for `qingdan up`, the demo, journeys, fault tests and measurements."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from shared import entrypoints, settings
from shared.nursery import API, Copy, nursery
from shared.server_process import free_port

ROOT = entrypoints.ROOT
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
# What workers run beside their consumers.
CHILDREN = (
    ("catalog", "arq"), ("catalog", "gatherers"), ("workflow", "gatherers"),
    ("publish", "arq"), ("publish", "senders"), ("publish", "gatherers"),
)  # fmt: skip


@dataclass
class Process:
    """One process of ours: how it is started, and the one that runs now.

    Attributes
    ----------
    command
        Of a program of its own; an API and the child of a worker have none, they are copies of the process that has
        everything loaded.
    address
        Of an API: host and port.
    """

    name: str
    command: Sequence[str] = ()
    popen: subprocess.Popen[bytes] | Copy | None = None
    environment: dict[str, str] = field(default_factory=dict)
    address: tuple[str, int] | None = None

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self.popen is not None and self.popen.poll() is None


class System:
    """Three APIs and their workers, each a process that can be killed and started again by name.

    Names: `catalog`, `workflow`, `publish`; `catalog-consumers`, `workflow-consumers`, `publish-consumers`;
    `catalog-arq`, `publish-arq`; `catalog-gatherers`, `workflow-gatherers`, `publish-gatherers`; `publish-senders`.

    Parameters
    ----------
    environment
        Settings for every process: at least QINGDAN_DATABASE_URL, QINGDAN_REDIS_URL, QINGDAN_STATE_DIR.
    ports
        Port of each API; free ones unless given.
    logs
        Folder for one log file a process.
    """

    def __init__(self, environment: Mapping[str, str], *, logs: Path, ports: Mapping[str, int] | None = None) -> None:
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.logs = logs
        self.ports = dict(ports or {name: free_port() for name in settings.SERVICES})
        self.processes = {process.name: process for process in self._all()}

    def _all(self) -> list[Process]:
        host = self.environment.get("QINGDAN_HOST", "127.0.0.1")
        processes = [Process(name, address=(host, self.ports[name])) for name in settings.SERVICES]
        children = [*((name, "consumers") for name in settings.SERVICES), *CHILDREN]
        # Workers first: they begin while the APIs are loaded.
        return [*(Process(f"{name}-{child}") for name, child in children), *processes]

    def url(self, service: str) -> str:
        """Base URL of a service's API."""
        return f"http://127.0.0.1:{self.ports[service]}"

    def start(self, *names: str, crash_point: str | None = None) -> None:
        """Start the named processes (all when none is named) that do not run; does not wait."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in names or list(self.processes):
            process = self.processes[name]
            if process.alive:
                continue
            environment = dict(self.environment, QINGDAN_SUPERVISOR_PID=str(os.getpid()), **process.environment)
            if crash_point:
                environment["QINGDAN_CRASH_POINT"] = crash_point
            process.popen = self._begin(process, environment)

    def _begin(self, process: Process, environment: Mapping[str, str]) -> subprocess.Popen[bytes] | Copy:
        path = self.logs / f"{process.name}.log"
        if not process.command:
            service, _, role = process.name.partition("-")
            return nursery().begin(
                service, role or API, environment=environment, log=path.absolute(), address=process.address
            )
        with path.open("ab") as log:
            return subprocess.Popen(
                process.command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until every API answers /readyz.

        Raises
        ------
        RuntimeError
            An API died or did not become ready; the end of its log is in the message.
        """
        end = time.monotonic() + seconds
        for name in settings.SERVICES:
            while not self._is_ready(name):
                if not self.processes[name].alive or time.monotonic() > end:
                    raise RuntimeError(f"{name} is not ready:\n{self.tail(name)}")
                time.sleep(0.05)

    def tail(self, name: str, lines: int = 30) -> str:
        """The last lines a process wrote."""
        with contextlib.suppress(OSError):
            return "\n".join((self.logs / f"{name}.log").read_text(errors="replace").splitlines()[-lines:])
        return ""

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        process = self.processes[name]
        if process.popen is not None and process.alive:
            with contextlib.suppress(ProcessLookupError):
                process.popen.send_signal(signal.SIGKILL)
            process.popen.wait()

    def stop(self) -> None:
        """End everything in an orderly way; what does not end in time is killed."""
        running = [process.popen for process in self.processes.values() if process.popen and process.alive]
        for popen in running:
            with contextlib.suppress(ProcessLookupError):
                popen.terminate()
        end = time.monotonic() + STOP_SECONDS
        for popen in running:
            try:
                popen.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()

    def _is_ready(self, name: str) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url(name)}/readyz", timeout=2, trust_env=False).status_code == 200
        return False

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
