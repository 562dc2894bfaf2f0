"""Use cases of complaints: taken from their channels, laid before the organ with a limit, answered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks.rules import due
from services.workflow.complaints import repository, rules
from services.workflow.complaints.schemas import NewComplaint, NewComplaintAnswer
from services.workflow.oversight import repository as oversight
from services.workflow.oversight.rules import may_read, require_reader, require_supervisor
from services.workflow.register import service as register
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import COMPLAINTS
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "complaint"


async def take(tx: Transaction, who: Principal, given: NewComplaint) -> Row:
    """Take a complaint and lay it before its organ, or before the region's reviewer where none is named.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.Invalid
    problems.Conflict
        The source has told of it already; `complaint` is its id.
    """
    chain = await register.chain_of(tx, given.region_code)
    await _require_channel(tx, who, chain, given)
    organ_id = await _about(tx, chain, given)
    received_at = min(given.received_at or tx.now, tx.now)
    values = given.model_dump(include={"source", "reference", "item_id", "suspect_id", "subject", "rating", "text"})
    values |= {"id": new_id(), "region_code": chain[0], "organ_id": organ_id, "received_at": received_at}
    if not await lay_before(tx, [values], who.actor):
        known = await repository.known(tx.connection, chain[0], given.source, str(given.reference))
        raise problems.Conflict("该来源的这一编号已登记。", code="complaint_known", extra={"complaint": str(known)})
    return await get(tx, who, values["id"])


async def lay_before(tx: Transaction, given: Sequence[Mapping[str, Any]], actor: str) -> set[UUID]:
    """Keep complaints and lay each before its organ, or the region's reviewer, with the limit of its source.

    Parameters
    ----------
    given : {"id", "source", "reference", "region_code", "organ_id", "item_id", "suspect_id", "subject", "rating",
        "text", "received_at"}

    Returns the ids of those that are new.
    """
    regions = {each["region_code"] for each in given}
    held = await oversight.settings(tx.connection, regions)
    known = await calendars.of_regions(tx, regions)
    limits = [held[each["region_code"]].limit(each["source"]) for each in given]
    rows = [
        dict(each) | {"due_at": due(limit, each["received_at"], [], 0, calendar_of(known[each["region_code"]])).at}
        for each, limit in zip(given, limits, strict=True)
    ]
    new = await repository.add(tx.connection, rows, actor)
    timed = [(_task(row), limit) for row, limit in zip(rows, limits, strict=True) if row["id"] in new]
    for row in rows:
        if row["id"] in new:
            tx.append(_event("complaint.received", row))
    await tasks.open_tasks(tx, KIND, [task for task, _ in timed], timed)
    return new


def _task(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"], "kind": KIND, "region_code": row["region_code"], "organ_id": row["organ_id"],
        "role": "compiler" if row["organ_id"] else "reviewer", "title": rules.title(row["source"], row["subject"]),
        "subject": f"complaint/{row['id']}", "list_id": None, "adjustment_id": None, "due_at": row["due_at"],
        "started_at": row["received_at"],
    }  # fmt: skip


async def take_feedback(tx: Transaction, who: Principal, feedback_id: UUID, subject: str) -> Row:
    """Make a complaint of feedback: its words, its limit and its answer stay where they are.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        It is one already; `complaint` is its id.
    """
    found = await repository.feedback(tx.connection, feedback_id)
    if found is None or not may_read(who, found.chain, None):
        raise _wrong("/feedback_id", "unknown_feedback", "没有这条公众反馈")
    require_supervisor(who, found.chain)
    id_ = new_id()
    row = {"id": id_, "feedback_id": feedback_id, "subject": subject}
    if not await repository.from_feedback(tx.connection, [row]):
        known = await repository.of_feedback(tx.connection, feedback_id)
        raise problems.Conflict("该反馈已作为投诉举报办理。", code="complaint_known", extra={"complaint": str(known)})
    made = await get(tx, who, id_)
    tx.append(_event("complaint.received", made))
    return made


async def _require_channel(tx: Transaction, who: Principal, chain: Sequence[str], given: NewComplaint) -> None:
    """A system of the region with the scope, or somebody who supervises the region. Raises Forbidden, Invalid."""
    if not who.client:
        require_supervisor(who, chain)
        return
    who.require_scope(COMPLAINTS)
    if await repository.client_region(tx.connection, who.account_id) not in (*chain, NATION):
        raise problems.Forbidden("接入系统只能转办其登记区划内的投诉举报。", code="foreign_region")
    if given.reference is None:
        place = problems.FieldError("/reference", "missing", "接入系统转办的须填写来源编号")
        raise problems.Invalid("请填写来源编号。", code="reference_missing", errors=[place])


async def _about(tx: Transaction, chain: Sequence[str], given: NewComplaint) -> UUID | None:
    """The organ a complaint is about: the one named, else who implements the entry. Raises Invalid."""
    organ_id = given.organ_id
    if given.suspect_id is not None and not await repository.is_suspect(tx.connection, given.suspect_id):
        raise _wrong("/suspect_id", "unknown_suspect", "没有这条疑似变相许可")
    if given.item_id is not None:
        item = (await oversight.items(tx.connection, [given.item_id])).get(given.item_id)
        if item is None or item.region_code != chain[0]:
            raise _wrong("/item_id", "unknown_item", "该区划的清单中没有这个事项")
        organ_id = organ_id or item.organ_id
    if organ_id is not None:
        organ = (await register.organs_of(tx, [organ_id], "/organ_id"))[organ_id]
        if organ.region_code != chain[0]:
            raise _wrong("/organ_id", "foreign_organ", "该机构不属于这个区划")
    return organ_id


def _wrong(pointer: str, code: str, message: str) -> problems.Invalid:
    errors = [problems.FieldError(pointer, code, message)]
    return problems.Invalid(f"投诉对象有误：{message}。", code=code, errors=errors)


async def get(tx: Transaction, who: Principal, complaint_id: UUID, *, lock: bool = False) -> Row:
    """A complaint, for those who may see it; to others there is none. Raises NotFound."""
    row = await repository.find(tx.connection, complaint_id, lock=lock)
    sees = row is not None and (
        row.registered_by == who.actor if who.client else may_read(who, row.chain, row.organ_id)
    )
    if row is None or not sees:
        raise problems.NotFound("没有这件投诉举报，请核对编号。", code="complaint_not_found")
    return row


async def page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Complaints of a region, of one of its organs, or those a system has handed on.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        A person names no region.
    """
    given = dict(filters) | {"actor": None}
    if who.client:
        who.require_scope(COMPLAINTS)
        given["actor"] = who.actor
    elif filters["region"] is None:
        place = problems.FieldError("query/region", "missing", "必填")
        raise problems.Invalid("请写明区划（region）。", code="region_missing", errors=[place])
    else:
        require_reader(who, await register.chain_of(tx, filters["region"]), filters["organ"])
    return await repository.page(tx.connection, given, now=tx.now, after=after, limit=limit)


async def answer(tx: Transaction, who: Principal, complaint_id: UUID, given: NewComplaintAnswer) -> Row:
    """Answer a complaint, once. Raises NotFound, Forbidden, IllegalTransition."""
    row = await get(tx, who, complaint_id, lock=True)
    rules.require_answerer(who, row.chain, row.organ_id)
    rules.check_open(row)
    await repository.answer(tx.connection, complaint_id, given.model_dump() | {"actor": tx.actor, "now": tx.now})
    tx.append(_event("complaint.answered", row, outcome=given.outcome))
    subjects = [f"complaint/{complaint_id}"]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state="done", actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)
    return await get(tx, who, complaint_id)


def _event(type_: str, row: Any, **more: Any) -> NewEvent:
    refs = {"complaints": [str(row["id"])], "source": row["source"], "subject": row["subject"], **more}
    items = [row["item_id"]] if row["item_id"] else []
    return NewEvent(type=type_, region_code=row["region_code"], item_ids=items, refs=refs)
