"""Use cases of rectification orders: issued with a due date, reported with evidence, accepted, escalated when late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.clocks import service as clocks
from services.workflow.clocks.rules import end_of
from services.workflow.oversight import repository as oversight
from services.workflow.oversight.rules import Columns, may_read, require_reader, require_supervisor
from services.workflow.rectification import repository, rules
from services.workflow.rectification.schemas import NewMeasure, NewOrder, NewReport, NewReturn
from services.workflow.register import service as register
from services.workflow.register.repository import Organ
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from services.workflow.violations import service as violations
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "rectification"
# Who speaks for the organ that has to put something right.
_REPORTING = ("compiler", "principal")


async def issue(tx: Transaction, who: Principal, given: NewOrder) -> Row:
    """Order that something be put right by a day (ZZ-62).

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        It is no matter for an order, or one is open about it.
    """
    origin, _, id_ = given.subject.partition("/")
    found = rules.check_known(origin, await repository.subject(tx.connection, origin, UUID(id_)))
    chain = await register.chain_of(tx, found["region_code"])
    require_supervisor(who, chain)
    rules.check_subject(origin, found)
    organ_id = given.organ_id or found["organ_id"]
    if organ_id is None:
        place = problems.FieldError("/organ_id", "missing", "该对象未写明单位，请填写整改单位")
        raise problems.Invalid("请写明整改单位。", code="organ_missing", errors=[place])
    organ = (await register.organs_of(tx, [organ_id], "/organ_id"))[organ_id]
    if wrong := organ_error(organ, chain[0]):
        place = problems.FieldError("/organ_id", *wrong)
        raise problems.Invalid(f"整改单位有误：{place.message}。", code=place.code, errors=[place])
    values = given.model_dump(include={"subject", "number", "requirement", "remedy", "severity", "due_on"}) | {
        "region_code": chain[0], "organ_id": organ_id, "organ_region": organ.region_code, "item_id": found["item_id"],
        "title": given.title or rules.default_title(origin, found, organ.name),
    }  # fmt: skip
    issued = await issue_all(tx, [values])
    if not issued:
        raise problems.Conflict("对该事项的整改正在进行，请在原整改中办理。", code="order_open")
    return await get(tx, who, issued[0])


def organ_error(organ: Organ, region: str) -> tuple[str, str] | None:
    """Why an organ cannot be ordered to put something right in a region: code and words; None when it can.

    An organ that is no more has nobody who would see its task.
    """
    if region not in organ.region_chain:
        return "foreign_organ", "该机构不属于这个区划"
    if organ.state != "active":
        return "organ_inactive", f"“{organ.name}”已停用，请改填承接其职责的机构"
    return None


async def issue_all(tx: Transaction, wanted: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Store orders with their tasks and clocks; ids of those that are new.

    Parameters
    ----------
    wanted : {"subject", "number", "region_code" (who supervises), "organ_id", "organ_region", "item_id", "title",
        "requirement", "remedy", "severity", "due_on"}
    """
    for each in wanted:
        rules.check_due(each["due_on"], tx.now)
    items = await oversight.items(tx.connection, {each["item_id"] for each in wanted if each["item_id"]})
    orders = [
        dict(each) | {
            "id": new_id(), "base": _base(items.get(each["item_id"])), "due_at": end_of(each["due_on"]),
            "history": [rules.act(tx.now, "issued", tx.actor)],
        }
        for each in wanted
    ]  # fmt: skip
    added = set(await repository.add(tx.connection, orders, actor=tx.actor, now=tx.now))
    issued = [order for order in orders if order["id"] in added]
    for order in issued:
        tx.append(_event("rectification_order.issued", order, reason=order["requirement"][:500],
                         remedy=order["remedy"], severity=order["severity"]))  # fmt: skip
    await _open(tx, [_task(order) for order in issued], [order["due_on"] for order in issued])
    return [order["id"] for order in issued]


def _base(item: Row | None) -> dict[str, Any]:
    return {} if item is None else {name: item[name] for name in ("version", "state", "basis_digest")}


def _task(order: Columns) -> dict[str, Any]:
    return {
        "id": order["id"], "kind": KIND, "region_code": order["organ_region"], "organ_id": order["organ_id"],
        "role": "compiler", "title": rules.task_title(order), "subject": f"rectification_order/{order['id']}",
        "list_id": None, "adjustment_id": None, "due_at": None,
    }  # fmt: skip


async def _open(tx: Transaction, rows: Sequence[dict[str, Any]], days: Sequence[date]) -> None:
    timed = [(row, clocks.fixed(end_of(day))) for row, day in zip(rows, days, strict=True)]
    await tasks.open_tasks(tx, KIND, rows, timed)


async def get(tx: Transaction, who: Principal, order_id: UUID, *, lock: bool = False) -> Row:
    """An order, for those who may see it; to others there is none. Raises NotFound."""
    row = await repository.find(tx.connection, order_id, lock=lock)
    if row is None or not any(may_read(who, chain, row.organ_id) for chain in (row.chain, row.organ_chain)):
        raise problems.NotFound("没有这项整改，请核对编号。", code="rectification_order_not_found")
    return row


