"""Waiting for an adjustment to reach a state: polling with a bound, without holding a connection meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from services.workflow.adjustments import repository
from services.workflow.adjustments.rules import State
from shared.http.routing import TransactionalRoute

LONGEST_WAIT = 10.0
# The cascade takes some ten milliseconds; looking more often would cost more than it tells.
POLL_SECONDS = 0.02


class WaitingRoute(TransactionalRoute):
    """Waits as the query asks for (`wait_for`, `wait`), then answers in a transaction of its own.

    Whoever waits holds neither a transaction nor a connection, so any number of them leave the service usable.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The transactional handler, after the wait."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            states, seconds = asked_for(request.query_params.get("wait_for"), request.query_params.get("wait"))
            # Nobody is waited for who is not signed in; a token that is not good is refused here already.
            if states and seconds and self.principal(request) is not None:
                await until_state(request.app.state.engine, request.path_params["adjustment_id"], states, seconds)
            return await inner(request)

        return handle


def asked_for(wait_for: str | None, wait: str | None) -> tuple[frozenset[str], float]:
    """States and seconds of a query; what is not valid is left to the handler to refuse."""
    states = frozenset((wait_for or "").split(",")) & {state.value for state in State}
    try:
        seconds = float(int(wait or "0"))
    except ValueError:
        seconds = 0.0
    return states, min(max(seconds, 0.0), LONGEST_WAIT)


async def until_state(engine: AsyncEngine, adjustment_id: str, states: frozenset[str], seconds: float) -> None:
    """Return when the adjustment is in one of the states, does not exist, or the time is up."""
    try:
        wanted = UUID(adjustment_id)
    except ValueError:
        return
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        async with engine.connect() as connection:
            state = await repository.state_of(connection, wanted)
        if state is None or state in states:
            return
        await asyncio.sleep(POLL_SECONDS)
