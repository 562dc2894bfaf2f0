"""The use case of related work: a department reports what it has put right."""

from __future__ import annotations

from uuid import UUID

from services.workflow.adjustments.reading import find
from services.workflow.adjustments.service import event
from services.workflow.attachments import evidence
from services.workflow.register.service import organs_of, require_compiler
from services.workflow.related import repository
from services.workflow.related.consumers import KIND, subject
from services.workflow.related.schemas import RelatedWorkReport
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def report(tx: Transaction, principal: Principal, adjustment_id: UUID, given: RelatedWorkReport) -> None:
    """Record what a department has put right, and close its task; the same again changes nothing.

    Raises
    ------
    problems.NotFound
        No such adjustment, or it leaves nothing to the department.
    problems.Forbidden
        The caller does not compile for the department.
    problems.Conflict
        Code `already_reported`: it has reported something else.
    """
    adjustment = await find(tx, principal, adjustment_id)
    require_compiler(principal, (await organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id])
    found = await repository.find(tx.connection, adjustment.id, given.organ_id)
    if found is None:
        raise problems.NotFound("该调整尚未公布，或没有该单位需对照调整的工作。", code="related_work_not_found")
    if found.reported_at is not None:
        if found.report == given.report:
            return
        raise problems.Conflict("该单位已报告相关工作的调整情况，不能更改。", code="already_reported")
    kept = await evidence.kept(tx, adjustment.id, "/evidence", given.evidence)
    await repository.report(
        tx.connection, adjustment.id, given.organ_id, said=given.report, evidence=kept, actor=tx.actor, now=tx.now
    )
    subjects = [subject(adjustment.id, given.organ_id)]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state="done", actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)
    tx.append(event(adjustment, "related_work.reported", refs={"organ": str(given.organ_id)}))
