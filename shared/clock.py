"""The present instant, in one place so that tests and trial installations can set it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

# Dates of the domain are dates of this zone.
ZONE = ZoneInfo("Asia/Shanghai")

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The present instant, with zone."""
    return _source()


def machine() -> datetime:
    """The machine's own time, for what no trial may move: the partitions of tables, how long an answer is kept."""
    return datetime.now(UTC)


def use(source: Callable[[], datetime] | None) -> None:
    """Let `source` tell the time in this process; None brings the real clock back. For tests and simulations."""
    global _source
    _source = source or (lambda: datetime.now(UTC))


def simulate(file: Path) -> None:
    """Let a file tell the time in this process: years pass for a whole installation in seconds.

    Parameters
    ----------
    file
        One instant in RFC 3339. It was the time when the file was written, and goes on from there. Who wants it later
        writes another instant and moves the file into place.

    Raises
    ------
    ValueError
        When there is no such file or it holds no instant with a zone.
    """
    if not file.is_file() or datetime.fromisoformat(file.read_text().strip()).tzinfo is None:
        raise ValueError(f"{file} holds no instant with a zone, such as 2017-07-01T09:00:00+08:00")
    use(lambda: _told_by(file) + timedelta(seconds=max(0.0, time.time() - file.stat().st_mtime)))


def _told_by(file: Path) -> datetime:
    return datetime.fromisoformat(file.read_text().strip()).astimezone(UTC)
