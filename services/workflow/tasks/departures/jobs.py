"""The ticker that looks for tasks of people who have left.

It looks at what is, not at what happened to accounts: a task that was given to somebody in the instant he was blocked
is found as well, and so are those of a role that was taken back.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.tasks.departures import service
from shared.ledger.transaction import begin
from shared.telemetry import crash_point
from shared.tick import Ticker

SERVICE = "workflow"
ACTOR = "system:departures"
# A transaction stays far below the 5,000 events an append may carry.
BATCH = 500


async def release(engine: AsyncEngine) -> None:
    """Release tasks nobody can do, a batch a transaction; that they are and that it is told are one transaction."""
    while True:
        async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
            released = await service.release(tx, BATCH)
            crash_point("tasks-released")
        if released < BATCH:
            return


# Somebody who has left has waited for hours when his tasks are looked at; a minute is soon.
TICKERS = [Ticker(name="departures", service=SERVICE, every_seconds=60.0, tick=release, leisurely=True)]
