"""Use cases of candidates: what the cause of an adjustment concerns, and submissions that are silent on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.candidates import repository, rules
from services.workflow.candidates.rules import Candidate
from shared.ledger.transaction import Transaction


async def of(tx: Transaction, adjustment: Adjustment) -> list[Candidate]:
    """The candidates of an adjustment as its cause and its changes are now."""
    rule = rules.FOUND_BY.get(adjustment.trigger)
    return [] if rule is None else rules.by_entry(rule, await repository.found(tx.connection, adjustment, rule))


async def shown(tx: Transaction, adjustment: Adjustment) -> list[dict[str, Any]]:
    """The candidates with what became of them: covered by a change, answered, or neither."""
    found = await of(tx, adjustment)
    if not found:
        return []
    changed, added = await repository.covered(tx.connection, adjustment.id)
    answered = {(row.rule, row.entry_id): row for row in await repository.answers(tx.connection, adjustment.id)}
    return [_view(each, answered, covered=rules.is_covered(each, changed, added)) for each in found]


def _view(each: Candidate, answered: dict[tuple[str, UUID], Any], *, covered: bool) -> dict[str, Any]:
    answer = answered.get((each.rule, each.entry_id))
    said = {
        "answer": "covered" if covered else answer.answer if answer else None,
        "by_change": covered,
        "answer_reason": answer.reason if answer else None,
        "answered_by": answer.answered_by if answer else None,
        "answered_at": answer.answered_at if answer else None,
    }
    return vars(each) | said


async def to_be_answered(tx: Transaction, adjustment: Adjustment) -> list[dict[str, Any]]:
    """The candidates of causes that demand answers; of other causes none is looked for."""
    wanted = rules.FOUND_BY.get(adjustment.trigger) in rules.ANSWERED
    return await shown(tx, adjustment) if wanted else []


async def check(tx: Transaction, adjustment: Adjustment) -> None:
    """Hold back a submission while candidates that must be answered are not.

    Raises
    ------
    problems.Conflict
        Code `candidates_unanswered`.
    """
    waiting = {
        (each["rule"], each["entry_id"])
        for each in await to_be_answered(tx, adjustment)
        if each["required"] and each["answer"] is None
    }
    if waiting:
        found = await of(tx, adjustment)
        rules.refuse_unanswered([each for each in found if (each.rule, each.entry_id) in waiting])
