"""Use cases of suspensions: suspend, resume, and revoke what was decided and is not in effect yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, Adjustment, State
from services.workflow.adjustments.service import event, find
from services.workflow.bindings import service as bindings
from services.workflow.clocks import resting
from services.workflow.decisions.rules import check_decision_date
from services.workflow.procedures import service as procedures
from services.workflow.suspensions import repository, rules
from services.workflow.suspensions.schemas import NewSuspension, Revocation
from services.workflow.tasks import service as tasks
from services.workflow.tasks.parking import repository as parking
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def suspend(tx: Transaction, principal: Principal, adjustment_id: UUID, given: NewSuspension) -> Adjustment:
    """Stop an adjustment under review (its limits, its tasks, its public comment), or hold back a decided one.

    Raises
    ------
    problems.Forbidden
        Not one who runs the procedure; of a decided one not who decides, or one who compiled.
    problems.IllegalTransition
        It is neither under review nor waiting for its instant.
    problems.Invalid
        It was decided, and no decision stops it.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await _require(tx, principal, adjustment)
    state = life.next_state(adjustment.state, Act.SUSPEND)
    rules.check_decision(adjustment.state, given.decision)
    decision = _decision(tx, given)
    values = {
        "id": new_id(), "adjustment_id": adjustment.id, "reason": given.reason, "decision": decision,
        "suspended_by": tx.actor, "suspended_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, values)
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state)
    await resting.rest(tx, adjustment.id, given.reason)
    parked = await parking.park(tx.connection, adjustment.id, reason=given.reason, actor=tx.actor, now=tx.now)
    _tell(tx, "task.parked", parked)
    refs = {"reason": given.reason} | ({"decision": decision} if decision else {})
    tx.append(event(adjustment, "adjustment.suspended", refs=refs))
    return await find(tx, adjustment.id)


async def resume(tx: Transaction, principal: Principal, adjustment_id: UUID, reason: str) -> Adjustment:
    """Let it go on at the same step, with the time that was left; a held one waits for its instant again.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await _require(tx, principal, adjustment)
    state = life.next_state(adjustment.state, Act.RESUME)
    since = await repository.end(tx.connection, adjustment.id, reason=reason, actor=tx.actor, now=tx.now)
    changed: dict[str, Any] = {"state": state}
    if adjustment.state is State.HELD and adjustment.effective_at is not None:
        changed |= {"effective_at": rules.effect(adjustment.effective_at, tx.now)}
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, **changed)
    await resting.wake(tx, adjustment.id, reason)
    await repository.lengthen_comment_period(tx.connection, adjustment.id, since=since, now=tx.now)
    woken = await parking.unpark(tx.connection, adjustment.id, reason=reason, actor=tx.actor, now=tx.now)
    _tell(tx, "task.resumed", woken)
    resumed = await find(tx, adjustment.id)
    tx.append(event(resumed, "adjustment.resumed", refs={"reason": reason, "since": since.isoformat()}))
    return resumed


async def revoke(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Revocation) -> Adjustment:
    """The government takes its decision back before it has taken effect: nothing of it ever does.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.IllegalTransition
        It is not decided, or in effect already: then only another adjustment changes it.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await _require(tx, principal, adjustment)
    state = life.next_state(adjustment.state, Act.REVOKE)
    decision = _decision(tx, given)
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state)
    await procedures.stop(tx, adjustment.id)
    tx.append(event(adjustment, "adjustment.withdrawn", refs={"reason": given.reason, "decision": decision}))
    return await find(tx, adjustment.id)


async def of_adjustment(tx: Transaction, adjustment: Adjustment) -> list[Row]:
    """The times it rested."""
    return await repository.of_adjustment(tx.connection, adjustment.id)


async def _require(tx: Transaction, principal: Principal, adjustment: Adjustment) -> None:
    """Who stops what was decided decides as well: nobody who compiled it (ZL-51)."""
    wanted = rules.roles(adjustment.state)
    await bindings.require_office(tx, principal, adjustment.region_code, wanted)
    if wanted == rules.DECIDED:
        life.refuse_own(principal.account_id, adjustment.compiled_by)


def _decision(tx: Transaction, given: NewSuspension | Revocation) -> dict[str, Any] | None:
    if given.decision is None:
        return None
    check_decision_date(given.decision.date, tx.now.astimezone(clock.ZONE).date())
    return given.decision.model_dump(mode="json")


def _tell(tx: Transaction, type_: str, moved: list[Row]) -> None:
    for kind in dict.fromkeys(row.kind for row in moved):
        tasks.tell(tx, type_, kind, [row.id for row in moved if row.kind == kind])
