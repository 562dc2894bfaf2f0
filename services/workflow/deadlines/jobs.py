"""The months: what is due each month is opened as it begins."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.deadlines import service
from shared.ledger.transaction import begin

SERVICE = "workflow"
ACTOR = "system:deadlines"


async def begin_months(engine: AsyncEngine) -> None:
    """Open what a new month makes due, one rule a transaction; a rule is locked while it does so."""
    while await _begin_one(engine):
        pass


async def _begin_one(engine: AsyncEngine) -> bool:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        return await service.begin_month(tx)
