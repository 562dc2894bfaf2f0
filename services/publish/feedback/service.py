"""Use cases of feedback: anybody says something of a published entry, its organ answers, the answer is tracked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.feedback import repository, rules
from services.publish.feedback.schemas import NewAnswer, NewFeedback
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def receive(tx: Transaction, item_id: UUID, given: NewFeedback, receipt: str) -> dict[str, Any]:
    """Take feedback on a published entry (HB-03). The event carries none of its words.

    Raises
    ------
    problems.NotFound
        The entry is not published.
    problems.TooMany
    """
    place = await _place(tx, item_id)
    rules.check_room(place.of_item, place.of_region)
    values = {
        "id": new_id(), "list_id": place.list_id, "item_id": item_id, "item_version": place.version,
        "region_code": place.region_code, "organ_id": place.organ_id, "subject": given.subject, "text": given.text,
        "receipt_hash": rules.receipt_hash(receipt), "received_at": tx.now, "due_at": rules.due_at(tx.now),
    }  # fmt: skip
    await repository.add(tx.connection, values)
    tx.append(_event("feedback.received", values))
    return values


async def by_receipt(tx: Transaction, receipt: str) -> Row:
    """What has become of feedback, for whoever holds its receipt. Raises NotFound."""
    row = await repository.by_receipt(tx.connection, rules.receipt_hash(receipt))
    if row is None:
        raise problems.NotFound("没有这个回执号，请核对后重试。", code="receipt_not_found")
    return row


async def shown(tx: Transaction, item_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """Feedback with answers that were made public, of an entry that is published. Raises NotFound."""
    await _place(tx, item_id)
    return await repository.shown(tx.connection, item_id, after=after, limit=limit)


async def page(
    tx: Transaction, who: Principal, region: str, filters: dict[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Feedback of a region, or of an organ alone for those who work for it. Raises NotFound, Forbidden."""
    chain = await repository.chain(tx.connection, region)
    if chain is None:
        raise problems.NotFound("没有这个区划，请核对代码。", code="region_not_found")
    if not rules.may_read(who, chain, filters["organ"]):
        raise problems.Forbidden("您不能查看该区划的反馈；查看本单位的，请写明单位（organ）。", code="not_yours")
    return await repository.page(tx.connection, filters | {"region": region}, now=tx.now, after=after, limit=limit)


async def get(tx: Transaction, who: Principal, feedback_id: UUID, *, lock: bool = False) -> Row:
    """Feedback, for those who may see it; to others there is none. Raises NotFound."""
    row = await repository.find(tx.connection, feedback_id, lock=lock)
    if row is None or not rules.may_read(who, row.chain or [row.region_code], row.organ_id):
        raise problems.NotFound("没有这条反馈，请核对编号。", code="feedback_not_found")
    return row


async def answer(tx: Transaction, who: Principal, feedback_id: UUID, given: NewAnswer) -> Row:
    """Answer feedback, once. Raises NotFound, Forbidden, IllegalTransition."""
    row = await get(tx, who, feedback_id, lock=True)
    rules.require_answerer(who, row.chain or [row.region_code], row.organ_id)
    rules.check_open(row.state)
    await repository.answer(tx.connection, feedback_id, given.model_dump() | {"actor": who.actor, "now": tx.now})
    tx.append(_event("feedback.answered", row, outcome=given.outcome, shown=given.shown))
    return await get(tx, who, feedback_id)


async def _place(tx: Transaction, item_id: UUID) -> Row:
    place = await repository.place(tx.connection, item_id)
    if place is None:
        raise problems.NotFound("没有公布这个事项，请核对编号。", code="item_not_found")
    return place


def _event(type_: str, row: Any, **more: Any) -> NewEvent:
    return NewEvent(
        type=type_, region_code=row["region_code"], list_id=row["list_id"], item_ids=[row["item_id"]],
        refs={"feedback": [str(row["id"])], "subject": row["subject"], **more},
    )  # fmt: skip
