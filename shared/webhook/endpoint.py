"""An endpoint: its connections, kept open while they are used, and the bounds of one attempt."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from shared.webhook.addresses import Network
from shared.webhook.certificates import Context
from shared.webhook.connection import Answer, Connection, NotDelivered, connect
from shared.webhook.target import Target

# All of an attempt: looking up, connecting, sending, and reading the answer.
ATTEMPT_SECONDS = 15.0
# Below what servers and what stands before them usually keep a silent connection open for.
IDLE_SECONDS = 20.0


class Endpoint:
    """Where a subscription's events are sent."""

    def __init__(self, target: Target, allowed: Sequence[Network], context: Context) -> None:
        self._target = target
        self._allowed = allowed
        self._context = context
        self._idle: deque[tuple[Connection, float]] = deque()

    async def post(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        """One attempt.

        Raises
        ------
        NotDelivered
            There was no answer within the time.
        """
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._post(headers, body)
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {ATTEMPT_SECONDS:.0f} s") from error

    def close(self) -> None:
        """End all connections that are idle."""
        while self._idle:
            self._idle.pop()[0].close()

    async def _post(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        kept = self._kept()
        if kept is not None:
            try:
                return await self._through(kept, headers, body)
            except NotDelivered:
                pass  # the other side had ended it meanwhile: that says nothing about the endpoint
        return await self._through(await connect(self._target, self._allowed, self._context()), headers, body)

    async def _through(self, connection: Connection, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        answer = await connection.post(self._target, headers, body)
        if connection.usable:
            self._idle.append((connection, time.monotonic()))
        return answer

    def _kept(self) -> Connection | None:
        """The connection used last; those that lay idle for long are ended."""
        now = time.monotonic()
        while self._idle and (now - self._idle[0][1] > IDLE_SECONDS or not self._idle[0][0].usable):
            self._idle.popleft()[0].close()
        while self._idle:
            connection = self._idle.pop()[0]
            if connection.usable:
                return connection
        return None
