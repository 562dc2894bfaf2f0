"""Reactions to changes of lists at any level: claims open and close, and what superiors changed becomes work below."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.claims import reacting
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def _follow(tx: Transaction, events: Sequence[Event]) -> None:
    await reacting.follow(tx, events)


# Apart from the cascade's consumer: offering a catalogue to all counties never delays a decision.
CLAIMS = Consumer(
    name="claims",
    service="catalog",
    types=frozenset({
        "list.enacted", "claim_plan.set", "item.created", "item.updated", "item.suspended", "item.resumed",
        "item.cancelled", "item.imported", "organ.succeeded",
    }),
    effect=_follow,
    leisurely=True,
    batch=100,
    entries=10_000,  # each may concern hundreds of regions
)  # fmt: skip
CONSUMERS = [CLAIMS]
