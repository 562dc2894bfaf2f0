"""The consumer that publishes: one transaction for all lists a batch of events touches."""

from __future__ import annotations

from services.publish.revisions.rules import EVENTS, together
from services.publish.revisions.service import publish
from shared.ledger.consume import Consumer

# Large, so that the events of one cascade seldom fall into two batches: its lists are to change together.
BATCH = 1_000

PUBLICATION = Consumer(
    name="publication", service="publish", types=EVENTS, effect=publish, batch=BATCH, together=together
)
