"""Orders that are late go up: to the region's government, then level by level to its superiors (ZZ-62, HB-40)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import Limit, LimitUnit
from services.workflow.rectification import repository, rules
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "rectification"
_LIMIT = Limit(rules.ESCALATION_DAYS, LimitUnit.WORKING_DAY)


async def escalate_late(tx: Transaction, late: Mapping[UUID, int], *, reason: str) -> list[UUID]:
    """Take orders whose time has run out one level up.

    Parameters
    ----------
    late
        Order -> the level whose time it was, 0 for the organ's own. What has been reported, has left that level
        since, or was given more time, is left alone.

    Returns those that went up; there may be nobody left above.
    """
    found = await repository.late(tx.connection, sorted(late))
    still = [row for row in found if row.state == "issued" and row.due_at < tx.now]
    return await escalate(tx, [row for row in still if late[row.id] in (0, row.escalation)], reason=reason)


async def escalate(tx: Transaction, found: Sequence[Row], *, reason: str) -> list[UUID]:
    """Take orders that are locked one level up; those that went up: there may be nobody left above."""
    rising = [(row, rung) for row in found if (rung := rules.rung(row.escalation + 1, row.chain)) is not None]
    if not rising:
        return []
    history = [rules.act(tx.now, "escalated", tx.actor, reason)]
    moved = [dict(row) | {"escalation": row.escalation + 1, "history": [*row.history, *history]} for row, _ in rising]
    await repository.save(tx.connection, moved)
    opened = [_task(row, role, region) for row, (role, region) in rising]
    await tasks.open_tasks(tx, KIND, opened, [(task, _LIMIT) for task in opened])
    _tell(tx, [row for row, _ in rising], reason)
    return [row.id for row, _ in rising]


def _task(row: Row, role: str, region: str) -> dict[str, Any]:
    level = row.escalation + 1
    return {
        "id": new_id(), "kind": KIND, "region_code": region, "organ_id": None, "role": role,
        "title": rules.task_title(row, level), "subject": f"rectification_order/{row.id}/escalation/{level}",
        "list_id": None, "adjustment_id": None, "due_at": None,
    }  # fmt: skip


def _tell(tx: Transaction, rows: Sequence[Row], reason: str) -> None:
    for row in rows:
        refs = {"orders": [str(row.id)], "subject": row.subject, "level": row.escalation + 1}
        tx.append(NewEvent(type="rectification_order.escalated", region_code=row.region_code, reason=reason, refs=refs))
