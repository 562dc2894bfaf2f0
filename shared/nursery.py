"""The workers and APIs of all services on one machine as copies of one process, the nursery, that has them loaded.

`python -m shared.nursery` loads the workers, then reads a request a line from its standard input and answers each end
of a copy with a line on its standard output. An API is loaded when it is first asked for: workers have begun by then.
It ends, and its copies with it, when its input does.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from shared import entrypoints, forked, garbage, settings, worker
from shared.entrypoints import ROOT

START_SECONDS = 60.0
API = "api"


class Copy:
    """An API or one child of a worker as a copy of the nursery; answers as a `subprocess.Popen` does."""

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid = pid
        self._nursery = nursery

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._nursery.ended.get(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended.

        Raises
        ------
        subprocess.TimeoutExpired
        """
        with self._nursery.told:
            if not self._nursery.told.wait_for(lambda: self.poll() is not None, timeout):
                raise subprocess.TimeoutExpired(f"copy {self.pid}", timeout or 0.0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal; nothing when it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has, and the nursery is about to tell
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that makes copies, from the side of whoever asks for them.

    Attributes
    ----------
    ended : exit codes by process number.
    told : notified of each answer.
    module : what is run as this process; it serves as `serve` does.
    """

    module = "shared.nursery"

    def __init__(self) -> None:
        self.ended: dict[int, int] = {}
        self.told = threading.Condition()
        self._begun: list[int | str] = []  # a text says why it was not begun
        self._asking = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, name="nursery", daemon=True).start()

    @property
    def alive(self) -> bool:
        """True while it can make copies."""
        return self._process.poll() is None

    def begin(
        self,
        service: str,
        role: str,
        *,
        environment: Mapping[str, str],
        log: Path,
        address: tuple[str, int] | None = None,
    ) -> Copy:
        """Start a child of a service's worker, or its API at an address; what it prints is added to `log`.

        Raises
        ------
        RuntimeError
            The nursery has ended, did not answer, or could make no copy; then it and its other copies go on.
        """
        return self.ask({
            "service": service, "role": role, "environment": dict(environment), "log": str(log), "address": address,
        })  # fmt: skip

    def ask(self, asked: Mapping[str, Any]) -> Copy:
        """Have one copy made; `asked` names the environment, the log, and whatever the module wants to know.

        Raises
        ------
        RuntimeError
            The nursery has ended, did not answer, or could make no copy; then it and its other copies go on.
        """
        with self._asking:
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(orjson.dumps(asked) + b"\n")
                self._process.stdin.flush()
            except OSError as error:
                raise RuntimeError("the process that starts the others has ended") from error
            with self.told:
                if not self.told.wait_for(lambda: self._begun or not self.alive, START_SECONDS) or not self._begun:
                    self._process.kill()  # an answer that comes late would be taken for the next one
                    raise RuntimeError(f"the process that starts the others did not start {_name(asked)}")
                begun = self._begun.pop()
                if isinstance(begun, str):
                    raise RuntimeError(begun)
                return Copy(begun, self)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = orjson.loads(line)
            with self.told:
                if "code" in said:
                    self.ended[said["pid"]] = said["code"]
                elif "failed" in said:
                    self._begun.append(said["failed"])
                else:
                    self.ended.pop(said["pid"], None)  # of one that had this number before
                    self._begun.append(said["pid"])
                self.told.notify_all()
        with self.told:
            self.told.notify_all()


_nursery: Nursery | None = None
_making = threading.Lock()


def nursery() -> Nursery:
    """The nursery of this process, made when it is first asked for."""
    global _nursery
    with _making:
        if _nursery is None or not _nursery.alive:
            _nursery = Nursery()
        return _nursery


def main() -> None:
    """Load the workers, then make copies until there is nobody left to ask for one."""
    works = {name: importlib.import_module(f"services.{name}.worker").WORK for name in settings.SERVICES}
    garbage.calm()

    def life(asked: Mapping[str, Any]) -> Callable[[], None]:
        service, role = asked["service"], asked["role"]
        if role != API:
            return partial(worker.grow_up, works[service], role)
        if (module := f"services.{service}.app") not in sys.modules:
            importlib.import_module(module)
            garbage.calm()
        return partial(entrypoints.be_api, service, *asked["address"])

    serve(life)


def serve(life: Callable[[Mapping[str, Any]], Callable[[], None]]) -> None:
    """Make a copy for each request that comes in; `life`, asked before there is a copy, says what it does."""
    signal.signal(signal.SIGCHLD, lambda *_: _tell_ends())
    for line in sys.stdin.buffer:
        asked = orjson.loads(line)
        work = life(asked)
        try:
            pid = _fork(_name(asked))
        except forked.CannotCopy as failure:
            _say({"failed": str(failure)})
            continue
        if not pid:
            forked.live(work, _name(asked), partial(_move_in, asked))
        _say({"pid": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _fork(name: str) -> int:
    """What fork answers, tried for a time; ends of copies wait until it did, in both. Raises CannotCopy."""
    left = forked.pauses(START_SECONDS / 2)
    while True:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # its end is told after its beginning
        try:
            return os.fork()
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            time.sleep(forked.next_pause(left, name, error))


def _name(asked: Mapping[str, Any]) -> str:
    return f"{asked['service']}-{asked['role']}"


def _move_in(asked: Mapping[str, Any]) -> None:
    """A session, an environment and files of its own: nothing of the nursery's but what it has loaded."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.setsid()
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    os.environ.clear()
    os.environ.update(asked["environment"] | {"QINGDAN_SUPERVISOR_PID": str(os.getppid())})
    time.tzset()


def _tell_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(answer: Mapping[str, int | str]) -> None:
    os.write(1, orjson.dumps(answer) + b"\n")


if __name__ == "__main__":
    main()
