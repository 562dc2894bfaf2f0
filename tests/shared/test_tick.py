"""A job on a rhythm that fails says so until it succeeds, however seldom it is due."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import telemetry, tick
from shared.tick import Ticker

NAME = "test-ticker"


def failing() -> float:
    return telemetry.TICKER_FAILING.labels(NAME)._value.get()


async def ticked_once(engine: AsyncEngine, work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    """Let it tick for the first time; the next is an hour away."""
    done = asyncio.Event()

    async def once(engine: AsyncEngine) -> None:
        asyncio.get_running_loop().call_soon(done.set)  # after what follows a tick, which waits for nothing
        await work(engine)

    running = asyncio.create_task(
        tick.run(engine, Ticker(name=NAME, service="catalog", every_seconds=3_600, tick=once))
    )
    await done.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("error", [OSError("away"), ValueError("wrong")])
async def test_a_ticker_that_fails_once_an_hour_is_seen_until_it_succeeds(
    catalog: AsyncEngine, error: Exception
) -> None:
    async def fail(engine: AsyncEngine) -> None:
        raise error

    async def succeed(engine: AsyncEngine) -> None:
        return None

    await ticked_once(catalog, fail)
    assert failing() == 1
    await ticked_once(catalog, succeed)
    assert failing() == 0
