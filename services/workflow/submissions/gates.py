"""What holds a submission back: materials nobody has argued for, elements in dispute, replies that are awaited."""

from __future__ import annotations

from services.workflow.adjustments.rules import Adjustment
from services.workflow.disputes import repository as disputes
from services.workflow.disputes.rules import refuse_locked
from services.workflow.joint_notices import repository as notices
from services.workflow.joint_notices.rules import check_answered
from services.workflow.justifications import service as justifications
from shared.ledger.transaction import Transaction


async def check(tx: Transaction, adjustment: Adjustment) -> None:
    """Refuse to hand over what is not ready.

    Raises
    ------
    problems.Conflict
        Codes as of justifications, `element_disputed`, `replies_waiting`.
    """
    await justifications.check(tx, adjustment.id)
    refuse_locked(await disputes.locks(tx.connection, adjustment.id))
    check_answered(await notices.replies(tx.connection, adjustment.id), adjustment.participants, tx.now)
