"""Consumers: each event's effect happens exactly once, in order, whatever is killed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems, telemetry
from shared.ledger import parking, position, reading
from shared.ledger.bell import Bell
from shared.ledger.bisect import apply_or_park
from shared.ledger.envelope import Event
from shared.ledger.failure import is_passing
from shared.ledger.transaction import NeedsCare, Transaction

log = telemetry.get_logger(__name__)

Effect = Callable[[Transaction, Sequence[Event]], Awaitable[None]]

# After a passing error, in seconds; with jitter, so that workers do not march in step.
RETRY_FIRST = 0.05
RETRY_MOST = 5.0
# A consumer that has only looked stores its position when it was quiet for this long, or at the latest after that.
SETTLE_AFTER = 0.1
SETTLE_AT_LAST = 1.0
# After a ring for others a consumer looks as well, so that its position follows; but not at once.
LOOK_LATER = 0.2


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A reader of the log with an effect.

    Attributes
    ----------
    types
        Event types it wants; others only move its position.
    effect
        Called inside the transaction that also moves the position. Data errors it raises are bisected and parked.
    batch
        Most events a transaction takes.
    """

    name: str
    service: str
    types: frozenset[str]
    effect: Effect
    batch: int = 200


class Reader:
    """A consumer at work in this process.

    Events of other types cost it no transaction: it remembers how far it has looked, and stores that when it is idle.
    """

    def __init__(self, engine: AsyncEngine, consumer: Consumer) -> None:
        self._engine = engine
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._consumer = consumer
        self._seen = 0
        self.unsettled_since: float | None = None

    async def step(self) -> bool:
        """Take one batch; True when there may be more.

        The row lock is the lease: another worker holding it means there is nothing to do here.
        """
        consumer = self._consumer
        async with self._looking.connect() as connection:
            found = await position.look(connection, consumer.name, consumer.types, self._seen)
        if found.mine is None:
            return False
        if found.wanted is None:
            telemetry.LAG.labels(consumer.name).set(0)
            self._note(found)
            return False
        # Told before the work: the lag of a consumer that fails again and again must be seen to grow.
        telemetry.LAG.labels(consumer.name).set(found.head - found.wanted + 1)
        try:
            return await self._work(found.head, careful=False)
        except NeedsCare:
            return await self._work(found.head, careful=True)

    async def settle(self) -> None:
        """Store how far it has looked."""
        if self.unsettled_since is not None:
            async with self._looking.connect() as connection:
                await position.settle(connection, self._consumer.name, self._seen)
            self.unsettled_since = None

    def _note(self, found: position.Look) -> None:
        self._seen = max(self._seen, found.head)
        if self._seen <= (found.mine or 0):
            self.unsettled_since = None
        elif self.unsettled_since is None:
            self.unsettled_since = time.monotonic()

    async def _work(self, head: int, *, careful: bool) -> bool:
        consumer = self._consumer
        async with self._engine.connect() as connection:
            async with connection.begin():
                transaction = Transaction(connection, service=consumer.service, actor=f"system:{consumer.name}")
                transaction.careful = careful
                mine = await position.lease(connection, consumer.name)
                if mine is None or mine >= head:
                    return False
                moved_to, taken = await _take(transaction, consumer, mine, head)
                telemetry.crash_point("before-position")
                await position.move(connection, consumer.name, moved_to)
                await transaction.write_events()
                telemetry.crash_point("between-position-and-bell")
            telemetry.crash_point("after-effect")
        self._seen, self.unsettled_since = moved_to, None
        telemetry.POSITION.labels(consumer.name).set(moved_to)
        telemetry.LAG.labels(consumer.name).set(max(head - moved_to, 0))
        telemetry.CONSUMED.labels(consumer.name).inc(taken)
        return True


async def step(engine: AsyncEngine, consumer: Consumer) -> bool:
    """Take one batch and store the position; True when there may be more."""
    reader = Reader(engine, consumer)
    more = await reader.step()
    await reader.settle()
    return more


