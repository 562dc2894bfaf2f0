"""The years: as one begins, every region with a schedule gets its surveys, with tasks and clocks."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.surveys import service
from shared.ledger.transaction import begin
from shared.telemetry import crash_point
from shared.tick import Ticker

SERVICE = "workflow"
ACTOR = "system:surveys"


async def begin_years(engine: AsyncEngine) -> None:
    """Open the surveys of a new year, one schedule a transaction; a schedule is held while they are opened."""
    while await _begin_one(engine):
        pass


async def _begin_one(engine: AsyncEngine) -> bool:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        opened = await service.begin_year(tx)
        if opened:
            crash_point("surveys-opened")
        return opened


# Their limits are months away: a minute after a schedule was set is soon enough.
TICKERS = [Ticker(name="survey_years", service=SERVICE, every_seconds=60.0, tick=begin_years)]
