"""A server program as our child: start it, wait until it is ready, end it, and clear away what a dead starter left.

`ServerProcess` holds what Postgres and Valkey have in common; `shared.embedded` says what is particular to each.
"""

import atexit
import contextlib
import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import psutil

from shared import launch

START_SECONDS = 30.0  # measured 0.1 s; recovery after a kill under load took up to 3 s on two busy cores
STOP_SECONDS = 20.0  # a fast shutdown writes one checkpoint
POLL_SECONDS = 0.02
PORTS = range(15000, 30000)  # below every ephemeral range: no outgoing connection takes our port while we are down


class ServerError(RuntimeError):
    """A server could not be started or stopped; the text says why and what to do."""


class _Spawner:
    """Starts children from one thread that lives as long as the process.

    The kernel sends the parent-death signal when the *thread* that forked ends, and a pool's thread may end any time.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pid = 0

    def _work(self) -> None:
        while True:
            future, call = self._asked.get()
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)

    def popen(self, argv: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._pid != os.getpid():  # first use, or we are a forked copy that has no such thread
                self._asked, self._pid = queue.SimpleQueue(), os.getpid()
                threading.Thread(target=self._work, name="server-spawner", daemon=True).start()
        future: Future[subprocess.Popen[bytes]] = Future()
        self._asked.put((future, lambda: subprocess.Popen(argv, **options)))
        return future.result()


_spawner = _Spawner()


def launched(mode: str, command: Sequence[str], death_signal: int = 0) -> list[str]:
    """The command line that runs `command` through `shared/launch.py`."""
    return [sys.executable, "-I", "-S", launch.__file__, mode, str(os.getpid()), str(death_signal), "--", *command]


def wait_until(met: Callable[[], bool], seconds: float) -> bool:
    """Poll until `met()` or the time is over; says whether it was met."""
    end = time.monotonic() + seconds
    while not met():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on now; the caller must be ready to lose the race for it."""
    for port in random.SystemRandom().sample(PORTS, 200):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise ServerError(f"no free port between {PORTS.start} and {PORTS.stop} on 127.0.0.1")


def _alive(pid: int, born: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - born) < 1  # the id may have been given to another program
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class ServerProcess:
    """One server of one data directory. Safe to start again after `stop` or `kill`: the address stays the same."""

    name = "server"
    stop_signal: int = signal.SIGTERM

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self.data_dir = Path(os.path.abspath(data_dir))
        self.port = port
        self._port_is_fixed = port is not None
        self._process: subprocess.Popen[bytes] | None = None
        self._starter = 0
        self.log_path = self.data_dir.parent / f"{self.data_dir.name}.log"
        self._record_path = self.data_dir.parent / f"{self.data_dir.name}.process.json"

    # what each kind of server says about itself; one known by its record alone can be stopped, not started
    def _command(self) -> list[str]:
        raise ServerError(f"{self.data_dir} does not say which program serves it")

    def _ready(self, pid: int) -> bool:
        raise ServerError(f"{self.data_dir} does not say which program serves it (pid {pid})")

    def _mode(self) -> str:
        return "plain"

    def _prepare(self) -> None:
        """Make the data directory."""
        self.data_dir.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> Self:
        """Return when the server accepts connections; ServerError with its last log lines if it does not."""
        if self.pid:
            return self
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._refuse_or_clear_another()
        self._prepare()
        end = time.monotonic() + START_SECONDS
        while True:
            if not self._port_is_fixed:
                self.port = free_port()
            failure = self._attempt(end)
            if failure is None:
                self._port_is_fixed = True
                return self
            if time.monotonic() > end or not self._worth_retrying(failure):
                raise ServerError(f"{self.name} did not start on port {self.port} ({self.log_path}):\n{failure}")
            time.sleep(POLL_SECONDS * 5)

    def _attempt(self, end: float) -> str | None:
        """Start once. None when ready, otherwise what the server said."""
        offset = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            process = _spawner.popen(
                launched(self._mode(), self._command(), self.stop_signal),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._process, self._starter = process, os.getpid()
        self._record(process.pid)
        wait_until(lambda: process.poll() is not None or self._ready(process.pid), end - time.monotonic())
        if process.poll() is None and self._ready(process.pid):
            atexit.register(self.stop)
            return None
        self.kill()
        with self.log_path.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")[-3000:] or f"no word from it, exit code {process.returncode}"

    def _worth_retrying(self, failure: str) -> bool:
        """A lost race for the port, or a predecessor that is not quite dead."""
        return "in use" in failure or "already exists" in failure

    def stop(self) -> None:
        """Shut down in order and wait; after 20 s kill."""
        self._end(self.stop_signal)

    def kill(self) -> None:
        """SIGKILL, as a crash would: nothing is written, nobody is told."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None or self._starter != os.getpid():
            return  # not started, or we are a forked copy of the starter and it is not ours to end
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._record_path.unlink(missing_ok=True)

    def _record(self, pid: int) -> None:
        me = psutil.Process()
        facts = {
            "pid": pid, "born": psutil.Process(pid).create_time(), "port": self.port,
            "starter": me.pid, "starter_born": me.create_time(),
        }  # fmt: skip
        self._record_path.write_text(json.dumps(facts))

    def _recorded(self) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = json.loads(self._record_path.read_text())
        except (OSError, ValueError):
            return None
        return facts if _alive(facts["pid"], facts["born"]) else None

    def attach(self) -> bool:
        """Take over the port of a server of this directory that another process runs; False if there is none."""
        facts = self._recorded()
        if facts is None or not self._ready(facts["pid"]):
            return False
        self.port, self._port_is_fixed = facts["port"], True
        return True

    def _refuse_or_clear_another(self) -> None:
        facts = self._recorded()
        if facts and _alive(facts["starter"], facts["starter_born"]) and facts["starter"] != os.getpid():
            raise ServerError(
                f"{self.name} of {self.data_dir} already runs (pid {facts['pid']}), started by process "
                f"{facts['starter']}. Stop that one first, or set QINGDAN_STATE_DIR to another directory."
            )
        self.stop_leftover()

    def stop_leftover(self) -> bool:
        """End the server of this directory whoever started it, by its recorded id; says whether there was one."""
        facts = self._recorded()
        if facts is None:
            return False
        for number in (self.stop_signal, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(facts["pid"], number)
            if wait_until(lambda: not _alive(facts["pid"], facts["born"]), STOP_SECONDS):
                break
        self._record_path.unlink(missing_ok=True)
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
