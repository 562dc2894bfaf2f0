"""Reactions to what happens to tasks and clocks: messages, written with the reader's position, so each exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.clocks.rules import day_of
from services.workflow.messages import rules
from services.workflow.messages.channels import configured
from services.workflow.messages.telling import repository
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Tell everybody whom a batch concerns; what came together is told together."""
    told = rules.told(events)
    if told:
        await repository.tell(tx.connection, told, channels=configured(), today=day_of(tx.now), now=tx.now)


# Events name up to a thousand tasks, and each may concern dozens of people: five keep a transaction to some seconds.
MESSAGES = Consumer(
    name="messages", service="workflow", types=frozenset(rules.TOLD), effect=follow, batch=5, leisurely=True
)
