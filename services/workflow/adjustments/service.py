"""Use cases of adjustments: open, edit, submit, withdraw, rebase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.adjustments import repository, rules
from services.workflow.adjustments.rules import Act, Adjustment, State
from services.workflow.adjustments.schemas import AdjustmentHeader, NewAdjustment
from services.workflow.bindings import service as bindings
from services.workflow.changes import repository as changes_repository
from services.workflow.changes import service as changes
from services.workflow.procedures import service as procedures
from services.workflow.procedures.kinds import GRAVEST, kind_of
from services.workflow.register import repository as register_repository
from services.workflow.register import service as register
from services.workflow.register.repository import Organ
from services.workflow.submissions import readiness
from services.workflow.submissions import service as submissions
from services.workflow.submissions.repository import list_kinds as submitted_kinds
from services.workflow.submissions.rules import require_submitter
from services.workflow.tasks import service as tasks
from services.workflow.triggers.rules import check_reference
from shared import clock, problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def find(tx: Transaction, adjustment_id: UUID, *, lock: bool = False) -> Adjustment:
    """The adjustment; with `lock` for the rest of the transaction.

    Raises
    ------
    problems.NotFound
        There is none.
    """
    found = await repository.find(tx.connection, adjustment_id, lock=lock)
    if found is None:
        raise problems.NotFound("没有这项动态调整，请核对标识。", code="adjustment_not_found")
    return found


async def match(tx: Transaction, adjustment_id: UUID, given: str | None) -> None:
    """Hold a caller who names the version he acts on to it; acts may also be done without.

    Raises
    ------
    problems.NotFound, problems.PreconditionFailed
    """
    if given is not None:
        require_match(given, (await find(tx, adjustment_id, lock=True)).version)


def event(
    adjustment: Adjustment,
    type_: str,
    *,
    item_ids: Sequence[UUID] = (),
    refs: dict[str, Any] | None = None,
    cause: UUID | None = None,
) -> NewEvent:
    """An event of the adjustment: with reason and legal basis, since every change names them (promise 8)."""
    return NewEvent(
        type=type_,
        region_code=adjustment.region_code,
        item_ids=item_ids,
        adjustment_id=adjustment.id,
        effective_at=adjustment.effective_at,
        cause_id=cause,
        reason=adjustment.reason,
        legal_basis=adjustment.legal_basis,
        refs=refs or {},
    )


async def open_adjustment(
    tx: Transaction, principal: Principal, given: NewAdjustment
) -> tuple[Adjustment, list[dict[str, Any]], list[dict[str, Any]]]:
    """Open an adjustment; returns it, its changes, and other open adjustments on the same entries.

    Raises
    ------
    problems.Forbidden
        The caller does not compile for the leading organ, or a change is not his to make.
    problems.Invalid, problems.Conflict
        As for the header and for each change.
    """
    organ = (await register.organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id]
    register.require_compiler(principal, organ)
    await register.organs_of(tx, given.participants, "/participants")
    region_code = _region(organ, given.region_code)
    today = tx.now.astimezone(clock.ZONE).date()
    rules.check_effective_at(given.effective_at, tx.now)
    rules.check_trigger_date(given.trigger_date, today)
    adjustment_id = new_id()
    running = await repository.next_number(tx.connection)
    values = _header(given, today) | {
        "id": adjustment_id,
        "number": f"TZ-{today.year}-{running:06d}",
        "region_code": region_code,
        "organ_id": organ.id,
        "state": State.DRAFT,
        "compiled_by": [str(principal.account_id)],
        "created_by": principal.actor,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await repository.create(tx.connection, values)
    adjustment = await find(tx, adjustment_id)
    stored: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    if given.changes:
        stored, others = await changes.add(
            tx, principal, adjustment, given.changes, confirm_overlap=given.confirm_overlap
        )
    tx.append(event(adjustment, "adjustment.opened", item_ids=[change["item_id"] for change in stored]))
    return adjustment, stored, others


def _region(organ: Organ, wanted: str | None) -> str:
    if wanted is None:
        return organ.region_code
    if wanted not in organ.region_chain:
        message = f"须为“{organ.name}”所在区划或其上级区划"
        place = problems.FieldError("/region_code", "other_region", message)
        raise problems.Invalid("区划与牵头单位不符。", errors=[place])
    return wanted


def _header(given: AdjustmentHeader, today: date) -> dict[str, Any]:
    check_reference(given.trigger, given.trigger_reference)
    return {
        "title": given.title,
        "trigger": given.trigger.value,
        "trigger_reference": given.trigger_reference,
        "trigger_date": given.trigger_date or today,
        "legal_basis": given.legal_basis,
        "reason": given.reason,
        "effective_at": given.effective_at,
        "transitional_rule": given.transitional_rule,
        "participants": list(dict.fromkeys(given.participants)),
    }


async def editable(tx: Transaction, adjustment_id: UUID) -> Adjustment:
    """The adjustment, locked, while its content may be changed.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    rules.next_state(adjustment.state, Act.EDIT)
    return adjustment


