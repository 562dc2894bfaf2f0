"""Reactions to disputes about who supervises (catalog): they lie before the government until it has decided (ZZ-53)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.workflow.tasks import repository as stored
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

KIND = "dispute"
OPENED, DECIDED = "dispute.opened", "dispute.decided"
TYPES = frozenset({OPENED, DECIDED})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open and close the government's tasks; a dispute opened and decided in one batch leaves none.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    decided = {_subject(event): event.actor for event in events if event.type == DECIDED}
    opened = [_task(event) for event in events if event.type == OPENED and _subject(event) not in decided]
    if opened:
        await tasks.open_tasks(tx, KIND, opened, [])
    if decided:
        actors = {actor for actor in decided.values() if actor}
        actor = actors.pop() if len(actors) == 1 else tx.actor
        closed = await stored.close(tx.connection, KIND, list(decided), state="done", actor=actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


def _subject(event: Event) -> str:
    return f"supervision_dispute/{UUID(str(event.refs['dispute']))}"


def _task(event: Event) -> dict[str, Any]:
    return {
        "id": new_id(), "kind": KIND, "region_code": event.region_code, "organ_id": None, "role": "decider",
        "title": f"决定监管主体争议：{event.reason or ''}"[:500], "subject": _subject(event), "list_id": event.list_id,
        "adjustment_id": None, "due_at": None,
    }  # fmt: skip
