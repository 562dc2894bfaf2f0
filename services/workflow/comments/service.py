"""Use cases of public comment: open a period, answer, summarise."""

from __future__ import annotations

from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import event
from services.workflow.comments import repository, rules
from services.workflow.comments.schemas import Answers, NewPeriod, Summary
from services.workflow.decisions.service import go_on, refs_of, step_for
from services.workflow.preparations.rules import check_omission
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def open_period(tx: Transaction, principal: Principal, adjustment_id: UUID, given: NewPeriod) -> Row:
    """Ask the public, from now to the end of the last day.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition
    problems.Invalid
        Fewer days than the procedure gives the public.
    problems.Conflict
        It has been asked already; code `period_exists`.
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "comment", given.step_id)
    rules.check_days(given.days, step)
    if await repository.period(tx.connection, step.id) is not None:
        raise problems.Conflict("本环节已公开征求意见，不能重复发起。", code="period_exists")
    closing = rules.closes_at(tx.now.astimezone(clock.ZONE).date(), given.days)
    await repository.open_period(
        tx.connection,
        given.model_dump(mode="json", include={"title", "explanation", "documents"}, exclude_none=True)
        | {
            "id": step.id,
            "adjustment_id": adjustment.id,
            "region_code": adjustment.region_code,
            "opens_at": tx.now,
            "closes_at": closing,
            "opened_by": principal.actor,
        },
    )
    refs = {"period": str(step.id), "closes_at": closing.isoformat()}
    tx.append(event(adjustment, "comment_period.opened", refs=refs))
    return await _period(tx, step)


async def answer(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Answers) -> Row:
    """Answer comments, each once, all of these or none.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition, problems.Invalid, problems.Conflict
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "comment", given.step_id)
    await _period(tx, step)
    ids = [each.comment_id for each in given.answers]
    rules.check_answers(ids, await repository.concerned(tx.connection, step.id, ids))
    rows = [each.model_dump(mode="json") for each in given.answers]
    await repository.answer(tx.connection, step.id, rows, actor=principal.actor, now=tx.now)
    refs = {"period": str(step.id), "comments": [str(id_) for id_ in ids]}
    tx.append(event(adjustment, "public_comment.answered", refs=refs))
    return await _period(tx, step)


async def summarise(tx: Transaction, principal: Principal, adjustment_id: UUID, given: Summary) -> Adjustment:
    """Publish what came of it, and go on or back; or say why nobody was asked, where that is allowed.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition, problems.Invalid
    problems.Conflict
        Nobody has been asked, the period is not over, or comments are without an answer.
    """
    adjustment, step = await step_for(tx, principal, adjustment_id, "comment", given.step_id)
    if given.outcome == "omitted":
        return await _omit(tx, adjustment, step, given.summary)
    period = await _period(tx, step)
    rules.check_concluded(period.closes_at, tx.now, period.comments["waiting"])
    await repository.summarise(
        tx.connection, step.id, outcome=given.outcome, summary=given.summary, actor=principal.actor, now=tx.now
    )
    tx.append(event(adjustment, "comment_period.summarised", refs={"period": str(step.id), **period.comments}))
    record = {"outcome": given.outcome, "comments": period.comments, "closed_at": period.closes_at.isoformat()}
    passed = given.outcome == "pass"
    await procedures.close(tx, step, passed=passed, opinion=given.summary, record=record)
    return await go_on(tx, adjustment, step, passed, refs_of(step, outcome=given.outcome))


async def _omit(tx: Transaction, adjustment: Adjustment, step: ReviewStep, why: str) -> Adjustment:
    check_omission(step)
    if await repository.period(tx.connection, step.id) is not None:
        raise problems.Conflict("已公开征求意见的，不能再省略，请在截止后总结。", code="period_exists")
    await procedures.close(tx, step, passed=True, opinion=why, record={"outcome": "omitted"})
    return await go_on(tx, adjustment, step, True, refs_of(step, outcome="omitted"))


async def _period(tx: Transaction, step: ReviewStep) -> Row:
    found = await repository.period(tx.connection, step.id)
    if found is None:
        raise problems.Conflict("尚未公开征求意见，请先发起（comment-period）。", code="no_period")
    return found