async def note_edit(tx: Transaction, principal: Principal, adjustment: Adjustment, item_ids: Sequence[UUID]) -> int:
    """Remember who had a hand in the content and tell of it; returns the new version."""
    version = await repository.touch(tx.connection, adjustment.id, principal.account_id, tx.now)
    tx.append(event(adjustment, "adjustment.changed", item_ids=item_ids))
    return version


async def edit(tx: Transaction, principal: Principal, adjustment: Adjustment, given: AdjustmentHeader) -> Adjustment:
    """Change what an editable adjustment says about itself.

    Raises
    ------
    problems.Conflict
        A participant that is to go has changes in it.
    """
    await _require_lead(tx, principal, adjustment)
    await register.organs_of(tx, given.participants, "/participants")
    rules.check_effective_at(given.effective_at, tx.now)
    today = tx.now.astimezone(clock.ZONE).date()
    rules.check_trigger_date(given.trigger_date, today)
    staying = {adjustment.organ_id, *given.participants}
    leaving = await changes_repository.organ_ids(tx.connection, adjustment.id) - staying
    leaving_organs = await register_repository.organs(tx.connection, leaving)
    if any(organ.supervising_organ_id not in staying for organ in leaving_organs.values()):
        raise problems.Conflict("要移除的参与单位仍有变更事项，请先删除这些变更。", code="participant_has_changes")
    header = _header(given, adjustment.trigger_date or today)
    await repository.save(tx.connection, adjustment.id, now=tx.now, **header)
    await tasks.void_replies(tx, adjustment.id, still_asked=staying)
    await note_edit(tx, principal, adjustment, [])
    return await find(tx, adjustment.id)


async def _require_lead(tx: Transaction, principal: Principal, adjustment: Adjustment) -> Organ:
    organ = (await register.organs_of(tx, [adjustment.organ_id], "/organ_id"))[adjustment.organ_id]
    register.require_compiler(principal, organ)
    return organ


