"""Reactions to tasks that are closed: their parts end with them. Nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.tasks import rules
from services.workflow.tasks.subtasks import service
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

CLOSED = "task.closed"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """End the parts of the tasks a batch of events has closed.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    await service.end_with(tx, rules.named(events, CLOSED, "tasks"))


SUBTASKS = Consumer(name="subtasks", service="workflow", types=frozenset({CLOSED}), effect=follow, leisurely=True)
