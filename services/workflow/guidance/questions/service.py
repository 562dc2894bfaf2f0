"""Use cases of questions: ask the counterpart above, answer, ask on, close."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.campaigns import repository as campaigns
from services.workflow.campaigns.access import OVERSEEING
from services.workflow.clocks import service as clocks
from services.workflow.guidance.questions import repository, rules
from services.workflow.guidance.questions.repository import Asker
from services.workflow.guidance.questions.rules import KIND
from services.workflow.guidance.questions.schemas import Answer, NewQuestion, QuestionView, view
from services.workflow.obligations.papers.service import SPEAKING
from services.workflow.register import service as register
from services.workflow.reports.issues import repository as issues
from services.workflow.reports.repository import Overseer
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row


def asker_of(principal: Principal) -> Asker:
    """Who reads questions: from the grants of a person."""
    return Asker(Overseer.of(principal, OVERSEEING), tuple(sorted({grant.region_code for grant in principal.grants})))


async def ask(tx: Transaction, principal: Principal, given: NewQuestion) -> Row:
    """Ask the counterpart above, which has to answer within the limit (QX-58, HB-39).

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        There is no such organ, list, entry or kind, or nobody above to ask.
    """
    organ = (await register.organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id]
    await _require_speaker(tx, principal, organ.region_code, organ.id)
    kind = await _kind_of(tx, given)
    asked = await repository.counterpart(tx.connection, organ.id, given.asked_organ_id)
    if asked is None:
        message = (
            "上级没有同一条线的机构，请指明咨询的上级机构"
            if given.asked_organ_id is None
            else "该机构不在本单位的上级区划"
        )
        place = FieldError("/asked_organ_id", "no_counterpart", message)
        raise problems.Invalid("没有可以咨询的上级机构。", code="no_counterpart", errors=[place])
    due = await calendars.due_for(tx, asked.region_code, rules.LIMIT, tx.now)
    values = given.model_dump() | {
        "id": new_id(), "region_code": organ.region_code, "asked_region": asked.region_code,
        "asked_organ_id": asked.id, "list_kind": kind, "due_at": due.at, "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    await repository.insert(tx.connection, values)
    await repository.say(tx.connection, values["id"], "question", organ.id, given.content, actor=tx.actor, now=tx.now)
    await _open_task(tx, values)
    row = await find(tx, principal, values["id"])
    _tell(tx, row, "guidance_question.asked")
    return row


async def answer(tx: Transaction, principal: Principal, question_id: UUID, given: Answer, if_match: str | None) -> Row:
    """Answer what those below ask: by the organ that is asked; again to add to it.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.Conflict, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, question_id, "answer", if_match)
    await _say(tx, row, "answer", row.asked_organ_id, given.content)
    first = row.answered_at if row.state == "answered" else tx.now
    moved = {"state": "answered", "shared": given.shared or row.shared, "answered_at": first}
    await repository.move(tx.connection, dict(row) | moved)
    await _close_task(tx, question_id, "done")
    return await _told(tx, principal, question_id, "guidance_question.answered")


async def follow_up(
    tx: Transaction, principal: Principal, question_id: UUID, content: str, if_match: str | None
) -> Row:
    """Ask on: it has to be answered again, within the limit from now.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.Conflict, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, question_id, "follow_up", if_match)
    await _say(tx, row, "follow_up", row.organ_id, content)
    due = await calendars.due_for(tx, row.asked_region, rules.LIMIT, tx.now)
    again = dict(row) | {"state": "open", "due_at": due.at, "answered_at": None}
    await repository.move(tx.connection, again)
    await _open_task(tx, again)
    return await _told(tx, principal, question_id, "guidance_question.reopened")


async def close(tx: Transaction, principal: Principal, question_id: UUID, if_match: str | None) -> Row:
    """It is clear now, or need not be answered any more: by the organ that asked.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, question_id, "close", if_match)
    await repository.move(tx.connection, dict(row) | {"state": "closed"})
    await _close_task(tx, question_id, "void")
    return await _told(tx, principal, question_id, "guidance_question.closed")


async def find(tx: Transaction, principal: Principal, question_id: UUID) -> Row:
    """A question the caller may read.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, question_id, asker_of(principal))
    if found is None:
        raise problems.NotFound("没有这条咨询，或不在您的职责范围内。", code="question_not_found")
    return found


async def shown(tx: Transaction, row: Row) -> QuestionView:
    """A question with its thread, as far as the caller may read it."""
    return view(row, await repository.messages(tx.connection, row.id), tx.now)


async def _hold(tx: Transaction, principal: Principal, question_id: UUID, act: str, if_match: str | None) -> Row:
    await repository.lock(tx.connection, question_id)
    row = await find(tx, principal, question_id)
    if if_match is not None:
        require_match(if_match, row.version)
    rules.require(row, act)
    await _require_speaker(tx, principal, *rules.speaker(row, act))
    return row


async def _require_speaker(tx: Transaction, principal: Principal, region_code: str, organ_id: UUID) -> None:
    chain = await register.chain_of(tx, region_code)
    if not any(principal.holds(role, region=chain, organ_id=organ_id) for role in SPEAKING):
        principal.require(SPEAKING[0], region=chain, organ_id=organ_id, detail="只能由该单位的人员办理。")


async def _kind_of(tx: Transaction, given: NewQuestion) -> str | None:
    errors = []
    about = await issues.about(tx.connection, given.list_id, given.item_id) if given.list_id else None
    if given.list_id and about is None:
        errors.append(FieldError("/list_id", "list_unknown", f"没有标识为 {given.list_id} 的清单"))
    if given.item_id and (about is None or about.item_id is None):
        errors.append(FieldError("/item_id", "item_unknown", "该清单没有此事项；请同时填写所属清单（list_id）"))
    kind = given.list_kind or (about.kind if about else None)
    if kind and kind not in await campaigns.known_kinds(tx.connection, [kind]):
        errors.append(FieldError("/list_kind", "kind_unknown", f"没有清单类型“{kind}”，请核对代码"))
    if errors:
        raise problems.Invalid("所涉清单有误。", code=errors[0].code, errors=errors)
    return kind


async def _say(tx: Transaction, row: Row, act: str, organ_id: UUID, content: str) -> None:
    await repository.say(tx.connection, row.id, act, organ_id, content, actor=tx.actor, now=tx.now)


async def _open_task(tx: Transaction, question: dict[str, Any]) -> None:
    task = rules.task(question)
    await tasks.open_tasks(tx, KIND, [task], [(task, clocks.fixed(task["due_at"]))])


async def _close_task(tx: Transaction, question_id: UUID, state: str) -> None:
    subjects = [rules.subject_of(question_id)]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)


async def _told(tx: Transaction, principal: Principal, question_id: UUID, type_: str) -> Row:
    row = await find(tx, principal, question_id)
    _tell(tx, row, type_)
    return row


def _tell(tx: Transaction, row: Row, type_: str) -> None:
    refs = {"question": str(row.id), "asked_organ": str(row.asked_organ_id)}
    tx.append(
        NewEvent(type=type_, region_code=row.region_code, list_kind=row.list_kind, list_id=row.list_id, refs=refs)
    )
