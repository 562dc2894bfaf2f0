"""Use cases of the procedure: sign, review, legality review, decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, Adjustment
from services.workflow.adjustments.service import event, find
from services.workflow.attachments import evidence
from services.workflow.changes import repository as changes
from services.workflow.corrections import service as corrections
from services.workflow.decisions import repository, rules
from services.workflow.decisions.schemas import DecisionAct, LegalityReview, Review, Signature
from services.workflow.disputes import repository as disputes
from services.workflow.disputes.rules import refuse_locked
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep
from services.workflow.register import repository as register
from services.workflow.register import service as places
from services.workflow.tasks import service as tasks
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def sign(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Signature) -> Adjustment:
    """The principal of a participating organ signs, or sends back.

    When the last organ has signed the adjustment goes into review.

    Raises
    ------
    problems.Forbidden
        Not the principal of an organ that has to sign, or one who compiled (`own_compilation`).
    problems.Invalid
        No evidence of the seal, or no opinion on a return.
    problems.IllegalTransition
        It is not at the signing step.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    life.refuse_own(principal.account_id, adjustment.compiled_by)
    life.next_state(adjustment.state, Act.SIGN)
    steps = await procedures.current_steps(tx, adjustment)
    signing = [step.organ_id for step in steps if step.act == "sign" and step.organ_id is not None]
    organs = await register.organs(tx.connection, signing)

    def may_sign(step: ReviewStep) -> bool:
        organ = organs.get(step.organ_id) if step.organ_id else None
        return organ is not None and principal.holds("principal", region=organ.region_chain, organ_id=organ.id)

    step = rules.step_to_sign(steps, given.organ_id, may_sign)
    passed = given.outcome == "signed"
    rules.check_opinion(passed, given.opinion)
    seal = await evidence.kept(tx, adjustment.id, "/seal", given.seal)
    if passed:
        rules.check_seal(seal, sealed=step.sealed)
    record = {"seal": seal} if seal else None
    await procedures.close(tx, step, passed=passed, opinion=given.opinion, record=record)
    refs: dict[str, Any] = {"step": step.code, "organ": str(step.organ_id), "outcome": given.outcome}
    if not passed:
        return await _send_back(tx, adjustment, refs)
    tx.append(event(adjustment, "adjustment.signed", refs=refs))
    if await procedures.advance(tx, adjustment, step):
        state = life.next_state(adjustment.state, Act.FINISH_SIGNING)
        await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state)
    else:
        await adjustments.save(tx.connection, adjustment.id, now=tx.now)
    return await find(tx, adjustment.id)


async def review(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Review) -> Adjustment:
    """The administrators of the lists, or an organ asked for its joint review, agree or return the submission.

    Of several that review beside one another all must agree; one that returns, returns for all.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.IllegalTransition
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "review", given.step_id)
    passed = given.outcome == "pass"
    rules.check_opinion(passed, given.opinion)
    opinions, late = await _opinions(tx, adjustment, step, given, passed)
    await procedures.close(
        tx, step, passed=passed, opinion=given.opinion, element_opinions=opinions, record=late or None
    )
    refs = refs_of(step, outcome=given.outcome, **late)
    return await go_on(tx, adjustment, step, passed, refs, given.correction_days)


async def legality(tx: Transaction, principal: Principal, adjustment_id: UUID, given: LegalityReview) -> Adjustment:
    """The legal office gives its verdict (ZL-51).

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.IllegalTransition
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "legality", given.step_id)
    passed = given.verdict in rules.PASSING_VERDICTS
    opinions, late = await _opinions(tx, adjustment, step, given, passed)
    record = {"verdict": given.verdict} | late
    await procedures.close(tx, step, passed=passed, opinion=given.opinion, element_opinions=opinions, record=record)
    refs = refs_of(step, verdict=given.verdict, **late)
    return await go_on(tx, adjustment, step, passed, refs, given.correction_days)


