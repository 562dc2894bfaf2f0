"""The channels follow publication: beside it, exactly once, so that no list waits for where it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from services.publish.channels.copies import service as copies
from services.publish.channels.findings import service as findings
from services.publish.channels.states import repository as states
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

PUBLISHED = "list.published"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Keep how the new revisions are called, and let every channel of their regions be due to show them."""
    lists = sorted({event.list_id for event in events if event.list_id is not None})
    if not lists:
        return
    await copies.keep_headings(tx.connection, lists, tx.now)
    await states.make_due(tx.connection, now=tx.now, lists=lists)
    await findings.open_to_post(tx, lists=lists)


CHANNELS = Consumer(
    name="channels", service="publish", types=frozenset({PUBLISHED}), effect=follow, batch=200, leisurely=True
)
CONSUMERS = [CHANNELS]
