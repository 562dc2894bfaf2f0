"""Reactions to lists that are put into force: what is due in the regions below, and what is done.

The enactment is what counts: the list is public with it (ZL-34), and it happens once, while every later change of the
list is published too.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.deadlines import service
from services.workflow.deadlines.repository import Enacted
from services.workflow.deadlines.rules import LIST_ENACTED
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

TYPES = frozenset({LIST_ENACTED})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open and close the tasks that a batch of enactments makes due or done."""
    enacted = [
        Enacted(event.region_code, event.list_kind, event.effective_at or event.recorded_at)
        for event in events
        if event.region_code and event.list_kind
    ]
    if enacted:
        await service.follow_lists(tx, enacted)
