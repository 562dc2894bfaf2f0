"""The bell: one LISTEN connection a process; a poll makes a lost ring harmless."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
from sqlalchemy import URL

from shared import telemetry
from shared.database import session_settings
from shared.ledger.append import CHANNEL

log = telemetry.get_logger(__name__)
# Between attempts to listen again after the connection broke.
RECONNECT_SECONDS = 0.5
# Instead of types: whatever happened, whoever waits.
EVERY: frozenset[str] = frozenset()


class Bell:
    """Wakes everybody in the process who waits for new events."""

    def __init__(self, url: URL, *, role: str) -> None:
        self._url = url
        self._role = role
        self._rung: dict[frozenset[str], asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen; never fails, the connection is made in the background."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def next_ring(self, types: frozenset[str] = EVERY) -> asyncio.Event:
        """The ring to come, for any event or for some types only.

        Take it before you look for events: one that comes while you look is then not missed.
        """
        return self._rung.setdefault(types, asyncio.Event())

    async def wait(self, timeout: float, ring: asyncio.Event | None = None) -> bool:
        """Wait for `ring` (the next one unless given), at most `timeout` seconds; False when it did not ring."""
        rung = ring or self.next_ring()
        try:
            async with asyncio.timeout(timeout):
                await rung.wait()
        except TimeoutError:
            return False
        return True

    def ring(self, types: frozenset[str] = EVERY) -> None:
        """Wake those who wait for one of these types now; those who come later wait for the next ring."""
        for wanted in [wanted for wanted in self._rung if not types or not wanted or not wanted.isdisjoint(types)]:
            self._rung.pop(wanted).set()

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except Exception as error:  # whatever it was: a process without a bell sees everything a poll later
                log.warning("bell lost", error=str(error))
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        dsn = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings = session_settings(self._role) | {"idle_in_transaction_session_timeout": "0"}
        connection = await asyncpg.connect(dsn, server_settings=settings, timeout=10)
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _connection: gone.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            # Whatever was appended before we listened is found by looking once.
            self.ring()
            await gone.wait()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self.ring(frozenset(str(payload).split()))
