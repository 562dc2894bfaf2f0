"""The months: as one begins, every unit that reports gets its report, filled in."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.reports import service
from shared.ledger.transaction import begin
from shared.telemetry import crash_point

SERVICE = "workflow"
ACTOR = "system:reports"


async def begin_months(engine: AsyncEngine) -> None:
    """Open the reports of a new month, one campaign a transaction; a campaign is held while they are opened."""
    while await _begin_one(engine):
        pass


async def _begin_one(engine: AsyncEngine) -> bool:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        opened = await service.begin_month(tx)
        if opened:
            crash_point("reports-opened")
        return opened
