"""Use cases of justifications: the check before a submission."""

from __future__ import annotations

from uuid import UUID

from services.workflow.justifications import repository, rules
from shared.ledger.transaction import Transaction


async def check(tx: Transaction, adjustment_id: UUID) -> None:
    """Refuse a submission that adds materials without argument and consultation.

    Raises
    ------
    problems.Conflict
        Code `material_not_justified`.
    """
    rules.refuse_unjustified(await repository.added(tx.connection, adjustment_id))
