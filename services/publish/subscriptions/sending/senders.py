"""The process that sends: leases subscriptions that have something to send, and runs a lane for each.

A lease is a lock of one database session. When that session ends, everything this process has on its way is given up
at once, because from then on another one may send it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.subscriptions import repository as subscriptions
from services.publish.subscriptions import secrets, service
from services.publish.subscriptions.parking import service as parking
from services.publish.subscriptions.reading.repository import TEST_RING
from services.publish.subscriptions.replaying.repository import RING
from services.publish.subscriptions.sending import repository, testing
from services.publish.subscriptions.sending.lane import TAKEN_IN, UNKNOWN, Key, Lane, Means, Way
from services.publish.subscriptions.sending.payloads import Payloads
from services.publish.subscriptions.sending.results import Results
from services.publish.subscriptions.window import Outstanding, Window
from shared import clock, telemetry
from shared.ledger.bell import Bell
from shared.ledger.failure import is_passing
from shared.ledger.transaction import Transaction, begin
from shared.settings import Settings
from shared.statement import Row
from shared.webhook.certificates import Certificates

log = telemetry.get_logger(__name__)

ACTOR = "system:subscriptions"
# A lane of this process has little left of what it took in.
HUNGER = "delivery.wanted"
RINGS = frozenset({
    RING, TEST_RING, HUNGER, "subscription.updated", "subscription.paused", "subscription.resumed",
    "subscription.deleted",
    "subscription.parked", "subscription.secret_rotated", "subscription.secret_revoked", "subscription.disabled",
})  # fmt: skip
# How soon the leases of a process that was killed are seen to be free, when no bell rings.
LOOK_SECONDS = 1.0
# A lane without work keeps its lease and its connections for so long.
IDLE_SECONDS = 10.0
# Leased at a time, so that several processes come to share the work.
MOST_LEASES = 200
RETRY_SECONDS = 0.5


class Senders:
    """All lanes of this process."""

    def __init__(self, engine: AsyncEngine, bell: Bell, configured: Settings, results: Results) -> None:
        self._engine = engine
        self._bell = bell
        self._lanes: dict[UUID, Lane] = {}
        self._acting: dict[tuple[UUID, int], asyncio.Task[None]] = {}
        self._payloads = Payloads(engine)
        self._results = results
        self._configured = configured
        self._certificates = Certificates(configured.secrets)
        self._means = Means(
            payloads=self._payloads,
            results=results,
            slots=asyncio.Semaphore(configured.webhook_connections),
            hungry=lambda: bell.ring(frozenset({HUNGER})),
            allowed=configured.webhook_allowed_networks,
            disable=self._disable,
            park=self._park,
        )
        self._tests = testing.TestEvents(engine, self._means.allowed, self._certificates)

    async def run(self) -> None:
        """Send until cancelled; a lost database means that all leases are gone."""
        reading = asyncio.create_task(self._payloads.run())
        try:
            while True:
                try:
                    await self._leased()
                except Exception as error:
                    told = None if is_passing(error) else error
                    log.warning("leases were lost", error=str(error)[:300], exc_info=told)
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            reading.cancel()
            await asyncio.gather(reading, *self._acting.values(), return_exceptions=True)

    async def _leased(self) -> None:
        """Work as long as the session lives that holds the leases."""
        looking = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        async with looking.connect() as connection:
            try:
                while True:
                    ring = self._bell.next_ring(RINGS)
                    await self._look(connection)
                    await self._bell.wait(LOOK_SECONDS, ring)
            finally:
                lanes, self._lanes = list(self._lanes.values()), {}
                await asyncio.gather(*(lane.stop() for lane in lanes))
                # Never back into the pool: its locks would be held by somebody who does not know.
                await connection.invalidate()

    async def _look(self, connection: AsyncConnection) -> None:
        await self._take(connection)
        if self._lanes:
            await self._follow(connection)
        await self._tests.look(connection)

    async def _take(self, connection: AsyncConnection) -> None:
        """Lease what waits; for that, lanes that have nothing to send now go when no lease is free."""
        free = MOST_LEASES - len(self._lanes)
        resting = await self._resting(connection) if free <= 0 else []
        if free <= 0 and not resting:
            return
        taken = await repository.take(connection, list(self._lanes), clock.now(), free + len(resting))
        for subscription_id in resting[: max(len(taken) - free, 0)]:
            await self._drop(connection, subscription_id)
        if taken:
            for row in await repository.states(connection, taken):
                opens = self._monotonic(row.retry_at)
                self._lanes[row.id] = Lane(row.id, self._means, Window(row.failures, opens))

    async def _resting(self, connection: AsyncConnection) -> list[UUID]:
        """Lanes that lose nothing by ending now: without work, and then those whose endpoint opens last."""
        now = clock.now()
        rows = await repository.states(connection, list(self._lanes))
        idle = [row.id for row in rows if not self._has_work(row)]
        closed = [
            row for row in rows
            # Whoever leases it next must know what this lane knows.
            if row.retry_at and row.retry_at > now and self._lanes[row.id].is_closed(row.failures)
        ]  # fmt: skip
        return idle + [row.id for row in sorted(closed, key=lambda row: row.retry_at, reverse=True)]

    async def _follow(self, connection: AsyncConnection) -> None:
        """Bring each lane up to what the database says of its subscription."""
        rows = {row.id: row for row in await repository.states(connection, list(self._lanes))}
        for subscription_id in list(self._lanes):
            row = rows.get(subscription_id)
            if row is None or row.state != "active" or row.endpoint is None or self._is_idle(row):
                await self._drop(connection, subscription_id)
        for subscription_id, lane in list(self._lanes.items()):
            await self._renew(lane, rows[subscription_id])
        changed = [row for id_, row in rows.items() if id_ in self._lanes and row.version != self._lanes[id_].version]
        if changed:
            await self._configure(connection, changed)
        for subscription_id, lane in self._lanes.items():
            lane.more = rows[subscription_id].outstanding > len(lane.window)
        await self._load(connection, [lane for lane in self._lanes.values() if lane.more and lane.wants])

    async def _renew(self, lane: Lane, row: Row) -> None:
        """A window that was filled again, or an endpoint whose failures were forgotten, begins anew."""
        if lane.generation not in (row.generation, UNKNOWN):
            await lane.stop()
            lane = self._lanes[row.id] = Lane(row.id, self._means, Window(row.failures, self._monotonic(row.retry_at)))
        lane.generation = row.generation

    async def _load(self, connection: AsyncConnection, hungry: Sequence[Lane]) -> None:
        found: dict[UUID, list[Outstanding]] = {}
        if hungry:
            for row in await repository.outstanding(connection, {lane.id: lane.seen for lane in hungry}, TAKEN_IN):
                found.setdefault(row.subscription_id, []).append(
                    Outstanding(
                        row.sequence,
                        row.feed_sequence,
                        ordered_by(row),
                        row.attempts,
                        self._monotonic(row.retry_at),
                        row.queued_at,
                    )
                )
        unsaved = self._results.unsaved
        for lane in hungry:
            deliveries = found.get(lane.id, [])
            lane.more = len(deliveries) == TAKEN_IN
            if deliveries:
                lane.seen = deliveries[-1].sequence
                lane.idle_since = None
                lane.add([one for one in deliveries if (lane.id, one.sequence, one.queued_at) not in unsaved])

    async def _configure(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        now = clock.now()
        valid: dict[UUID, list[Row]] = {}
        for secret in await subscriptions.secrets(connection, [row.id for row in rows], now):
            valid.setdefault(secret.subscription_id, []).append(secret)
        for row in rows:
            mine = valid.get(row.id, [])
            try:
                opened = secrets.opened(mine)
            except ValueError as error:
                self._disable(row.id, "签名密钥无法读取，请更换密钥后再启用")
                log.error("a secret cannot be decrypted", subscription=str(row.id), error=str(error))
                continue
            lane = self._lanes[row.id]
            lane.version = row.version
            keys = [Key(key, one.valid_until) for key, one in zip(opened, mine, strict=True)]
            lane.configure(self._way(row, keys))

    def _way(self, row: Row, keys: Sequence[Key]) -> Way:
        """How to send: what its owner has chosen, within what the operator allows today."""
        installed = self._configured
        rate = min(row.requests_per_second or installed.webhook_requests_per_second,
                   installed.webhook_requests_per_second)  # fmt: skip
        return Way(
            endpoint=row.endpoint,
            keys=keys,
            context=self._certificates.context(row.client_certificate, row.authority),
            concurrency=min(row.concurrency or installed.webhook_concurrency, installed.webhook_concurrency),
            interval=1 / rate,
        )

    def _has_work(self, row: Row) -> bool:
        lane = self._lanes[row.id]
        return bool(row.outstanding or len(lane.window) or lane.busy)

    def _is_idle(self, row: Row) -> bool:
        lane, now = self._lanes[row.id], time.monotonic()
        if self._has_work(row):
            lane.idle_since = None
            return False
        lane.idle_since = lane.idle_since or now
        return now - lane.idle_since > IDLE_SECONDS

    async def _drop(self, connection: AsyncConnection, subscription_id: UUID) -> None:
        await self._lanes.pop(subscription_id).stop()
        await repository.give_back(connection, [subscription_id])

    def _disable(self, subscription_id: UUID, reason: str) -> None:
        self._once((subscription_id, 0), lambda tx: service.disable(tx, subscription_id, reason))

    def _park(self, subscription_id: UUID, sequence: int, error: str, reason: str) -> None:
        about = (subscription_id, sequence)
        self._once(about, lambda tx: parking.give_up(tx, subscription_id, sequence, error, reason))

    def _once(self, about: tuple[UUID, int], act: Callable[[Transaction], Awaitable[bool]]) -> None:
        """Do something about a subscription beside the sending of it, unless it is being done."""
        if about not in self._acting:
            task = asyncio.create_task(self._act(about, act))
            self._acting[about] = task
            task.add_done_callback(lambda _task: self._acting.pop(about, None))

    async def _act(self, about: tuple[UUID, int], act: Callable[[Transaction], Awaitable[bool]]) -> None:
        try:
            async with begin(self._engine, service="publish", actor=ACTOR) as tx:
                done = await act(tx)
            if done:
                log.warning("given up", subscription=str(about[0]), sequence=about[1] or "all")
        except Exception as error:  # it stays as it is, and the next failure tries again
            log.warning("could not be given up", subscription=str(about[0]), error=str(error)[:300])

    @staticmethod
    def _monotonic(at: datetime | None) -> float:
        """An instant on the clock of the event loop; 0 without one."""
        if at is None:
            return 0.0
        return asyncio.get_running_loop().time() + (at - clock.now()).total_seconds()


def ordered_by(row: Row) -> UUID:
    """What a delivery waits for its turn by: its item, or nothing but itself."""
    key: UUID = row.item_key
    return key if row.ordering == "item" else UUID(int=row.sequence)
