"""Scheduled work of the claims: what superiors changed and nobody followed in time is found."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.claims.following import repository as following
from services.catalog.linkage import rules, telling
from services.catalog.linkage.ledger import repository as ledger
from shared.ledger.transaction import begin
from shared.tick import Ticker


async def find_late(engine: AsyncEngine) -> None:
    """Open findings on late drafts of superiors' changes, close those that were settled."""
    async with begin(engine, service="catalog", actor="system:claims") as tx:
        rows = await following.settle_late(tx.connection, tx.now)
        await ledger.add_to_ledger(tx.connection, rules.waiting(rows), tx.now)
        for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=None):
            tx.append(event)


# Due dates are days: a minute after is at once.
TICKERS = [Ticker(name="late_changes", service="catalog", every_seconds=60, tick=find_late)]
