"""Search follows the log: exactly once, beside what it tells of, so that nobody who decides or imports waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.search import indexing
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction, begin
from shared.tick import Ticker

ITEMS = frozenset({"item.created", "item.imported", "item.updated", "item.suspended", "item.resumed", "item.cancelled"})
# What entries are found by that is not their own: the organ's name, the regions above theirs.
SURROUNDINGS = frozenset({"organ.updated", "region.updated"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Make the search rows of all entries a batch speaks of, each once, of their current versions."""
    items = {item for event in events if event.type in ITEMS for item in event.item_ids}
    await indexing.index(tx, sorted(items))
    around = [event for event in events if event.type in SURROUNDINGS]
    organs = {UUID(str(one)) for event in around for one in event.refs.get("organs", ())}
    regions = {str(one) for event in around for one in event.refs.get("regions", ())}
    if organs or regions:
        await indexing.index_around(tx, sorted(organs), sorted(regions))


async def fill(engine: AsyncEngine) -> None:
    """Take in the entries that were there before search was, a chunk a transaction; afterwards one small question."""
    going = True
    while going:
        async with begin(engine, service="catalog", actor="system:search") as tx:
            going = await indexing.fill_chunk(tx)


# Of an import's entries some two seconds of work a transaction.
SEARCH = Consumer(
    name="search",
    service="catalog",
    types=ITEMS | SURROUNDINGS,
    effect=follow,
    batch=500,
    entries=10_000,
    leisurely=True,
)
CONSUMERS = [SEARCH]
TICKERS = [Ticker(name="search_fill", service="catalog", every_seconds=30.0, tick=fill, leisurely=True)]
