"""The scheduler of effects: what falls due is announced once, in the order of (instant, adjustment)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.decisions import repository
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from shared.telemetry import crash_point

SERVICE = "workflow"
ACTOR = "system:effective_scheduler"

# A transaction stays far below the 5,000 events an append may carry; the rest follows at once.
BATCH = 500


async def announce_due(engine: AsyncEngine) -> None:
    """Append one `adjustment.effective` for every scheduled adjustment whose instant has come.

    State and event are one transaction, so a kill anywhere leaves either both or neither. After an outage
    everything that fell due follows in order.
    """
    while await _announce_batch(engine) == BATCH:
        crash_point("between-effective-batches")


async def _announce_batch(engine: AsyncEngine) -> int:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        if not await repository.become_only_runner(tx.connection):
            return 0
        due = await repository.due(tx.connection, tx.now, BATCH)
        if due:
            announced = {
                row["id"]: tx.append(
                    NewEvent(
                        type="adjustment.effective",
                        region_code=row["region_code"],
                        item_ids=row["item_ids"],
                        adjustment_id=row["id"],
                        effective_at=row["effective_at"],
                        reason=row["reason"],
                        legal_basis=row["legal_basis"],
                        refs={"decision": row["decision"]},
                    )
                )
                for row in due
            }
            await repository.save_announced(tx.connection, announced, tx.now)
    return len(due)
