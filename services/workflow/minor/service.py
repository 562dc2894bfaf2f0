"""Use cases of minor changes: free elements from review, hand in what needs none, let it take effect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments import rules as life
from services.workflow.adjustments.rules import Act, Adjustment
from services.workflow.adjustments.service import event, find
from services.workflow.changes import repository as changes
from services.workflow.minor import repository, rules
from services.workflow.minor.schemas import NewMinorElements
from services.workflow.register import repository as register
from services.workflow.register.service import chain_of, organs_of, require_compiler
from services.workflow.submissions import readiness
from services.workflow.submissions import service as submissions
from services.workflow.submissions.rules import require_submitter
from services.workflow.tasks import service as tasks
from shared import clock, problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


def _today(tx: Transaction) -> date:
    return tx.now.astimezone(clock.ZONE).date()


async def free(tx: Transaction, principal: Principal, given: NewMinorElements) -> list[UUID]:
    """Free elements from review in a region and below.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.Invalid
    """
    chain = await chain_of(tx, given.region_code)
    principal.require("administrator", region=chain)
    rules.check_elements(given.elements)
    first = given.valid_from or _today(tx)
    rules.check_period(first, given.valid_to, _today(tx))
    rows = [{"id": new_id(), "element": element} for element in dict.fromkeys(given.elements)]
    values = {"region": given.region_code, "list_kind": given.list_kind, "valid_from": first}
    values |= {"valid_to": given.valid_to, "source": given.source}
    await repository.add(tx.connection, rows, values, actor=principal.actor, now=tx.now)
    refs = {"elements": [row["element"] for row in rows], "list_kind": given.list_kind}
    tx.append(NewEvent(type="minor_element.added", region_code=given.region_code, refs=refs))
    return [row["id"] for row in rows if isinstance(row["id"], UUID)]


async def end(tx: Transaction, principal: Principal, id_: UUID, last_day: date) -> str:
    """Let a permission end with a day, today at the earliest; returns its region.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    """
    found = await repository.find(tx.connection, id_)
    if found is None:
        raise problems.NotFound("没有这项微调规定，请核对标识。", code="minor_element_not_found")
    principal.require("administrator", region=await chain_of(tx, found.region_code))
    rules.check_period(_today(tx), last_day, _today(tx))
    await repository.end(tx.connection, id_, last_day)
    refs = {"elements": [found.element], "list_kind": found.list_kind, "last_day": last_day.isoformat()}
    tx.append(NewEvent(type="minor_element.ended", region_code=found.region_code, refs=refs))
    return str(found.region_code)


async def submit(tx: Transaction, principal: Principal, adjustment_id: UUID) -> Adjustment:
    """Hand in an adjustment of which nothing needs review: once the catalog has checked it, it takes effect.

    Raises
    ------
    problems.Forbidden
        The caller does not compile for the leading organ, or that submits through its department.
    problems.IllegalTransition
    problems.Conflict
        Something in it needs review (`needs_review`, every place by pointer), or it is empty or not ready.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    organ = (await organs_of(tx, [adjustment.organ_id], "/organ_id"))[adjustment.organ_id]
    require_compiler(principal, organ)
    require_submitter(principal, organ)
    state = life.next_state(adjustment.state, Act.SUBMIT)
    changed = [row for row in await changes.changes_of(tx.connection, adjustment.id) if row["outcome"] != "applied"]
    if not changed:
        raise problems.Conflict("动态调整中还没有变更事项，请先添加后再提交。", code="empty_adjustment")
    await _refuse_reviewed(tx, adjustment, changed)
    operations = await changes.operations(tx.connection, adjustment.id)
    await readiness.check(tx, adjustment, operations)
    number = adjustment.submission + 1
    await adjustments.touch(tx.connection, adjustment.id, principal.account_id, tx.now)
    fixed = {"operations": operations, "procedure_code": None, "procedure_version": None, "minor": True}
    await adjustments.save(tx.connection, adjustment.id, now=tx.now, state=state, submission=number, **fixed)
    await tasks.note_submission(tx, adjustment.id)
    receipt = await submissions.record(tx, principal, adjustment, organ, number, paper_copy=False)
    refs = {"submission": number, "kind": "modify", "procedure": None, "minor": True, "receipt": receipt}
    tx.append(event(adjustment, "adjustment.submitted", item_ids=[row["item_id"] for row in changed], refs=refs))
    return await find(tx, adjustment.id)


async def _refuse_reviewed(tx: Transaction, adjustment: Adjustment, changed: Sequence[dict[str, object]]) -> None:
    chain = await chain_of(tx, adjustment.region_code)
    freed = await repository.in_force(tx.connection, chain, _today(tx))
    lists = await register.lists(tx.connection, {row["list_id"] for row in changed if isinstance(row["list_id"], UUID)})
    kinds = {id_: each.kind for id_, each in lists.items()}
    errors = list(rules.reviewed(changed, kinds, {(row.list_kind, row.element) for row in freed}))
    if errors:
        message = f"有 {len(errors)} 处变更不属于本区划规定的微调，请按审核程序提交。"
        raise problems.Conflict(message, code="needs_review", errors=errors[:100])


async def take_effect(tx: Transaction, checked: Sequence[Adjustment]) -> None:
    """The catalog found nothing against these: decided by the region's rule, announced by the scheduler."""
    by_id = {each.id: each for each in checked if life.next_state(each.state, Act.PASS_MINOR)}
    if not by_id:
        return
    decided = await repository.decide(tx.connection, list(by_id), meeting=rules.MEETING, day=_today(tx), now=tx.now)
    for row in decided:
        refs = {"decision": row.decision, "minor": True}
        tx.append(event(by_id[row.id], "adjustment.decided", item_ids=row.item_ids, refs=refs))
