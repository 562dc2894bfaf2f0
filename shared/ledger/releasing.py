"""Releasing: what a consumer holds back is digested after all, with everything that is held together with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.ledger import parking, position, reading
from shared.ledger.append import refuse_too_many
from shared.ledger.bisect import Together, apply_or_park, belonging, hold, items_of
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.failure import Failure
from shared.ledger.transaction import Transaction

LATER = Failure(
    parking.HELD_BEHIND,
    "was released with more than a transaction can tell of; what came before it is done",
    "Release it again.",
)


async def release(engine: AsyncEngine, consumer: Consumer, items: Sequence[UUID], *, actor: str) -> int:
    """Let a consumer digest parked items: their events from the first parked position, in one transaction.

    Whatever is held together with them is released as well, be it by an event of several items or by events that have
    their effect together: half of it could not be digested. What still fails is parked again with its new cause; of
    what tells of more than fits into a transaction the first part is taken, and the rest stays. Returns the number of
    events taken.

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
        held = await parking.first_positions(connection, consumer.name)
        asked = held.keys() & set(items)
        if not asked:
            return 0
        found = await reading.read_events_of(
            connection, list(held), after=min(held.values()) - 1, until=until, types=consumer.types
        )
        # What came before an item was parked has had its effect.
        waiting = [event for event in found if _is_held(event, held)]
        bound = _bound_to(asked, waiting, consumer.together)
        await parking.release(connection, consumer.name, [item for item in held if item in bound])
        taken = await _digest(transaction, consumer, [event for event in waiting if items_of(event) & bound])
        detail = {"items": list(items), "actor": actor, "events": taken}
        await transaction.audit(f"operator:{consumer.name}:release", "done", detail)
        # The same position, but newly written: a worker that read what is held before this sees that it must again.
        await position.move(connection, consumer.name, until)
        await transaction.write_events()
        return taken


def _is_held(event: Event, first_of: Mapping[UUID, int]) -> bool:
    return any(first_of.get(item, event.position + 1) <= event.position for item in items_of(event))


def _bound_to(items: Iterable[UUID], waiting: Iterable[Event], together: Together | None) -> set[Hashable]:
    """Items that cannot be released without these: events that wait tie theirs to one another."""
    events_of: dict[Hashable, list[set[Hashable]]] = defaultdict(list)
    for event in waiting:
        key = together(event) if together is not None else None
        tied: set[Hashable] = {*items_of(event), *(() if key is None else (("together", key),))}
        for one in tied:
            events_of[one].append(tied)
    found: set[Hashable] = set(items)
    open_ones = list(found)
    while open_ones:
        for tied in events_of.pop(open_ones.pop(), ()):
            open_ones += tied - found
            found |= tied
    return found


async def _digest(transaction: Transaction, consumer: Consumer, events: Sequence[Event]) -> int:
    """Apply or park as many of the events as a transaction can tell of; the others go on waiting."""
    together = consumer.together or (lambda event: None)
    most = len(events)
    while True:
        taken = [*events[:most], *belonging(events[:most], events[most:], together)]
        try:
            async with transaction.savepoint():
                await apply_or_park(transaction, consumer.name, consumer.effect, taken, together=consumer.together)
                refuse_too_many(len(transaction.events))
            break
        except problems.TooLarge:
            transaction.forget_since(0)
            if most <= 1:
                raise
            most //= 2
    await hold(transaction, consumer.name, events[len(taken) :], LATER)
    return len(taken)
