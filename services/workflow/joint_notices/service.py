"""Use cases of notices: the lead gives one, the others answer (TH-18)."""

from __future__ import annotations

from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import editable, event
from services.workflow.clocks.rules import Limit, LimitUnit
from services.workflow.joint_notices import repository, rules
from services.workflow.joint_notices.schemas import JointNotices, NewJointNotice, NewJointReply
from services.workflow.register import repository as register
from services.workflow.register import service as organs
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def give(tx: Transaction, principal: Principal, adjustment_id: UUID, given: NewJointNotice) -> Adjustment:
    """Ask the organs that take part; each has a task with a clock.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    problems.Forbidden
        The caller does not compile for the lead.
    problems.Invalid, problems.Conflict
        An organ that does not take part; nobody does.
    """
    adjustment = await editable(tx, adjustment_id)
    lead = (await organs.organs_of(tx, [adjustment.organ_id], "/organ_id"))[adjustment.organ_id]
    organs.require_compiler(principal, lead)
    asked = rules.asked(adjustment.participants, adjustment.organ_id, given.organ_ids)
    notice_id, replies = new_id(), [new_id() for _ in asked]
    places = await register.places(tx.connection, [(adjustment.region_code, organ) for organ in asked])
    rows = [
        {
            "id": reply, "kind": "reply", "region_code": places[adjustment.region_code, organ], "organ_id": organ,
            "role": "compiler", "title": f"答复牵头单位：{adjustment.title}（{adjustment.number}）",
            "subject": f"reply/{reply}", "adjustment_id": adjustment.id, "due_at": None,
        }
        for reply, organ in zip(replies, asked, strict=True)
    ]  # fmt: skip
    limit = Limit(given.limit_days, LimitUnit.WORKING_DAY)
    await tasks.open_tasks(tx, "reply", rows, [(row, limit) for row in rows])
    values = {
        "id": notice_id, "adjustment_id": adjustment.id, "organ_id": adjustment.organ_id, "content": given.content,
        "organ_ids": asked, "limit_days": given.limit_days, "given_by": tx.actor, "given_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, values, replies)
    refs = {"notice": str(notice_id), "organs": [str(organ) for organ in asked], "limit_days": given.limit_days}
    tx.append(event(adjustment, "joint_notice.given", refs=refs))
    return adjustment


async def reply(tx: Transaction, principal: Principal, notice_id: UUID, given: NewJointReply) -> Adjustment:
    """An organ answers, also after its day: that it is late stays visible.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid, problems.Conflict
    problems.IllegalTransition
        The lead has submitted: what is said now is said in the review.
    """
    notice = await repository.find(tx.connection, notice_id)
    if notice is None:
        raise problems.NotFound("没有这项通知，请核对标识。", code="notice_not_found")
    adjustment = await editable(tx, notice.adjustment_id)
    found = await repository.replies(tx.connection, adjustment.id)
    asked = [one for one in found if one.notice_id == notice_id]
    known = await register.organs(tx.connection, [one.organ_id for one in asked])
    mine = {
        organ.id
        for organ in known.values()
        for role in ("compiler", "principal")
        if principal.holds(role, region=organ.region_chain, organ_id=organ.id)
    }
    chosen = rules.reply_of(asked, mine, given.organ_id)
    await repository.answer(
        tx.connection, chosen.id, outcome=given.outcome, opinion=given.opinion, actor=tx.actor, now=tx.now
    )
    subjects = [f"reply/{chosen.id}"]
    closed = await stored_tasks.close(tx.connection, "reply", subjects, state="done", actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, "reply", closed)
    refs = {"notice": str(notice_id), "organ": str(chosen.organ_id), "outcome": given.outcome}
    tx.append(event(adjustment, "joint_notice.answered", refs=refs))
    return adjustment


async def told(tx: Transaction, adjustment: Adjustment) -> JointNotices:
    """The notices of an adjustment with the replies to each."""
    replies = await repository.replies(tx.connection, adjustment.id)
    shown = [
        (one.notice_id, dict(one) | {"state": state, "state_title": rules.STATES[state]})
        for one in replies
        for state in [rules.state_of(one, tx.now)]
    ]
    given = await repository.of_adjustment(tx.connection, adjustment.id)
    items = [dict(row) | {"replies": [one for notice, one in shown if notice == row.id]} for row in given]
    return JointNotices.model_validate({"items": items})
