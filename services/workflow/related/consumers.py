"""Reaction to publication: a task for each department whose matters a public list keeps no more, or newly."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.related import repository
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

KIND = "related_work"
TYPES = frozenset({"adjustment.published"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open the tasks of what a batch of events made public; told twice they are opened once."""
    ids = list(dict.fromkeys(event.adjustment_id for event in events if event.adjustment_id))
    if not ids:
        return
    rows = [
        {
            "id": new_id(),
            "kind": KIND,
            "region_code": row.region_code,
            "organ_id": row.organ_id,
            "role": "compiler",
            "title": f"对照公布的清单调整相关工作：{row.title}",
            "subject": subject(row.adjustment_id, row.organ_id),
            "adjustment_id": row.adjustment_id,
            "due_at": None,
        }
        for row in await repository.begin(tx.connection, ids, tx.now)
    ]
    await tasks.open_tasks(tx, KIND, rows, [])


def subject(adjustment_id: UUID, organ_id: UUID) -> str:
    """What such a task is about."""
    return f"related_work/{adjustment_id}/{organ_id}"
