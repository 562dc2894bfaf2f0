"""The public search follows publication: exactly once, beside it, so that no list waits to be published."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.search import indexing
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction, begin
from shared.tick import Ticker

PUBLISHED = "list.published"
MOVED = "region.updated"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Follow the feed to its end once for a batch; regions that stand elsewhere concern lists that say nothing new."""
    if any(event.type == PUBLISHED for event in events):
        await indexing.follow_feed(tx)
    regions = {str(one) for event in events if event.type == MOVED for one in event.refs.get("regions", ())}
    if regions:
        await indexing.follow_regions(tx, sorted(regions))


async def fill(engine: AsyncEngine) -> None:
    """Take in what was shown before search was, a chunk a transaction; afterwards one small question."""
    going = True
    while going:
        async with begin(engine, service="publish", actor="system:search") as tx:
            going = await indexing.fill_chunk(tx)


SEARCH = Consumer(
    name="public_search",
    service="publish",
    types=frozenset({PUBLISHED, MOVED}),
    effect=follow,
    batch=200,
    leisurely=True,
)
CONSUMERS = [SEARCH]
TICKERS = [Ticker(name="public_search_fill", service="publish", every_seconds=30.0, tick=fill, leisurely=True)]
