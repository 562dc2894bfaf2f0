"""Use case of inherited elements: the check of proposed changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.changes.inherited import repository
from services.workflow.changes.inherited.rules import refusals
from shared import problems
from shared.inheritance import ELEMENT_TITLES, shown
from shared.ledger.transaction import Transaction

Proposed = tuple[str, UUID, Mapping[str, Any], Mapping[str, Any]]


async def check_inherited(tx: Transaction, changes: Sequence[Proposed]) -> None:
    """Refuse changes - (place, entry, proposed, current elements) - of what entries have from their superiors'.

    Raises
    ------
    problems.Conflict
        `inherited_element`, with the superiors' rows by entry.
    """
    concerned = [change for change in changes if not ELEMENT_TITLES.keys().isdisjoint(change[2])]
    if not concerned:
        return
    found = await repository.inherited(tx.connection, [item_id for _, item_id, _, _ in concerned])
    wrong = [
        (item_id, error)
        for place, item_id, proposed, current in concerned
        if item_id in found
        for error in refusals(place, proposed, current, found[item_id])
    ]
    if wrong:
        rows = {str(item_id): shown(found[item_id]) for item_id, _ in wrong}
        first, errors = wrong[0][1], [error for _, error in wrong]
        raise problems.Conflict(f"{first.message}。", code=first.code, errors=errors, extra={"superiors": rows})
