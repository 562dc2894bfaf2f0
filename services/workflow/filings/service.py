"""The use case of filings: a receipt is recorded, once."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import event, find
from services.workflow.attachments import evidence
from services.workflow.filings import rules
from services.workflow.filings.schemas import Filing
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep
from services.workflow.register import service as register
from services.workflow.register.repository import organs
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def record(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Filing) -> Adjustment:
    """Record the receipt of a recipient; the same receipt again changes nothing.

    With the last one the adjustment is filed (QX-45, TH-46).

    Raises
    ------
    problems.Forbidden
        The caller is not charged with the filing.
    problems.IllegalTransition
        There is nothing to file, or it is not published yet.
    problems.Invalid
        Unknown recipient, or an impossible date.
    problems.Conflict
        Another receipt of the recipient is on record; code `already_filed`.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    chain = await register.chain_of(tx, adjustment.region_code)
    steps = await procedures.current_steps(tx, adjustment)
    filings = [step for step in steps if step.act == "file"]
    known = await organs(tx.connection, [each.recipient_organ_id for each in filings if each.recipient_organ_id])

    def may_file(each: ReviewStep) -> bool:
        # Whoever has the copy may give its receipt himself.
        recipient = known.get(each.recipient_organ_id) if each.recipient_organ_id else None
        given_by_recipient = recipient is not None and principal.holds(
            "reviewer", region=recipient.region_chain, organ_id=recipient.id
        )
        return given_by_recipient or principal.holds(each.role, region=chain, organ_id=each.organ_id)

    if filings and not any(may_file(each) for each in filings):
        principal.require(filings[0].role, region=chain, organ_id=filings[0].organ_id)
    step = rules.step_to_file(steps, given.recipient)
    if not may_file(step):
        principal.require(step.role, region=chain, organ_id=step.organ_id)
    receipt = given.model_dump(mode="json", exclude={"recipient"}, exclude_none=True)
    receipt |= await evidence.of_record(tx, adjustment.id, given)
    if step.state == "passed":
        if step.record == receipt:
            return adjustment
        number = (step.record or {}).get("receipt_number")
        raise problems.Conflict(f"“{step.recipient}”的报备回执已登记（{number}），不能更改。", code="already_filed")
    decided_on = date.fromisoformat((adjustment.decision or {})["date"])
    rules.check_date(given.date, decided_on, tx.now.astimezone(clock.ZONE).date())
    await procedures.close(tx, step, passed=True, opinion=None, record=receipt)
    complete = all(each.state == "passed" for each in filings if each.id != step.id)
    filed = {"filed_at": tx.now} if complete else {}
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, **filed)
    refs = {"recipient": step.recipient, "receipt_number": given.receipt_number, "complete": complete}
    tx.append(event(adjustment, "adjustment.filed", refs={"step": step.code, **refs}))
    return await find(tx, adjustment.id)
