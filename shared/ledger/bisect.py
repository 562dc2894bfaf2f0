"""The failure algorithm: halve a batch until the one event that poisons it is alone, park it, go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from shared import telemetry
from shared.ledger import parking
from shared.ledger.envelope import Event
from shared.ledger.failure import Failure, data_failure
from shared.ledger.transaction import Transaction

log = telemetry.get_logger(__name__)

BEHIND = Failure(
    parking.HELD_BEHIND,
    "waits behind an earlier event of an item that is parked",
    "Release it together with that item.",
)


async def apply_or_park(
    transaction: Transaction,
    consumer: str,
    effect: Callable[[Transaction, Sequence[Event]], Awaitable[None]],
    events: Sequence[Event],
    *,
    holds: bool = True,
) -> None:
    """Apply the effect to all events that can be digested; park the others with their cause.

    Events of an item that is already parked join it, so that the item's order is kept. `holds` is False when it is
    known that nothing is parked.

    Raises
    ------
    DBAPIError
        Passing errors go up: the whole batch is tried again.
    parking.TooManyParked
        Over 100 events within a minute: something general is wrong, the consumer stops.
    """
    held = await parking.held_items(transaction.connection, consumer) if holds else set()
    clear = []
    for event in events:
        if _items(event) & held:
            held |= _items(event)
            await _park(transaction, consumer, event, BEHIND)
        else:
            clear.append(event)
    if clear:
        await _apply(transaction, consumer, effect, clear)


async def _apply(
    transaction: Transaction,
    consumer: str,
    effect: Callable[[Transaction, Sequence[Event]], Awaitable[None]],
    events: Sequence[Event],
) -> None:
    mark = len(transaction.events)
    try:
        async with transaction.savepoint():
            await effect(transaction, events)
        return
    except Exception as error:
        failure = data_failure(error)
        if failure is None:
            raise
        transaction.forget_since(mark)
        cause = failure
        alone = len(events) == 1
        log.warning("data error", consumer=consumer, events=len(events), error=str(error)[:500], exc_info=alone)
    if len(events) == 1:
        await _park(transaction, consumer, events[0], cause)
        return
    half = len(events) // 2
    await _apply(transaction, consumer, effect, events[:half])
    # What the first half parked holds later events of the same items.
    await apply_or_park(transaction, consumer, effect, events[half:])


async def _park(transaction: Transaction, consumer: str, event: Event, cause: Failure) -> None:
    telemetry.PARKED.labels(consumer).inc()
    items = sorted(_items(event))
    await parking.park(transaction.connection, consumer, transaction.service, items, event.position, cause)


def _items(event: Event) -> set[UUID]:
    return set(event.item_ids) or {event.id}
