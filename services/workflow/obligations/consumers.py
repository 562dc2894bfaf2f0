"""Reactions to what happens to lists: the obligations of campaigns follow, without anybody typing progress (QX-53)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.workflow.obligations import service
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

_LISTS = frozenset({"list.enacted", "list.published"})
_SUBMITTED = "adjustment.submitted"
# What was published while a campaign was being started is looked for once it has.
_STARTED = "campaign.started"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Move the obligations that a batch of events concerns.

    Raises
    ------
    KeyError, ValueError
        A reference is missing or no id: bad data, the event is parked.
    """
    places = {
        (event.region_code, event.list_kind)
        for event in events
        if event.type in _LISTS and event.region_code and event.list_kind
    }
    submitted = [
        (event.adjustment_id, _submitted_at(event))
        for event in events
        if event.type == _SUBMITTED and event.adjustment_id
    ]
    if submitted:
        await service.note_submissions(tx, submitted)
    for campaign_id in (UUID(str(event.refs["campaign"])) for event in events if event.type == _STARTED):
        await service.settle_campaign(tx, campaign_id)
    if places:
        await service.settle_places(tx, sorted(places))


def _submitted_at(event: Event) -> datetime:
    """When it was submitted by the clock of the service; of older events, when it was recorded.

    Raises
    ------
    ValueError
        The reference is no instant: bad data, the event is parked.
    """
    said = event.refs.get("submitted_at")
    return datetime.fromisoformat(str(said)) if said else event.recorded_at


# A figure of a dashboard may be a second old: those somebody waits for come first.
CONSUMERS = [
    Consumer(name="campaigns", service="workflow", types=_LISTS | {_SUBMITTED, _STARTED}, effect=follow, leisurely=True)
]
