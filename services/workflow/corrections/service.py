"""The use case of one-time correction, which takes part in reviews that return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.corrections import repository, rules
from services.workflow.procedures.rules import ReviewStep
from shared.ledger.transaction import Transaction


async def returned(
    tx: Transaction,
    adjustment: Adjustment,
    step: ReviewStep,
    opinions: Sequence[tuple[UUID, str]],
    late_reason: str | None,
) -> dict[str, Any]:
    """A review returns a submission: hold it against its earlier returns, and keep what there was to see.

    Parameters
    ----------
    opinions : entry and element of each.
    late_reason : why something is asked for only now.

    Returns
    -------
    What the step records and the event tells of what is asked for late; empty when nothing is.

    Raises
    ------
    problems.Invalid, problems.Conflict
        It is the second time, and elements are not named, or were to be seen the first time (`visible_before`).
    """
    number, code, organ_id = adjustment.submission, step.code, step.organ_id
    found: dict[str, Any] = {}
    if await repository.returned_before(tx.connection, adjustment.id, number, code=code, organ_id=organ_id):
        rules.check_again(len(opinions), late_reason)
        late = await repository.late(
            tx.connection, adjustment.id, number, code=code, organ_id=organ_id, opinions=opinions
        )
        rules.check_late(late, late_reason)
        if late or not opinions:
            found = {"late": late, "late_reason": late_reason}
    await repository.keep(tx.connection, adjustment.id, number)
    return found
