"""Consumers: each event's effect happens exactly once, in order, whatever is killed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import problems, pulse, telemetry
from shared.ledger import parking, position, reading
from shared.ledger.append import Moved
from shared.ledger.bell import Bell
from shared.ledger.bisect import Together, apply_or_park, belonging
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
    entries
        It takes no further event once those of the transaction tell of so many entries; None: whatever they tell of.
    leisurely
        Nobody waits for it: it lets events gather for a while and takes them together, in a process of its own that
        comes last, so that on a small machine it does not stand in the way of those somebody waits for.
    together
        Events it names the same have their effect together or not at all: no batch ends between those of one
        transaction, and when one cannot be digested all are parked. None: each event stands for itself.
    """

    name: str
    service: str
    types: frozenset[str]
    effect: Effect
    batch: int = 200
    entries: int | None = None
    leisurely: bool = False
    together: Together | None = None


class Reader:
    """A consumer at work in this process.

    Events of other types cost it no transaction: it remembers how far it has looked, and stores that when it is idle.
    """

    def __init__(self, engine: AsyncEngine, consumer: Consumer) -> None:
        self._engine = engine
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._consumer = consumer
        # Most events of the next batch: fewer while those of a larger one tell of too much for one transaction.
        self._most = consumer.batch
        self._taken = 0
        self._seen = 0
        self.unsettled_since: float | None = None
        # The last batch was a full one: there may be more. Of what was appended since, the bell will tell.
        self.full = False

    async def step(self, *, rung: bool = False) -> bool:
        """Take one batch; False when there was nothing to do.

        `rung`: the bell told of an event it wants, so it need not look first. The row lock is the lease: another
        worker holding it means there is nothing to do here. Events whose effects tell of more than a transaction may
        append are taken in smaller batches.
        """
        consumer, self.full = self._consumer, False
        if not rung:
            async with self._looking.connect() as connection:
                found = await position.look(connection, consumer.name, consumer.types, self._seen)
            if found.mine is None:
                return False
            if found.wanted is None:
                self._note(found.mine, found.head)
                return False
        while True:
            try:
                return await self._work_with_care()
            except problems.TooLarge as error:
                if self._taken <= 1:
                    raise
                self._most = min(self._most, self._taken) // 2
                log.warning("batch too large", consumer=consumer.name, error=str(error), most=self._most)

    async def settle(self) -> None:
        """Store how far it has looked."""
        if self.unsettled_since is not None:
            async with self._looking.connect() as connection:
                await position.settle(connection, self._consumer.name, self._seen)
            self.unsettled_since = None

    def _note(self, mine: int, head: int) -> None:
        """There is nothing for it up to the head."""
        telemetry.LAG.labels(self._consumer.name).set(0)
        self._seen = max(self._seen, head)
        if self._seen <= mine:
            self.unsettled_since = None
        elif self.unsettled_since is None:
            self.unsettled_since = time.monotonic()

    async def _work_with_care(self) -> bool:
        try:
            return await self._work(careful=False)
        except NeedsCare:
            return await self._work(careful=True)

    async def _work(self, *, careful: bool) -> bool:
        consumer = self._consumer
        async with self._engine.connect() as connection:
            async with connection.begin():
                transaction = Transaction(connection, service=consumer.service, actor=f"system:{consumer.name}")
                transaction.careful = careful
                batch = await position.take(connection, consumer.name, consumer.types, self._most, consumer.entries)
                if batch is None:
                    return False
                if not batch.events:
                    self._note(batch.mine, batch.head)
                    return False
                self._taken = len(batch.events)
                if consumer.together is not None and self._is_full(batch):
                    batch = await self._whole(connection, batch, consumer.together)
                await self._apply(transaction, batch)
            telemetry.crash_point("after-effect")
        self.full = self._is_full(batch)
        self._seen, self.unsettled_since = self._reached(batch), None
        telemetry.POSITION.labels(consumer.name).set(self._seen)
        telemetry.LAG.labels(consumer.name).set(batch.head - self._seen)
        telemetry.CONSUMED.labels(consumer.name).inc(len(batch.events))
        self._most = min(self._most * 2, consumer.batch)
        return True

    async def _whole(self, connection: AsyncConnection, batch: position.Batch, together: Together) -> position.Batch:
        """The batch to the end of its last transaction; of a smaller one than usual, no more than belongs together."""
        rest: Sequence[Event] = await reading.rest_of_transaction(
            connection, batch.events[-1].position, self._consumer.types
        )
        if self._most < self._consumer.batch:
            rest = belonging(batch.events, rest, together)
        return replace(batch, events=[*batch.events, *rest])

    async def _apply(self, transaction: Transaction, batch: position.Batch) -> None:
        consumer = self._consumer
        # Told before the work: the lag of a consumer that fails again and again must be seen to grow.
        telemetry.LAG.labels(consumer.name).set(batch.head - batch.events[0].position + 1)
        await apply_or_park(
            transaction, consumer.name, consumer.effect, batch.events, holds=batch.holds, together=consumer.together
        )
        telemetry.crash_point("before-position")
        moved = Moved(consumer.name, self._reached(batch))
        if await transaction.write_events(moved) is None:
            await position.move(transaction.connection, moved.consumer, moved.position)
        telemetry.crash_point("between-position-and-bell")

    def _reached(self, batch: position.Batch) -> int:
        return batch.events[-1].position if self._is_full(batch) else batch.head

    def _is_full(self, batch: position.Batch) -> bool:
        most = self._consumer.entries
        told_of = sum(len(event.item_ids) for event in batch.events) if most is not None else 0
        return len(batch.events) >= self._most or (most is not None and told_of >= most)


