"""Reactions to claims of the catalog: one task an organ while it has offers to answer or claims to complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from services.workflow.claims import repository
from services.workflow.clocks import service as clocks
from services.workflow.clocks.redating import redate
from services.workflow.clocks.rules import Limit
from services.workflow.tasks import repository as stored
from services.workflow.tasks import service as tasks
from shared.identifiers import new_id
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "claim"
TYPES = frozenset(
    f"claim.{act}"
    for act in ("offered", "withdrawn", "claimed", "closed", "reopened", "excluded", "assigned", "disputed", "decided")
)


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open, date and close the tasks of the organs a batch of events names: due when the first that waits is.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    places = sorted({place for event in events for place in _places(event)}, key=str)
    if not places:
        return
    rows = await repository.work(tx.connection, places)
    opening = [_task(row) for row in rows if row.waits and not row.told]
    # What is late when it is opened has a clock as well: without one nobody would hear that it is.
    await tasks.open_tasks(tx, KIND, opening, _timed(opening))
    waiting = [row for row in rows if row.waits and row.told and row.due_at is not None]
    await clocks.start(tx, await clocks.begun(tx, _timed([_task(row) for row in waiting if row.dated is None])))
    await redate(tx, {row.task_id: row.due_at for row in waiting if row.dated != row.due_at})
    done = [row.subject for row in rows if row.told and not row.waits]
    if done:
        closed = await stored.close(tx.connection, KIND, done, state="done", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


def _task(row: Row) -> dict[str, Any]:
    names = ("region_code", "organ_id", "role", "title", "subject", "list_id", "due_at")
    named = {name: row[name] for name in names}
    return {"id": row.task_id or new_id(), "kind": KIND, "adjustment_id": None} | named


def _timed(found: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], Limit]]:
    """Those of tasks that have a due date; a dispute has none."""
    return [(task, clocks.fixed(task["due_at"])) for task in found if task["due_at"] is not None]


def _places(event: Event) -> Iterator[tuple[str, str, UUID | None]]:
    if event.region_code and event.list_kind:
        for organ in event.refs.get("organs", ()):
            yield event.region_code, event.list_kind, UUID(str(organ)) if organ else None
