"""The parts of units follow publication: beside it, so that no list waits for them."""

from __future__ import annotations

from collections.abc import Sequence

from services.publish.units import repository
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Hash what the revisions of a batch have changed; what is hashed already is not hashed again."""
    revisions = sorted({(event.list_id, int(event.refs["revision"])) for event in events if event.list_id is not None})
    if revisions:
        await repository.follow(tx.connection, revisions)


UNITS = Consumer(
    name="unit_parts",
    service="publish",
    types=frozenset({"list.published"}),
    effect=follow,
    batch=100,
    leisurely=True,
)
CONSUMERS = [UNITS]
