"""Tickers: small jobs on a rhythm that need the database only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import pulse, telemetry

log = telemetry.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ticker:
    """A job run every so many seconds; it must be safe to run twice and in two processes at once.

    Attributes
    ----------
    leisurely
        Nobody waits for it: it runs among the gatherers.
    """

    name: str
    service: str
    every_seconds: float
    tick: Callable[[AsyncEngine], Awaitable[None]]
    leisurely: bool = False


# While time is simulated days pass within a second: nobody rests longer than this.
HURRIED_SECONDS = 0.5
_longest = float("inf")


def hurry() -> None:
    """Let every ticker of this process look again soon, since its time does not pass as the machine's does."""
    global _longest
    _longest = HURRIED_SECONDS


def rest(seconds: float) -> float:
    """How long to rest where nothing has to be done: as meant, or shortly while time is simulated."""
    return min(seconds, _longest)


async def run(engine: AsyncEngine, ticker: Ticker) -> None:
    """Tick until cancelled; an error is logged and the next tick tries again."""
    while True:
        pulse.turned(ticker.name, rests=ticker.every_seconds)
        try:
            await ticker.tick(engine)
            telemetry.TICKED.labels(ticker.name).set_to_current_time()
            telemetry.TICKER_FAILING.labels(ticker.name).set(0)
        except (DBAPIError, OSError, TimeoutError) as error:
            _count_failure(ticker)
            log.warning("tick failed", ticker=ticker.name, error=str(error)[:300])
        except Exception as error:
            _count_failure(ticker)
            log.error("tick failed", ticker=ticker.name, error=str(error)[:300], exc_info=error)
        await asyncio.sleep(rest(ticker.every_seconds))


def _count_failure(ticker: Ticker) -> None:
    """One more; and that it fails now, since of a job that is due once an hour a rate says nothing."""
    telemetry.TICKS_FAILED.labels(ticker.name).inc()
    telemetry.TICKER_FAILING.labels(ticker.name).set(1)
