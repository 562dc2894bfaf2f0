"""The use case of the paper copy that follows a submission."""

from __future__ import annotations

from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import event, find
from services.workflow.bindings import service as bindings
from services.workflow.submissions import repository
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def receive(tx: Transaction, principal: Principal, adjustment_id: UUID) -> Adjustment:
    """Note that the paper copy of the last submission has come; a second time changes nothing.

    Raises
    ------
    problems.NotFound
    problems.Forbidden
        The caller does not review in the region.
    problems.Conflict
        Nothing has been submitted; code `not_submitted`.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await bindings.require_office(tx, principal, adjustment.region_code, ["reviewer"])
    if not adjustment.submission:
        raise problems.Conflict("该动态调整尚未提交，没有可登记的纸质件。", code="not_submitted")
    number = adjustment.submission
    if await repository.note_paper(tx.connection, adjustment.id, number, actor=principal.actor, now=tx.now):
        tx.append(event(adjustment, "adjustment.paper_received", refs={"submission": number}))
    return adjustment
