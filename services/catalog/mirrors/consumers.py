"""Reactions to the exchange with platforms: mirrors follow catalogues, rejections become findings."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.mirrors import service
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def _follow(tx: Transaction, events: Sequence[Event]) -> None:
    for event in events:
        if event.type == "catalogue.received":
            await service.follow(tx, event)
        else:
            await service.mark(tx, event)


# Apart from the cascade's consumer: a catalogue of thousands of entries never delays a decision.
MIRRORS = Consumer(
    name="mirrors",
    service="catalog",
    types=frozenset({"catalogue.received", "peer.registered", "peer.updated"}),
    effect=_follow,
    batch=5,  # an event carries up to 1,000 entries
)
REJECTIONS = Consumer(
    name="rejections",
    service="catalog",
    types=frozenset({"exchange.accepted", "exchange.rejected"}),
    effect=service.settle,
)
CONSUMERS = [MIRRORS, REJECTIONS]
