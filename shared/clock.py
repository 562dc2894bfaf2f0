"""The present instant, in one place so that tests can set it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

# Dates of the domain are dates of this zone.
ZONE = ZoneInfo("Asia/Shanghai")

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The present instant, with zone."""
    return _source()


def use(source: Callable[[], datetime] | None) -> None:
    """Let `source` tell the time in this process; None brings the real clock back. For tests and simulations."""
    global _source
    _source = source or (lambda: datetime.now(UTC))