async def _take(transaction: Transaction, consumer: Consumer, mine: int, head: int) -> tuple[int, int]:
    events = await reading.read_events(
        transaction.connection, after=mine, until=head, types=consumer.types, limit=consumer.batch
    )
    if not events:
        return head, 0
    moved_to = events[-1].position if len(events) == consumer.batch else head
    await apply_or_park(transaction, consumer.name, consumer.effect, events)
    return moved_to, len(events)


async def release(engine: AsyncEngine, consumer: Consumer, items: Sequence[UUID], *, actor: str) -> int:
    """Let a consumer digest parked items: their events from the first parked position, in one transaction.

    What still fails is parked again with its new cause. Returns the number of events taken.

    Raises
    ------
    problems.Conflict
        A worker holds the consumer at this moment: try again.
    """
    async with engine.connect() as connection, connection.begin():
        transaction = Transaction(connection, service=consumer.service, actor=f"system:{consumer.name}")
        until = await position.lease(connection, consumer.name)
        if until is None:
            raise problems.Conflict("该消费者正在工作或已停止，请稍后重试。", code="consumer_busy")
        freed = await parking.release(connection, consumer.name, items)
        if not freed:
            return 0
        first_of = dict(freed)
        found = await reading.read_events_of(
            connection, list(first_of), after=min(first_of.values()) - 1, until=until, types=consumer.types
        )
        # What came before an item was parked has had its effect.
        events = [event for event in found if _was_held(event, first_of)]
        await apply_or_park(transaction, consumer.name, consumer.effect, events)
        await transaction.audit(f"operator:{consumer.name}:release", "done", {"items": list(items), "actor": actor})
        await transaction.write_events()
        return len(events)


def _was_held(event: Event, first_of: Mapping[UUID, int]) -> bool:
    return any(first_of.get(item, event.position + 1) <= event.position for item in (*event.item_ids, event.id))


async def run(engine: AsyncEngine, consumer: Consumer, bell: Bell, *, poll_seconds: float) -> None:
    """Consume until cancelled. An error that is not the data's is tried again and holds up this consumer alone."""
    delay = RETRY_FIRST
    reader = Reader(engine, consumer)
    while True:
        ring, mine = bell.next_ring(), bell.next_ring(consumer.types)
        try:
            more = await _step_or_stop(engine, reader, consumer)
            if not more:
                await _rest(reader, bell, ring, mine, poll_seconds)
        except Exception as error:
            telemetry.RETRIES.labels(consumer.name).inc()
            unknown = None if is_passing(error) else error
            log.warning("batch will be tried again", consumer=consumer.name, error=str(error)[:300], exc_info=unknown)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, RETRY_MOST)
            # What was seen belonged to a database that may have been restored to an earlier point meanwhile.
            reader = Reader(engine, consumer)
            continue
        delay = RETRY_FIRST


async def _rest(reader: Reader, bell: Bell, ring: asyncio.Event, mine: asyncio.Event, poll_seconds: float) -> None:
    """Wait for the next ring; when none comes soon, or none has let us for long, store how far we have looked.

    A ring for others wakes nobody to look: on a small machine those looks would delay the one it is for.
    """
    if reader.unsettled_since is None:
        if await bell.wait(poll_seconds, ring):
            await bell.wait(LOOK_LATER, mine)
        return
    rung = await bell.wait(SETTLE_AFTER, ring)
    if not rung or time.monotonic() - reader.unsettled_since > SETTLE_AT_LAST:
        await reader.settle()
    if rung:
        await bell.wait(LOOK_LATER, mine)


async def _step_or_stop(engine: AsyncEngine, reader: Reader, consumer: Consumer) -> bool:
    try:
        return await reader.step()
    except parking.TooManyParked as error:
        log.error("consumer stopped", consumer=consumer.name, error=str(error))
        async with engine.begin() as connection:
            await position.stop(connection, consumer.name, str(error))
        return False
