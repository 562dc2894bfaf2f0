"""What has become of withdrawals, as the catalog tells."""

from __future__ import annotations

from services.publish.publications import service
from shared.ledger.consume import Consumer

OUTCOMES = Consumer(
    name="withdrawal_outcomes",
    service="publish",
    types=frozenset({"withdrawal.applied", "withdrawal.refused"}),
    effect=service.settle,
    leisurely=True,
)
CONSUMERS = [OUTCOMES]
