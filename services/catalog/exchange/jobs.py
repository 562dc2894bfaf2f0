"""Long and regular work of the exchange: carrying out imports, and clearing away what nobody needs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.exchange import repository, spool
from services.catalog.exchange.run import run_import
from services.catalog.exchange.service import KIND
from shared import clock, settings
from shared.ledger.operations import OperationKind

# Long enough to come back after a holiday and look at the rejects.
KEPT = timedelta(days=30)
# An upload whose request is still being answered has no import yet.
GRACE = timedelta(hours=1)
SWEEP_SECONDS = 3600.0

OPERATIONS = [OperationKind(kind=KIND, run=run_import)]


async def clear_away(engine: AsyncEngine) -> None:
    """Remove staged rows of imports that are over, old outcomes, and files no import needs."""
    now = clock.now()
    async with engine.begin() as connection:
        await repository.remove_finished(connection, now - KEPT)
        needed = await repository.spools_in_use(connection)
    spool.remove_older(settings.load().state_dir, (now - GRACE).timestamp(), needed)
