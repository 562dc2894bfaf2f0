"""Keeps what every executed test was marked with and how it ended in `trace.json`, for `make trace`."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.embedded import state_dir

RANK = {"passed": 0, "skipped": 1, "failed": 2}


def trace_file() -> Path:
    """Where the last run is kept."""
    return state_dir() / "trace.json"


def read() -> dict[str, dict[str, Any]]:
    """nodeid -> {"requirements": [...], "outcome": "passed" | "skipped" | "failed"}."""
    try:
        known: dict[str, dict[str, Any]] = json.loads(trace_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Several runs may write at once."""
    trace_file().parent.mkdir(parents=True, exist_ok=True)
    with trace_file().with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def add(executed: dict[str, dict[str, Any]]) -> None:
    """Add one run's tests; a test that was known is replaced."""
    with _alone():
        fresh = trace_file().with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**read(), **executed}, ensure_ascii=False, indent=1), encoding="utf-8")
        fresh.replace(trace_file())


_marked: dict[str, list[str]] = {}
_executed: dict[str, dict[str, Any]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        ids = {str(name) for mark in item.iter_markers("req") for name in mark.args}
        _marked[item.nodeid] = sorted(ids)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.passed:
        return
    known = _executed.setdefault(
        report.nodeid, {"requirements": _marked.get(report.nodeid, []), "outcome": report.outcome}
    )
    if RANK[report.outcome] > RANK[known["outcome"]]:
        known["outcome"] = report.outcome


def pytest_sessionfinish() -> None:
    if _executed:
        add(_executed)
