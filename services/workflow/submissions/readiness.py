"""What holds a submission back: candidates without answer, a cause without change, materials without reasons, elements
in dispute, replies that are awaited."""

from __future__ import annotations

from collections.abc import Collection

from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Adjustment
from services.workflow.candidates import service as candidates
from services.workflow.disputes import repository as disputes
from services.workflow.disputes.rules import refuse_locked
from services.workflow.joint_notices import repository as joint_notices
from services.workflow.joint_notices.rules import check_answered
from services.workflow.justifications import service as justifications
from services.workflow.triggers import rules as triggers
from shared.ledger.transaction import Transaction


async def check(tx: Transaction, adjustment: Adjustment, kinds: Collection[str]) -> None:
    """Refuse a submission that is not ready; `kinds` are those of its changes.

    Raises
    ------
    problems.Conflict
        Codes `cause_without_change`, `material_not_justified`, `candidates_unanswered`, `element_disputed`,
        `replies_waiting`.
    """
    triggers.check_kinds(adjustment.trigger, life.TRIGGERS[adjustment.trigger], kinds)
    await justifications.check(tx, adjustment.id)
    await candidates.check(tx, adjustment)
    refuse_locked(await disputes.locks(tx.connection, adjustment.id))
    check_answered(await joint_notices.replies(tx.connection, adjustment.id), adjustment.participants, tx.now)