async def page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Orders of a region, or of an organ alone for its people. Raises NotFound, Forbidden."""
    require_reader(who, await register.chain_of(tx, filters["region"]), filters["organ"])
    return await repository.page(tx.connection, filters, now=tx.now, after=after, limit=limit)


async def report(tx: Transaction, who: Principal, order_id: UUID, given: NewReport) -> Row:
    """The organ says that it is done, with evidence. Raises NotFound, Forbidden, IllegalTransition, Invalid."""
    order = await get(tx, who, order_id, lock=True)
    if not any(who.holds(role, region=order.organ_chain, organ_id=order.organ_id) for role in _REPORTING):
        raise problems.Forbidden("只有整改单位可以报送整改结果。", code="not_yours")
    rules.require(order, "report")
    rules.check_evidence(order, [one.model_dump() for one in given.evidence])
    if given.adjustment_id is not None:
        await _require_adjustment(tx, given.adjustment_id, order.organ_id)
    values = {
        "state": "reported", "reported_at": tx.now, "adjustment_id": given.adjustment_id or order.adjustment_id,
        "evidence": [*order.evidence, *(one.model_dump() for one in given.evidence)],
    }  # fmt: skip
    await _move(tx, order, "reported", given.statement[:500], values)
    await _close(tx, order, [f"rectification_order/{order.id}"], state="done")
    check = _task(order) | {
        "id": new_id(), "region_code": order.region_code, "organ_id": None, "role": "reviewer",
        "title": f"核验整改结果：{order.title}", "subject": f"rectification_order/{order.id}/check",
    }  # fmt: skip
    await tasks.open_tasks(tx, KIND, [check], [])
    return await get(tx, who, order_id)


async def _require_adjustment(tx: Transaction, adjustment_id: UUID, organ_id: UUID) -> None:
    found = await repository.adjustment(tx.connection, adjustment_id)
    if found is None or organ_id not in (found.organ_id, *found.participants):
        place = problems.FieldError("/adjustment_id", "unknown_adjustment", "没有本单位参与的这项动态调整")
        raise problems.Invalid("所附动态调整有误。", code="unknown_adjustment", errors=[place])


async def accept(tx: Transaction, who: Principal, order_id: UUID, reason: str) -> Row:
    """Somebody who supervises has seen that it was put right.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    problems.Conflict
        The list does not show it yet.
    """
    order = await supervised(tx, who, order_id, "accept")
    entry = (await oversight.items(tx.connection, [order.item_id])).get(order.item_id) if order.item_id else None
    named = await repository.adjustment(tx.connection, order.adjustment_id) if order.adjustment_id else None
    rules.check_acceptance(order, tx.actor, rules.unfinished(order, entry, named.state if named else None))
    await _move(tx, order, "accepted", reason, {"state": "accepted", "closed_at": tx.now})
    await _close(tx, order, _subjects(order), state="done")
    origin, _, id_ = order.subject.partition("/")
    if origin == "violation":
        await violations.remedy(tx, UUID(id_), reason)
    return await get(tx, who, order_id)


async def return_(tx: Transaction, who: Principal, order_id: UUID, given: NewReturn) -> Row:
    """It is not put right yet: the organ has until another day. Raises as `accept`, and Invalid."""
    order = await supervised(tx, who, order_id, "return")
    rules.check_due(given.due_on, tx.now)
    values = {"state": "issued", "reported_at": None, "due_at": end_of(given.due_on)}
    await _move(tx, order, "returned", given.reason, values)
    await _close(tx, order, [f"rectification_order/{order.id}/check"], state="done")
    await _open(tx, [_task(order)], [given.due_on])
    return await get(tx, who, order_id)


async def withdraw(tx: Transaction, who: Principal, order_id: UUID, reason: str) -> Row:
    """The order was not called for. Raises as `accept`."""
    order = await supervised(tx, who, order_id, "withdraw")
    await _move(tx, order, "withdrawn", reason, {"state": "withdrawn", "closed_at": tx.now})
    await _close(tx, order, _subjects(order), state="void")
    return await get(tx, who, order_id)


async def hold_to_account(tx: Transaction, who: Principal, order_id: UUID, given: NewMeasure) -> Row:
    """Note that somebody was held to account; the event names the measure, nobody (ZZ-32). Raises as `accept`."""
    order = await get(tx, who, order_id, lock=True)
    require_supervisor(who, order.chain)
    rules.check_grave(order)
    taken = given.model_dump() | {"at": tx.now.isoformat(), "by": tx.actor}
    await _save(tx, order, {"measures": [*order.measures, taken]})
    tx.append(_event("rectification_order.accounted", order, measure=given.measure))
    return await get(tx, who, order_id)


async def supervised(tx: Transaction, who: Principal, order_id: UUID, act: str) -> Row:
    """An order, locked, that the caller supervises and whose state allows an act.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    """
    order = await get(tx, who, order_id, lock=True)
    require_supervisor(who, order.chain)
    rules.require(order, act)
    return order


async def _move(tx: Transaction, order: Row, act: str, reason: str | None, values: Mapping[str, Any]) -> None:
    history = [*order.history, rules.act(tx.now, act, tx.actor, reason)]
    await _save(tx, order, {**values, "history": history})
    tx.append(_event(f"rectification_order.{act}", order, reason=reason))


async def _save(tx: Transaction, order: Row, values: Mapping[str, Any]) -> None:
    await repository.save(tx.connection, [dict(order) | dict(values)])


def _subjects(order: Row) -> list[str]:
    own = f"rectification_order/{order.id}"
    return [own, f"{own}/check", *(f"{own}/escalation/{level}" for level in range(1, order.escalation + 1))]


async def _close(tx: Transaction, order: Row, subjects: Sequence[str], *, state: str) -> None:
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)


def _event(type_: str, order: Any, *, reason: str | None = None, **more: Any) -> NewEvent:
    items = [order["item_id"]] if order["item_id"] else []
    refs = {"orders": [str(order["id"])], "subject": order["subject"], **more}
    return NewEvent(type=type_, region_code=order["region_code"], item_ids=items, reason=reason, refs=refs)
