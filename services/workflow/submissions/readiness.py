"""What holds a submission back: candidates without answer, a cause without change, materials without reasons."""

from __future__ import annotations

from collections.abc import Collection

from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Adjustment
from services.workflow.candidates import service as candidates
from services.workflow.justifications import service as justifications
from services.workflow.triggers import rules as triggers
from shared.ledger.transaction import Transaction


async def check(tx: Transaction, adjustment: Adjustment, kinds: Collection[str]) -> None:
    """Refuse a submission that is not ready; `kinds` are those of its changes.

    Raises
    ------
    problems.Conflict
        Codes `cause_without_change`, `material_not_justified`, `candidates_unanswered`.
    """
    triggers.check_kinds(adjustment.trigger, life.TRIGGERS[adjustment.trigger], kinds)
    await justifications.check(tx, adjustment.id)
    await candidates.check(tx, adjustment)
