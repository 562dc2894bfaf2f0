"""Use cases of causes: who compiles an adjustment has a task with a clock that began when its cause arose."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.clocks.rules import end_of
from services.workflow.deadlines import repository as stored_rules
from services.workflow.deadlines import rules
from services.workflow.deadlines.causes import repository
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction


async def follow_openings(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Adjustments were opened: what their regions ask is due, counted from the day of the cause."""
    due = await repository.due(tx.connection, ids)
    if not due:
        return
    known = await stored_rules.by_codes(tx.connection, {one["rule"] for one in due})
    rows = [
        {
            "id": new_id(),
            "kind": "deadline",
            "region_code": one["region_code"],
            "organ_id": one["organ_id"],
            "role": known[one["rule"]].role,
            "title": f"{known[one['rule']].task_title}：{one['title']}",
            "subject": rules.subject_of_adjustment(one["rule"], one["id"]),
            "list_id": None,
            "adjustment_id": one["id"],
            "started_at": end_of(one["trigger_date"]),
            "extension_most": known[one["rule"]].extension_most,
        }
        for one in due
    ]
    limits = [known[one["rule"]].limit for one in due]
    await tasks.open_tasks(tx, "deadline", rows, list(zip(rows, limits, strict=True)))


async def follow_submissions(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Adjustments were handed in or taken back: nothing is due of them any more."""
    subjects = await repository.subjects(tx.connection, ids)
    if subjects:
        closed = await stored_tasks.close(tx.connection, "deadline", subjects, state="done", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, "deadline", closed)
