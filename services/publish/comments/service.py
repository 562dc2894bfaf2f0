"""Use cases of the public: read what is asked, say something, read what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.comments import repository, rules
from services.publish.comments.schemas import NewComment
from shared import problems
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def period(tx: Transaction, period_id: UUID) -> Row:
    """A period of public comment. Raises NotFound."""
    found = await repository.period(tx.connection, period_id, tx.now)
    if found is None:
        raise problems.NotFound("没有这次征求意见，请核对编号。", code="period_not_found")
    return found


async def receive(tx: Transaction, period_id: UUID, given: NewComment, receipt: str) -> dict[str, Any]:
    """Take a comment on a draft (ZL-49). The event carries none of its words.

    Raises
    ------
    problems.NotFound
    problems.Conflict
        Codes `period_closed`, `duplicate_comment`.
    problems.Invalid
        It is no opinion.
    problems.TooMany
    """
    asked = await period(tx, period_id)
    if not rules.is_open(asked.running, asked.opens_at, asked.closes_at, tx.now):
        raise problems.Conflict("本次征求意见已经截止，不再接收意见。", code="period_closed")
    rules.check_text(given.text)
    taken = await repository.room(tx.connection, period_id, tx.now)
    rules.check_room(taken.last_minute, taken.total)
    values = {
        "id": new_id(), "period_id": period_id, "said_by": given.said_by, "text": given.text,
        "text_digest": rules.digest(given.text), "receipt_hash": rules.receipt_hash(receipt), "received_at": tx.now,
    }  # fmt: skip
    if not await repository.add(tx.connection, values):
        raise problems.Conflict("相同内容的意见已经收到，无须重复提交。", code="duplicate_comment")
    refs = {"period": str(period_id), "comment": str(values["id"])}
    tx.append(NewEvent(type="public_comment.received", region_code=asked.region_code, refs=refs))
    return values | {"closes_at": asked.closes_at}


async def by_receipt(tx: Transaction, receipt: str) -> Row:
    """What has become of a comment, for whoever holds its receipt. Raises NotFound."""
    row = await repository.by_receipt(tx.connection, rules.receipt_hash(receipt))
    if row is None:
        raise problems.NotFound("没有这个回执号，请核对后重试。", code="receipt_not_found")
    return row


async def answers(tx: Transaction, period_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """Comments and answers of a period, once it is summarised; none before. Raises NotFound."""
    await period(tx, period_id)
    return await repository.answers(tx.connection, period_id, after=after, limit=limit)
