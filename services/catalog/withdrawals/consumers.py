"""Reaction to a publication being taken back."""

from __future__ import annotations

from services.catalog.withdrawals import service
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event


def _withdrawal(event: Event) -> str:
    return str(event.refs["withdrawal"])


# Apart from the cascade's consumer: thousands of entries that go back never delay a decision.
WITHDRAWALS = Consumer(
    name="withdrawals",
    service="catalog",
    types=frozenset({"publication.withdrawn"}),
    effect=service.carry_out,
    batch=20,
    # It is told of by an event for each list; it is carried out once.
    together=_withdrawal,
)
CONSUMERS = [WITHDRAWALS]
