"""Reactions to lists that are put into force, and to adjustments: what is due, and what is done.

The enactment is what counts: the list is public with it (ZL-34), and it happens once, while every later change of the
list is published too.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.deadlines import service
from services.workflow.deadlines.causes import service as causes
from services.workflow.deadlines.repository import Enacted
from services.workflow.deadlines.rules import ADJUSTMENT_OPENED, LIST_ENACTED
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

HANDED_IN = frozenset({"adjustment.submitted", "adjustment.withdrawn"})
TYPES = frozenset({LIST_ENACTED, ADJUSTMENT_OPENED}) | HANDED_IN


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open and close the tasks that a batch of events makes due or done; the openings first."""
    enacted = [
        Enacted(event.region_code, event.list_kind, event.effective_at or event.recorded_at)
        for event in events
        if event.type == LIST_ENACTED and event.region_code and event.list_kind
    ]
    if enacted:
        await service.follow_lists(tx, enacted)
    opened = [event.adjustment_id for event in events if event.type == ADJUSTMENT_OPENED and event.adjustment_id]
    if opened:
        await causes.follow_openings(tx, opened)
    handed_in = [event.adjustment_id for event in events if event.type in HANDED_IN and event.adjustment_id]
    if handed_in:
        await causes.follow_submissions(tx, handed_in)
