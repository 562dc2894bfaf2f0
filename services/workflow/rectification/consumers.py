"""Reactions to clocks that have run out: an order that is late goes one level up, once for each level."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.rectification import escalation
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

TYPES = frozenset({"clock.overdue"})
_ABOUT = "rectification_order"
REASON = "逾期未整改"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Escalate the orders whose clocks have run out.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    late = {}
    for event in events:
        about, _, rest = str(event.refs.get("subject", "")).partition("/")
        order, _, level = rest.partition("/escalation/")
        # Who checks what was reported has no limit of ours; where somebody sets one, the order itself is not late.
        if about == _ABOUT and not order.endswith("/check"):
            late[UUID(order)] = int(level or 0)
    if late:
        await escalation.escalate_late(tx, late, reason=REASON)
