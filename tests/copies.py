"""Processes of the tests as copies of one that has loaded what they run, as `qingdan up` starts its workers.

A worker takes a second and a half of processor time to load and milliseconds to copy; tests start and kill dozens.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from shared import nursery, worker
from shared.nursery import Copy, Nursery


class _Copies(Nursery):
    module = "tests.copies"


@cache
def _copies() -> _Copies:
    return _Copies()


_making = threading.Lock()


_NOWHERE = Path(os.devnull)


def work(module: str, role: str, environment: Mapping[str, str], log: Path = _NOWHERE) -> Copy:
    """A child of the worker of a module, as `python -m <module> <role>` is one; what it prints is added to `log`."""
    return _begun({"service": module, "role": role, "function": None}, environment, log)


def call(module: str, function: str, *arguments: str, environment: Mapping[str, str]) -> Copy:
    """A process that calls a function of a module and ends; what it prints goes nowhere."""
    return _begun({"service": module, "role": function, "function": function, "arguments": arguments}, environment)


def _begun(asked: Mapping[str, Any], environment: Mapping[str, str], log: Path = _NOWHERE) -> Copy:
    with _making:
        copies = _copies()
    return copies.ask({**asked, "environment": dict(environment), "log": str(log)})


def _life(asked: Mapping[str, Any]) -> Callable[[], None]:
    """What a copy does; the module is loaded here, once for all copies."""
    module = importlib.import_module(asked["service"])
    if asked["function"]:
        return partial(getattr(module, asked["function"]), *asked["arguments"])
    return partial(worker.grow_up, module.WORK, asked["role"])


if __name__ == "__main__":
    nursery.serve(_life)
