"""The ticker of retention: what is older than its region keeps goes, a batch a transaction."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.handling.retention import repository
from services.workflow.oversight import repository as oversight
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction, begin

SERVICE = "workflow"
ACTOR = "system:handling_retention"
# Some tens of milliseconds each: platforms hardly notice.
BATCH = 1_000


async def forget(engine: AsyncEngine) -> None:
    """Delete what is kept no longer, until a batch finds less than it could take."""
    while True:
        async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
            gone = await _forget_batch(tx)
        if gone < BATCH:
            return


async def _forget_batch(tx: Transaction) -> int:
    """Delete a batch; the log says of each region how many went, and by which rule."""
    held = await oversight.settings(tx.connection, await repository.bounded(tx.connection))
    months = {code: found.retention_months for code, found in held.items() if found.retention_months is not None}
    rows = await repository.forget(tx.connection, months, tx.now, BATCH) if months else []
    for row in rows:
        refs = {"count": row.count, "months": months[row.region_code]}
        tx.append(NewEvent(type="handling_record.expired", region_code=row.region_code, refs=refs))
    return sum(row.count for row in rows)
