"""Other adjustments that are still open on the same entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.workflow.changes import repository
from shared import problems
from shared.ledger.transaction import Transaction


async def overlapping(
    tx: Transaction, adjustment_id: UUID, names: Mapping[UUID, tuple[str, set[str]]], *, confirm_overlap: bool
) -> list[dict[str, Any]]:
    """Who else works on these entries; the same element needs the caller's confirmation."""
    if not names:
        return []
    found = await repository.others(tx.connection, adjustment_id, names)
    others = [other | {"same_elements": sorted(names[other["item_id"]][1] & set(other["elements"]))} for other in found]
    same = [other for other in others if other["same_elements"]]
    if same and not confirm_overlap:
        errors = [
            problems.FieldError(
                names[other["item_id"]][0],
                "overlapping_change",
                f"{other['number']}“{other['title']}”正在调整同一要素：{'、'.join(other['same_elements'])}",
            )
            for other in same
        ]
        raise problems.Conflict(
            "其他未办结的动态调整涉及同一事项的同一要素；确认仍要调整的，请以 confirm_overlap=true 重新提交。",
            code="overlapping_change",
            errors=errors,
        )
    return others
