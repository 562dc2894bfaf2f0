"""The failure algorithm: halve a batch until the one event that poisons it is alone, park it, go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from uuid import UUID

from shared import telemetry
from shared.ledger import parking
from shared.ledger.append import refuse_too_many
from shared.ledger.envelope import Event
from shared.ledger.failure import Failure, data_failure
from shared.ledger.transaction import Transaction

log = telemetry.get_logger(__name__)

Together = Callable[[Event], Hashable | None]
"""What an event has its effect together with; None when it stands for itself."""

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
    together: Together | None = None,
) -> None:
    """Apply the effect to all events that can be digested; park the others with their cause.

    Events of an item that is already parked join it, so that the item's order is kept. `holds` is False when it is
    known that nothing is parked. Of events that belong together (`together`) all are applied or all are parked.

    Raises
    ------
    DBAPIError
        Passing errors go up: the whole batch is tried again.
    parking.TooManyParked
        Over 100 events within a minute: something general is wrong, the consumer stops.
    """
    held = await parking.held_items(transaction.connection, consumer) if holds else set()
    clear, behind = [], []
    for group in _groups(events, together):
        items = set[UUID]().union(*(items_of(event) for event in group))
        if items & held:
            held |= items
            behind += group
        else:
            clear.append(group)
    await hold(transaction, consumer, behind, BEHIND)
    if clear:
        await _apply(transaction, consumer, effect, clear, together)


def _groups(events: Sequence[Event], together: Together | None) -> list[list[Event]]:
    """The events in groups that belong together, such that one after the other keeps the order of every item."""
    if together is None:
        return [[event] for event in events]
    groups: dict[Hashable, list[Event]] = {}
    for event in events:
        key = together(event)
        groups.setdefault(event.id if key is None else ("together", key), []).append(event)
    found = list(groups.values())
    while len(found) > 1 and (entangled := _entangled(found)) is not None:
        earlier, later = entangled
        found[earlier] = sorted([*found[earlier], *found.pop(later)], key=lambda event: event.position)
    return found


def _entangled(groups: Sequence[list[Event]]) -> tuple[int, int] | None:
    """The places of two groups of which the first has an item's event that comes after one of the second."""
    last: dict[UUID, tuple[int, int]] = {}
    for place, group in enumerate(groups):
        for event in group:
            for item in items_of(event):
                position, earlier = last.get(item, (0, place))
                if earlier != place and position > event.position:
                    return earlier, place
                last[item] = max((position, earlier), (event.position, place))
    return None


def belonging(events: Sequence[Event], rest: Sequence[Event], together: Together) -> Sequence[Event]:
    """As much of `rest`, which follows `events`, as must not be parted from them."""
    last = {together(event): place for place, event in enumerate(rest, start=1)} | {None: 0}
    end = max((last.get(together(event), 0) for event in events), default=0)
    for place, event in enumerate(rest):
        if place >= end:
            break
        end = max(end, last[together(event)])
    return rest[:end]


async def _apply(
    transaction: Transaction,
    consumer: str,
    effect: Callable[[Transaction, Sequence[Event]], Awaitable[None]],
    groups: Sequence[list[Event]],
    together: Together | None,
) -> None:
    mark = len(transaction.events)
    events = sorted((event for group in groups for event in group), key=lambda event: event.position)
    try:
        async with transaction.savepoint():
            await effect(transaction, events)
            if len(groups) == 1:
                # Several are taken in smaller batches (`Reader`); this is the smallest there can be.
                refuse_too_many(len(transaction.events) - mark)
        return
    except Exception as error:
        failure = data_failure(error)
        if failure is None:
            raise
        transaction.forget_since(mark)
        cause = failure
        alone = len(groups) == 1
        log.warning("data error", consumer=consumer, events=len(events), error=str(error)[:500], exc_info=alone)
    if len(groups) == 1:
        await hold(transaction, consumer, events[:1], cause)
        await hold(transaction, consumer, events[1:], _beside(events[0]))
        return
    half = len(groups) // 2
    await _apply(transaction, consumer, effect, groups[:half], together)
    # What the first half parked holds later events of the same items.
    later = [event for group in groups[half:] for event in group]
    await apply_or_park(transaction, consumer, effect, later, together=together)


def _beside(first: Event) -> Failure:
    """Why the others of a group are parked: which of them is bad nobody knows, the first one bears the cause."""
    return Failure(
        parking.HELD_BEHIND,
        f"belongs to the event at position {first.position}, which is parked",
        "Look at the cause that is told of the event it belongs to; both are released together.",
    )


async def hold(transaction: Transaction, consumer: str, events: Sequence[Event], cause: Failure) -> None:
    """Park the items of events, each from its first one on."""
    held: dict[UUID, int] = {}
    for event in sorted(events, key=lambda event: event.position):
        for item in items_of(event):
            held.setdefault(item, event.position)
    if held:
        telemetry.PARKED.labels(consumer).inc(len(events))
        await parking.park(transaction.connection, consumer, transaction.service, held, cause)


def items_of(event: Event) -> set[UUID]:
    """What is held when an event is; one without items stands for itself."""
    return set(event.item_ids) or {event.id}
