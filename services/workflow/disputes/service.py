"""Use cases of disputes: opened at the confirmation, consulted about, decided by the government; locks meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, Adjustment
from services.workflow.adjustments.service import event, find
from services.workflow.bindings import service as bindings
from services.workflow.changes import repository as changes
from services.workflow.decisions import repository as decisions
from services.workflow.decisions.rules import check_decision_date
from services.workflow.decisions.service import go_on, refs_of
from services.workflow.disputes import repository, rules
from services.workflow.disputes.schemas import DisputeConsultation, DisputeDecision
from services.workflow.preparations.rules import check_agreement, check_date
from services.workflow.preparations.schemas import DisputedFeedback
from services.workflow.procedures import repository as steps
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep, office
from services.workflow.register.service import organs_of
from services.workflow.tasks import service as tasks
from shared import clock, problems
from shared.calendar.limits import TimeLimit
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def open_one(
    tx: Transaction, adjustment: Adjustment, step: ReviewStep, opinion: str, elements: list[DisputedFeedback]
) -> None:
    """A department disputes what was fed back: from now on nobody else changes these elements.

    Raises
    ------
    problems.Invalid
        No elements, or entries that are not in the adjustment.
    """
    assert step.organ_id is not None  # a confirmation is of a department
    items = await changes.item_ids(tx.connection, adjustment.id)
    rules.check_elements([(each.item_id, each.element) for each in elements], set(items))
    # Whoever decides on these entries just now is done before, or sees the lock.
    await decisions.lock_items(tx.connection, adjustment.id)
    values = {
        "id": step.id, "adjustment_id": adjustment.id, "region_code": adjustment.region_code, "question": opinion,
        "organ_id": step.organ_id, "opened_by": tx.actor, "opened_at": tx.now,
        "elements": [each.model_dump(mode="json") for each in elements],
    }  # fmt: skip
    await repository.add(tx.connection, values)
    await _charge(tx, adjustment, step.id, "reviewer", opinion, rules.CONSULTATION)
    named = sorted({each.element for each in elements})
    refs = refs_of(step, dispute=str(step.id), elements=named)
    concerned = list(dict.fromkeys(each.item_id for each in elements))
    tx.append(event(adjustment, "adjustment.disputed", item_ids=concerned, refs=refs))


async def consult(tx: Transaction, principal: Principal, dispute_id: UUID, given: DisputeConsultation) -> Row:
    """Organs have consulted about it: settled, or left to the government.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.Invalid
    """
    adjustment, dispute = await _hold(tx, principal, dispute_id, "consulting")
    rules.check_ruling(given.outcome, given.ruling)
    check_agreement(given.outcome, [each.agreed for each in given.organs])
    consulted = [each.organ_id for each in given.organs]
    rules.check_present(dispute.organ_id, consulted)
    await organs_of(tx, consulted, "/organs")
    today = tx.now.astimezone(clock.ZONE).date()
    check_date(given.date, dispute.opened_at.astimezone(clock.ZONE).date(), today, "/date")
    record = given.model_dump(mode="json", exclude_none=True)
    await tasks.close_dispute(tx, dispute_id, "reviewer")
    if given.ruling is not None:
        await _settle(tx, adjustment, dispute, given.ruling, given.conclusion, consultation=record)
    else:
        await repository.move(tx.connection, dispute_id, "escalated", consultation=record)
        await _charge(tx, adjustment, dispute_id, "decider", dispute.question, None)
        tx.append(event(adjustment, "dispute.escalated", refs={"dispute": str(dispute_id)}))
    return await get(tx, dispute_id)


async def decide(tx: Transaction, principal: Principal, dispute_id: UUID, given: DisputeDecision) -> Row:
    """The government decides what consultation has not settled (ZZ-53); the elements are free again.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.Invalid
    """
    adjustment, dispute = await _hold(tx, principal, dispute_id, "escalated")
    check_decision_date(given.decision.date, tx.now.astimezone(clock.ZONE).date())
    decision = given.decision.model_dump(mode="json")
    await tasks.close_dispute(tx, dispute_id, "decider")
    await _settle(tx, adjustment, dispute, given.ruling, given.opinion, decision=decision)
    return await get(tx, dispute_id)


async def get(tx: Transaction, dispute_id: UUID) -> Row:
    """A dispute. Raises NotFound."""
    found = await repository.find(tx.connection, dispute_id)
    if found is None:
        raise problems.NotFound("没有这项争议，请核对标识。", code="dispute_not_found")
    return found


async def _charge(
    tx: Transaction, adjustment: Adjustment, dispute_id: UUID, role: str, question: str, limit: TimeLimit | None
) -> None:
    organs = (await bindings.charged(tx, [adjustment.region_code]))[adjustment.region_code]
    await tasks.open_for_dispute(
        tx, adjustment, dispute_id, role=role, organ_id=office(role, organs), question=question, limit=limit
    )


async def _hold(tx: Transaction, principal: Principal, dispute_id: UUID, state: str) -> tuple[Adjustment, Row]:
    """The adjustment, locked, and its dispute, for one who may end it where it stands and has not compiled it."""
    adjustment = await find(tx, (await get(tx, dispute_id)).adjustment_id, lock=True)
    dispute = await get(tx, dispute_id)
    await bindings.require_office(tx, principal, adjustment.region_code, rules.ROLES[state])
    life.refuse_own(principal.account_id, adjustment.compiled_by)
    rules.require_state(dispute.state, state)
    life.next_state(adjustment.state, Act.PREPARE)
    return adjustment, dispute


async def _settle(
    tx: Transaction,
    adjustment: Adjustment,
    dispute: Row,
    ruling: str,
    why: str,
    *,
    consultation: dict[str, Any] | None = None,
    decision: dict[str, Any] | None = None,
) -> None:
    """End the dispute and with it the confirmation: it goes on where the feedback stands, back where it does not."""
    [step] = [one for one in await steps.steps(tx.connection, adjustment.id, adjustment.submission)
              if one.id == dispute.id]  # fmt: skip
    await repository.move(
        tx.connection, dispute.id, "settled", consultation=consultation, decision=decision, ruling=ruling,
        settled_at=tx.now,
    )  # fmt: skip
    refs: dict[str, Any] = {"dispute": str(dispute.id), "ruling": ruling}
    tx.append(event(adjustment, "dispute.settled", refs=refs | ({"decision": decision} if decision else {})))
    passed = ruling == "upheld"
    settled = dict(dispute) | {"consultation": consultation or dispute.consultation}
    record = rules.record_of(settled, ruling, decision)
    opinions = [] if passed else list(dispute.elements)
    await procedures.close(tx, step, passed=passed, opinion=why, element_opinions=opinions, record=record)
    await go_on(tx, adjustment, step, passed, refs_of(step, outcome="confirmed" if passed else "objected"))
