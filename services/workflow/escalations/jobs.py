"""The ticker of escalation: what stays late rises, each step told once."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.escalations import service
from shared.ledger.transaction import begin
from shared.telemetry import crash_point
from shared.tick import Ticker

SERVICE = "workflow"
ACTOR = "system:escalation"
BATCH = 500


async def escalate(engine: AsyncEngine) -> None:
    """Let late tasks rise, a batch a transaction; that they have and that it is told are one transaction."""
    while True:
        async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
            looked_at = await service.escalate(tx, BATCH)
            crash_point("tasks-escalated")
        if looked_at < BATCH:
            return


# Steps are working days.
TICKERS = [Ticker(name="escalation", service=SERVICE, every_seconds=30.0, tick=escalate, leisurely=True)]
