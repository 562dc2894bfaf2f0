"""The use case of answering for candidates while an adjustment is compiled."""

from __future__ import annotations

from uuid import UUID

from services.workflow.adjustments.service import editable, note_edit
from services.workflow.candidates import repository, rules, service
from services.workflow.candidates.schemas import NewAnswers
from services.workflow.register import repository as register
from services.workflow.register.service import may_compile
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def answer(tx: Transaction, principal: Principal, adjustment_id: UUID, given: NewAnswers) -> int:
    """Say of candidates of an editable adjustment that they are covered elsewhere, or why not; its new version.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    problems.Forbidden
        The caller compiles for none of the organs that take part.
    problems.Invalid
        No such candidate.
    """
    adjustment = await editable(tx, adjustment_id)
    organs = await register.organs(tx.connection, adjustment.organs)
    if not any(may_compile(principal, organ) for organ in organs.values()):
        raise problems.Forbidden("只有牵头或参与单位的编制人员可以答复候选事项。", code="not_compiler")
    known = {(each.rule, each.entry_id) for each in await service.of(tx, adjustment)}
    wrong = list(rules.unknown_answers([(each.rule, each.entry_id) for each in given.answers], known))
    if wrong:
        raise problems.Invalid(f"有 {len(wrong)} 个答复有误，请按提示修改。", errors=wrong)
    rows = [each.model_dump() for each in given.answers]
    await repository.save(tx.connection, adjustment.id, rows, actor=principal.actor, now=tx.now)
    return await note_edit(tx, principal, adjustment, [])
