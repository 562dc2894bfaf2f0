"""What the mapping sheet links goes to the platforms that are told of links."""

from __future__ import annotations

from collections.abc import Sequence

from services.publish.platform.links import repository
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def send_again(tx: Transaction, events: Sequence[Event]) -> None:
    """Queue items whose links have changed, for every peer that has them."""
    peers = await repository.lock_peers(tx.connection)
    if peers:
        await repository.send_again(tx.connection, peers, sorted({item for event in events for item in event.item_ids}))


LINKS = Consumer(
    name="platform_links", service="publish", types=frozenset({"supervision.mapped"}), effect=send_again, leisurely=True
)
