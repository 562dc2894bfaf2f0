"""Reactions to what happens to tasks, clocks, subscriptions: messages, written with the reader's position: once."""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.clocks.rules import day_of
from services.workflow.messages import rules
from services.workflow.messages.channels import configured
from services.workflow.messages.subscriptions import repository as subscriptions
from services.workflow.messages.telling import repository
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Tell everybody whom a batch concerns; what came together is told together."""
    told = rules.told(events)
    if told:
        await repository.tell(tx.connection, told, channels=configured(), today=day_of(tx.now), now=tx.now)
    failing = rules.of_subscriptions(events)
    if failing:
        await subscriptions.tell(tx.connection, failing, channels=configured(), now=tx.now)


# Events name up to a thousand tasks, and each may concern dozens of people: five keep a transaction to some seconds.
MESSAGES = Consumer(
    name="messages",
    service="workflow",
    types=frozenset(rules.TOLD) | frozenset(rules.TOLD_OF_SUBSCRIPTIONS),
    effect=follow,
    batch=5,
    leisurely=True,
)
