"""Reactions to claims of the catalog: one task an organ while it has offers to answer or claims to complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.workflow.claims import repository
from services.workflow.clocks import service as clocks
from services.workflow.tasks import repository as stored
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

KIND = "claim"
TYPES = frozenset(
    f"claim.{act}"
    for act in ("offered", "withdrawn", "claimed", "closed", "reopened", "excluded", "assigned", "disputed", "decided")
)


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open and close the tasks of the organs a batch of events names.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    places = sorted({place for event in events for place in _places(event)}, key=str)
    if not places:
        return
    rows = await repository.work(tx.connection, places)
    opening = [
        (
            {
                "id": row.task_id or new_id(), "kind": KIND, "region_code": row.region_code, "organ_id": row.organ_id,
                "role": row.role, "title": row.title, "subject": row.subject, "list_id": row.list_id,
                "adjustment_id": None, "due_at": row.due_at,
            },
            row.due_at,
        )
        for row in rows
        if row.waits and not row.told
    ]  # fmt: skip
    timed = [(task, clocks.fixed(due_at)) for task, due_at in opening if due_at is not None and due_at > tx.now]
    await tasks.open_tasks(tx, KIND, [task for task, _ in opening], timed)
    done = [row.subject for row in rows if row.told and not row.waits]
    if done:
        closed = await stored.close(tx.connection, KIND, done, state="done", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


def _places(event: Event) -> Iterator[tuple[str, str, UUID | None]]:
    if event.region_code and event.list_kind:
        for organ in event.refs.get("organs", ()):
            yield event.region_code, event.list_kind, UUID(str(organ)) if organ else None