async def decide(tx: Transaction, principal: Principal, adjustment_id: UUID, given: DecisionAct) -> Adjustment:
    """The government decides: in effect at this instant, or at the one the adjustment names.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.IllegalTransition
    problems.Conflict
        Entries were changed meanwhile: nothing is applied, the adjustment is in `conflict` (this stays although the
        answer is an error) and the three values are told. Or an element is in dispute (`element_disputed`): it waits.
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "decide")
    passed = given.outcome == "approved"
    rules.check_opinion(passed, given.opinion)
    rules.check_decision_date(given.decision.date, tx.now.astimezone(clock.ZONE).date())
    record = given.decision.model_dump(mode="json")
    # Where the document lies is for the file of the case: it does not travel with events and publications.
    kept = await evidence.kept(tx, adjustment.id, "/document", given.document)
    document = {"document": kept} if kept else {}
    if not passed:
        await procedures.close(tx, step, passed=False, opinion=given.opinion, record=record | document)
        return await _send_back(tx, adjustment, {"step": step.code, "decision": record})
    await repository.lock_items(tx.connection, adjustment.id)
    refuse_locked(await disputes.locks(tx.connection, adjustment.id))
    found = await repository.conflicts(tx.connection, adjustment.id)
    if found:
        await _refuse_conflicts(tx, adjustment, found)
    await procedures.close(tx, step, passed=True, opinion=given.opinion, record=record | document)
    return await _take_effect(tx, adjustment, record)


async def _take_effect(tx: Transaction, adjustment: Adjustment, record: dict[str, Any]) -> Adjustment:
    """Note the decision and tell of it; what takes effect with it is announced in the same transaction.

    One write: the time from here to the last list is what everybody waits for.
    """
    act, effective_at = life.effect_of_decision(adjustment.effective_at, tx.now)
    noted: dict[str, Any] = {"state": life.next_state(adjustment.state, act), "decision": record, "decided_at": tx.now}
    decided = replace(adjustment, **noted, effective_at=effective_at, updated_at=tx.now)
    item_ids = await changes.item_ids(tx.connection, adjustment.id)
    refs = {"decision": record}
    cause = tx.append(event(decided, "adjustment.decided", item_ids=item_ids, refs=refs))
    announced = None
    if act is Act.DECIDE:
        announced = tx.append(event(decided, "adjustment.effective", item_ids=item_ids, refs=refs, cause=cause))
    version = await adjustments.save(
        tx.connection, adjustment.id, now=tx.now, **noted, effective_at=effective_at, effective_event_id=announced
    )
    return replace(decided, version=version)


async def _refuse_conflicts(tx: Transaction, adjustment: Adjustment, found: Sequence[dict[str, Any]]) -> None:
    state = life.next_state(adjustment.state, Act.CONFLICT)
    await repository.save_conflicts(tx.connection, adjustment.id)
    await procedures.stop(tx, adjustment.id)
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state)
    await tasks.open_for_conflicts(tx, [adjustment])
    names: dict[str, list[str]] = {}
    for row in found:
        names.setdefault(str(row["item_id"]), []).append(row["element"])
    items = [UUID(item) for item in names]
    refs = {"at": "decision", "conflicts": names}
    tx.append(event(adjustment, "adjustment.conflicted", item_ids=items, refs=refs))
    shown = ("item_id", "element", "base", "proposed", "current")
    raise problems.Conflict(
        f"审定时发现 {len(found)} 处要素已被其他调整改变，本次调整转为“存在冲突”，未作任何变更；"
        "请核对三方取值后重新起草（rebase）或撤回。",
        code="adjustment_conflict",
        errors=[
            problems.FieldError(
                f"/changes/{row['number']}/{row['element']}", "conflict", "现行值既非编制时所见也非拟改值"
            )
            for row in found[:100]
        ],
        extra={"conflicts": [{name: row[name] for name in shown} for row in found[:100]]},
        decided=True,
    )


async def step_for(
    tx: Transaction, principal: Principal, adjustment_id: UUID, act: str, step_id: UUID | None = None
) -> tuple[Adjustment, ReviewStep]:
    """The adjustment, locked, and the open step of the kind that the caller may close.

    Raises
    ------
    problems.Forbidden
        He compiled it (`own_compilation`), or such steps lie with others.
    problems.IllegalTransition, problems.Invalid
        No such step is open; or several are his and he did not say which.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    life.refuse_own(principal.account_id, adjustment.compiled_by)
    steps = await procedures.current_steps(tx, adjustment)
    chains = await places.chains_of(tx, {step.region_code for step in steps})

    def may_act(step: ReviewStep) -> bool:
        return principal.holds(step.role, region=chains[step.region_code], organ_id=step.organ_id)

    of_act = [step for step in steps if step.act == act]
    if of_act and not any(may_act(step) for step in of_act):
        principal.require(of_act[0].role, region=chains[of_act[0].region_code], organ_id=of_act[0].organ_id)
    life.next_state(adjustment.state, rules.ACT_OF_STEP[act])
    return adjustment, rules.step_to_close(steps, act, may_act, step_id)


async def _opinions(
    tx: Transaction, adjustment: Adjustment, step: ReviewStep, given: Review | LegalityReview, passed: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Opinions on elements as they are stored, and what of them is asked for later than it could have been."""
    named = [(opinion.item_id, opinion.element) for opinion in given.element_opinions]
    if named:
        rules.check_element_opinions(named, set(await changes.item_ids(tx.connection, adjustment.id)))
    late = {} if passed else await corrections.returned(tx, adjustment, step, named, given.late_reason)
    return [opinion.model_dump(mode="json") for opinion in given.element_opinions], late


def refs_of(step: ReviewStep, **more: Any) -> dict[str, Any]:
    """What an event tells of a step that was done."""
    organ = {"organ": str(step.organ_id)} if step.organ_id else {}
    return {"step": step.code, **organ, **more}


async def go_on(
    tx: Transaction,
    adjustment: Adjustment,
    step: ReviewStep,
    passed: bool,
    refs: dict[str, Any],
    correction_days: int | None = None,
) -> Adjustment:
    """Open what follows a passed step and tell of it, or send the adjustment back to those who compile it.

    Parameters
    ----------
    correction_days : how long these have, in working days; None: as long as usual.
    """
    if not passed:
        return await _send_back(tx, adjustment, refs, correction_days)
    await procedures.advance(tx, adjustment, step)
    await adjustments.save(tx.connection, adjustment.id, now=tx.now)
    tx.append(event(adjustment, "adjustment.reviewed", refs=refs))
    return await find(tx, adjustment.id)


async def _send_back(
    tx: Transaction, adjustment: Adjustment, refs: dict[str, Any], correction_days: int | None = None
) -> Adjustment:
    state = life.next_state(adjustment.state, Act.RETURN)
    await procedures.stop(tx, adjustment.id)
    await tasks.open_correction(tx, [adjustment], correction_days)
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state)
    tx.append(event(adjustment, "adjustment.returned", refs=refs))
    return await find(tx, adjustment.id)
