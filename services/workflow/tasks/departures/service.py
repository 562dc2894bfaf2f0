"""Use cases of tasks whose assignee cannot do them any more."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from services.workflow.tasks.departures import repository
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

# Read in the history of the task.
REASON = "承办人账号已停用或不再担任该角色"


async def release(tx: Transaction, limit: int) -> int:
    """Let tasks of those who have left lie for their colleagues, who are told; returns how many."""
    rows = await repository.deserted(tx.connection, limit)
    if not rows:
        return 0
    await repository.release(tx.connection, [row.id for row in rows], actor=tx.actor, reason=REASON, now=tx.now)
    found = defaultdict[tuple[str, str], list[UUID]](list)
    for row in rows:
        found[row.region_code, row.kind].append(row.id)
    for (region_code, kind), ids in found.items():
        refs = {"kind": kind, "tasks": [str(id_) for id_ in ids], "account": None}
        tx.append(NewEvent(type="task.released", region_code=region_code, reason=REASON, refs=refs))
    return len(rows)
