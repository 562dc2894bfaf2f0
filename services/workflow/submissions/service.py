"""Use cases beside a submission: who may hand it over, and its receipt. They take part in `submit` of adjustments."""

from __future__ import annotations

from services.workflow.adjustments.rules import Adjustment
from services.workflow.register.repository import Organ
from services.workflow.submissions import repository, rules
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def record(
    tx: Transaction, principal: Principal, adjustment: Adjustment, organ: Organ, number: int, *, paper_copy: bool
) -> str:
    """Give the receipt of a submission; returns its number.

    Parameters
    ----------
    organ : the leading one.
    paper_copy : one is announced to follow (ZL-44).
    """
    receipt = rules.receipt_number(adjustment.number, number)
    await repository.record(
        tx.connection,
        {
            "adjustment_id": adjustment.id,
            "number": number,
            "receipt_number": receipt,
            "organ_id": rules.department_of(organ),
            "submitted_by": principal.actor,
            "now": tx.now,
            "paper_copy": paper_copy,
        },
    )
    return receipt