async def step(engine: AsyncEngine, consumer: Consumer) -> bool:
    """Take one batch and store the position; False when there was nothing to do."""
    reader = Reader(engine, consumer)
    taken = await reader.step()
    await reader.settle()
    return taken


async def run(
    engine: AsyncEngine, consumer: Consumer, bell: Bell, *, poll_seconds: float, gather_seconds: float = 0.0
) -> None:
    """Consume until cancelled. An error that is not the data's is tried again and holds up this consumer alone.

    `gather_seconds`: how long a leisurely consumer leaves events to gather.
    """
    delay, gather = RETRY_FIRST, gather_seconds if consumer.leisurely else 0.0
    reader, rung = Reader(engine, consumer), False
    while True:
        pulse.turned(consumer.name, rests=poll_seconds)
        ring, mine = bell.next_ring(), bell.next_ring(consumer.types)
        try:
            await _step_or_stop(engine, reader, consumer, rung)
            rung = reader.full or await _rest(reader, bell, ring, mine, poll_seconds)
            if rung and gather and not reader.full:
                await asyncio.sleep(gather)
        except Exception as error:
            telemetry.RETRIES.labels(consumer.name).inc()
            unknown = None if is_passing(error) else error
            log.warning("batch will be tried again", consumer=consumer.name, error=str(error)[:300], exc_info=unknown)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, RETRY_MOST)
            # What was seen belonged to a database that may have been restored to an earlier point meanwhile.
            reader, rung = Reader(engine, consumer), False
            continue
        delay = RETRY_FIRST


async def _rest(reader: Reader, bell: Bell, ring: asyncio.Event, mine: asyncio.Event, poll_seconds: float) -> bool:
    """Wait for the next ring; when none comes soon, or none has let us for long, store how far we have looked.

    True when it was for an event the consumer wants. A ring for others wakes nobody to look: on a small machine those
    looks would delay the one it is for.
    """
    if reader.unsettled_since is None:
        return await bell.wait(poll_seconds, ring) and await bell.wait(LOOK_LATER, mine)
    rung = await bell.wait(SETTLE_AFTER, ring)
    if not rung or time.monotonic() - reader.unsettled_since > SETTLE_AT_LAST:
        await reader.settle()
    return rung and await bell.wait(LOOK_LATER, mine)


async def _step_or_stop(engine: AsyncEngine, reader: Reader, consumer: Consumer, rung: bool) -> None:
    try:
        await reader.step(rung=rung)
    except parking.TooManyParked as error:
        log.error("consumer stopped", consumer=consumer.name, error=str(error))
        async with engine.begin() as connection:
            await position.stop(connection, consumer.name, str(error))
