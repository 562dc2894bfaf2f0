"""Use cases of preparing steps: each leaves its record at the step, and the procedure goes on or back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, Adjustment
from services.workflow.adjustments.service import find
from services.workflow.attachments import evidence
from services.workflow.decisions import rules as decisions
from services.workflow.decisions.service import go_on, refs_of, step_for
from services.workflow.disputes import repository as disputes
from services.workflow.disputes import rules as dispute_rules
from services.workflow.disputes.service import open_one as open_dispute
from services.workflow.preparations import repository, rules
from services.workflow.preparations.schemas import Assessment, Confirmation, Consultation, Hearing, UpwardReport
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep
from services.workflow.register import repository as register
from services.workflow.register.service import organs_of
from shared import clock
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


def _day(tx: Transaction) -> date:
    return tx.now.astimezone(clock.ZONE).date()


async def confirm(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Confirmation) -> Adjustment:
    """The head of a participating department confirms what was fed back, objects, or disputes it (HB-27).

    An objection sends it back; a dispute leaves it where it is until it is settled.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition, problems.Invalid
    problems.Conflict
        Its dispute is not settled; code `dispute_open`.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    life.refuse_own(principal.account_id, adjustment.compiled_by)
    life.next_state(adjustment.state, Act.PREPARE)
    steps = await procedures.current_steps(tx, adjustment)
    wanted = [step.organ_id for step in steps if step.act == "confirm" and step.organ_id is not None]
    organs = await register.organs(tx.connection, wanted)

    def may_act(step: ReviewStep) -> bool:
        organ = organs.get(step.organ_id) if step.organ_id else None
        return organ is not None and principal.holds("principal", region=organ.region_chain, organ_id=organ.id)

    step = decisions.step_to_close(steps, "confirm", may_act, given.step_id)
    dispute_rules.refuse_confirmation(step, await disputes.open_steps(tx.connection, adjustment.id))
    passed = rules.goes_on(given.outcome)
    decisions.check_opinion(passed, given.opinion)
    if given.outcome == "disputed":
        await open_dispute(tx, adjustment, step, given.opinion or "", given.elements)
        await adjustments.save(tx.connection, adjustment.id, now=tx.now)
        return await find(tx, adjustment.id)
    return await _close(tx, adjustment, step, given.outcome, given.opinion, {"outcome": given.outcome})


async def assess(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Assessment) -> Adjustment:
    """Experts have assessed the change (ZL-52).

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition, problems.Invalid
    problems.Conflict
        It is left out, but not optional; also of the other records.
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "assess", given.step_id)
    return await _recorded(tx, adjustment, step, given)


async def hear(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Hearing) -> Adjustment:
    """A hearing was held, or nobody asked for one (ZL-33); raises as `assess`."""
    adjustment, step = await step_for(tx, principal, adjustment_id, "hear", given.step_id)
    return await _recorded(tx, adjustment, step, given)


async def consult(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Consultation) -> Adjustment:
    """Organs have consulted, and it is on record who agreed (TH-55); raises as `assess`."""
    adjustment, step = await step_for(tx, principal, adjustment_id, "consult", given.step_id)
    if given.outcome != "omitted":
        rules.check_agreement(given.outcome, [each.agreed for each in given.organs])
        await organs_of(tx, [each.organ_id for each in given.organs], "/organs")
    return await _recorded(tx, adjustment, step, given)


async def report(tx: Transaction, principal: Principal, adjustment_id: UUID, given: UpwardReport) -> Adjustment:
    """It has been reported to the superior, who has given a receipt: only then may it be decided (ZZ-09).

    The record names the digest of what was submitted, so that the superior's copy can be held against it.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition, problems.Invalid
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "report", given.step_id)
    rules.check_date(given.sent_on, _opened_on(step), _day(tx), "/sent_on")
    rules.check_receipt_date(given.sent_on, given.receipt_date, _day(tx))
    digest = await repository.content_hash(tx.connection, adjustment.id, adjustment.submission)
    record = given.model_dump(mode="json", exclude={"step_id"}, exclude_none=True)
    record |= await evidence.of_record(tx, adjustment.id, given)
    record |= {"outcome": "reported", "recipient": step.recipient, "content_hash": digest}
    return await _close(tx, adjustment, step, "reported", None, record)


def _opened_on(step: ReviewStep) -> date | None:
    return step.opened_at.astimezone(clock.ZONE).date() if step.opened_at else None


async def _recorded(
    tx: Transaction, adjustment: Adjustment, step: ReviewStep, given: Assessment | Hearing | Consultation
) -> Adjustment:
    rules.check_date(given.date, _opened_on(step), _day(tx), "/date")
    if given.outcome == "omitted":
        rules.check_omission(step)
    record = given.model_dump(mode="json", exclude={"step_id"}, exclude_none=True)
    record |= await evidence.of_record(tx, adjustment.id, given)
    return await _close(tx, adjustment, step, given.outcome, given.conclusion, record)


async def _close(
    tx: Transaction,
    adjustment: Adjustment,
    step: ReviewStep,
    outcome: str,
    opinion: str | None,
    record: dict[str, Any],
) -> Adjustment:
    passed = rules.goes_on(outcome)
    await procedures.close(tx, step, passed=passed, opinion=opinion, record=record)
    return await go_on(tx, adjustment, step, passed, refs_of(step, outcome=outcome))