async def submit(tx: Transaction, principal: Principal, adjustment_id: UUID, *, paper_copy: bool = False) -> Adjustment:
    """Hand an adjustment over for checking; the catalog answers, then the principals sign.

    Parameters
    ----------
    paper_copy : one follows (ZL-44).

    Raises
    ------
    problems.Forbidden
        The caller does not compile for the leading organ, or that submits through its department.
    problems.IllegalTransition
        It is not with those who compile it.
    problems.Conflict
        Empty, its instant of effect has passed, materials nobody argued for, an element in dispute, or a reply awaited.
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    organ = await _require_lead(tx, principal, adjustment)
    require_submitter(principal, organ)
    state = rules.next_state(adjustment.state, Act.SUBMIT)
    item_ids = await changes_repository.item_ids(tx.connection, adjustment.id)
    if not item_ids:
        raise problems.Conflict("动态调整中还没有变更事项，请先添加后再提交。", code="empty_adjustment")
    if adjustment.effective_at is not None and adjustment.effective_at <= tx.now:
        raise problems.Conflict("所定生效时间已过，请修改生效时间或留空（随审定生效）。", code="effective_at_passed")
    operations = await changes_repository.operations(tx.connection, adjustment.id)
    await readiness.check(tx, adjustment, operations)
    submission, fixed = adjustment.submission + 1, await _procedure(tx, adjustment, operations)
    await repository.touch(tx.connection, adjustment.id, principal.account_id, tx.now)
    await repository.save(tx.connection, adjustment.id, now=tx.now, state=state, submission=submission, **fixed)
    await tasks.note_submission(tx, adjustment.id)
    receipt = await submissions.record(tx, principal, adjustment, organ, submission, paper_copy=paper_copy)
    submitted = await find(tx, adjustment.id)
    refs = {
        "submission": submission, "kind": submitted.kind, "procedure": submitted.procedure_code,
        "submitted_at": tx.now.isoformat(), "receipt": receipt,
    }  # fmt: skip
    tx.append(event(adjustment, "adjustment.submitted", item_ids=item_ids, refs=refs))
    return submitted


async def _procedure(tx: Transaction, adjustment: Adjustment, operations: list[str]) -> dict[str, Any]:
    """The procedure a submission passes: by its kind, and as before when it does the same as before.

    Who corrects a returned submission passes the procedure he knows, even when another one is bound meanwhile; who
    does something else to entries, or turns to other lists, passes what holds now.
    """
    lists = await changes_repository.list_kinds(tx.connection, adjustment.id)
    before = await submitted_kinds(tx.connection, adjustment.id, adjustment.submission)
    again = operations == adjustment.operations and set(lists) <= set(before)
    if again and adjustment.procedure_code is not None:
        return {}
    template = await bindings.procedure_for(tx, adjustment.region_code, kind_of(operations) or GRAVEST, lists)
    fixed: dict[str, Any] = {"procedure_code": template.code, "procedure_version": template.version}
    return fixed | {"minor": False, "operations": operations}


async def withdraw(tx: Transaction, principal: Principal, adjustment_id: UUID, reason: str) -> Adjustment:
    """Take an adjustment back for good, as long as it is not decided.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await _require_lead(tx, principal, adjustment)
    state = rules.next_state(adjustment.state, Act.WITHDRAW)
    await repository.save(tx.connection, adjustment.id, now=tx.now, state=state)
    await procedures.stop(tx, adjustment.id)
    await tasks.close_correction(tx, adjustment.id, state="void")
    tx.append(event(adjustment, "adjustment.withdrawn", refs={"reason": reason}))
    return await find(tx, adjustment.id)


async def rebase(tx: Transaction, principal: Principal, adjustment_id: UUID) -> Adjustment:
    """Start again from what stands in the catalog now: the answer to a conflict. Back to draft.

    What was applied already stays applied and is not submitted again.

    Raises
    ------
    problems.Forbidden, problems.IllegalTransition
    """
    adjustment = await find(tx, adjustment_id, lock=True)
    await _require_lead(tx, principal, adjustment)
    state = rules.next_state(adjustment.state, Act.REBASE)
    await changes_repository.rebase(tx.connection, adjustment.id)
    cleared: dict[str, Any] = {}
    if adjustment.state is State.CONFLICT:
        cleared = {"decision": None, "decided_at": None, "published_at": None, "filed_at": None}
        # What followed the first decision ends with it: the next one is published and filed for all of it.
        await procedures.stop(tx, adjustment.id)
    if adjustment.effective_at is not None and adjustment.effective_at <= tx.now:
        cleared |= {"effective_at": None}
    await repository.save(tx.connection, adjustment.id, now=tx.now, state=state, **cleared)
    await tasks.close_conflict(tx, adjustment.id)
    item_ids = await changes_repository.item_ids(tx.connection, adjustment.id)
    await note_edit(tx, principal, adjustment, item_ids)
    return await find(tx, adjustment.id)
