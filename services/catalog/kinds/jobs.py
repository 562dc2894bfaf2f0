"""Days on which profiles begin to hold: what everybody may see of entries changes then, so it is said."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.kinds.service import announce
from shared.ledger.transaction import begin
from shared.tick import Ticker


async def settle_days(engine: AsyncEngine) -> None:
    """Say of which kinds profiles have begun to hold; a tick, which makes up for what it missed."""
    async with begin(engine, service="catalog", actor="system:profiles") as tx:
        await announce(tx)


# Days change once a day; an hour after midnight at the latest it is told.
TICKERS = [Ticker(name="profiles", service="catalog", every_seconds=3600, tick=settle_days)]
