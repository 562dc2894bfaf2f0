"""Use cases of sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.publish.subscriptions import service as subscriptions
from services.publish.subscriptions.bounded import bounded
from services.publish.subscriptions.reading.service import past_retention
from services.publish.subscriptions.replaying import repository, rules
from services.publish.subscriptions.replaying.schemas import MissingNumbers, ReplayAnswer, ReplayRequest
from services.publish.subscriptions.rules import MOST_NUMBERS
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

# An instant after every one there is in the feed, whatever the clocks of two machines say.
_AHEAD = timedelta(days=1)


async def replay(tx: Transaction, principal: Principal, subscription_id: UUID, wanted: ReplayRequest) -> ReplayAnswer:
    """Send numbers again, under the same ids: from a number, of a time, or of some items.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.Invalid, problems.Conflict
    problems.Gone
        They are past retention: from where to start again.
    """
    # Looking for them may take seconds, in which the matcher goes on for everybody else.
    row = await subscriptions.find(tx, principal, subscription_id, changes=True)
    _check_endpoint(row)
    numbers = await _of_items(tx, row, wanted.items) if wanted.items is not None else []
    span = await _of_time(tx, row, wanted) if wanted.from_time is not None else None
    row = await subscriptions.find(tx, principal, subscription_id, lock=True)
    if wanted.items is not None:
        return await _want(tx, row, [("/items", number, number) for number in numbers], "/items")
    first, last = span or (wanted.from_sequence or 1, wanted.until_sequence or row.last_sequence)
    last = min(last, row.last_sequence)
    if first > last:
        place = FieldError("/from_sequence", "sequence_not_given", f"目前最大编号为 {row.last_sequence}")
        raise problems.Invalid("该编号尚未产生。", code="sequence_not_given", errors=[place])
    await _check_kept(tx, row, first)
    await repository.ask_again(tx.connection, row.id, first, last)
    refs = {"subscription": str(row.id), "from": first, "until": last}
    tx.append(NewEvent(type="subscription.replayed", refs=refs))
    return ReplayAnswer(from_sequence=first, until_sequence=last, events=last - first + 1)


async def fill_gaps(tx: Transaction, row: Row, missing: MissingNumbers) -> ReplayAnswer:
    """Send just the numbers that a receiver misses. The caller holds the matcher's lock.

    Raises
    ------
    problems.Invalid
        A number was not given yet, or they are too many.
    problems.Conflict, problems.Gone
    """
    _check_endpoint(row)
    ranges = [(f"/sequences/{index}", number, number) for index, number in enumerate(missing.sequences)]
    ranges += [(f"/ranges/{at}", one.from_sequence, one.until_sequence) for at, one in enumerate(missing.ranges)]
    return await _want(tx, row, ranges, "/sequences")


async def _want(tx: Transaction, row: Row, ranges: Sequence[rules.Range], where: str) -> ReplayAnswer:
    errors = rules.wrong_with(ranges, row.last_sequence)
    if not ranges:
        errors = [FieldError(where, "nothing_to_replay", "保留期限内没有向本订阅推送过相关变更，请检查事项标识")]
    if errors:
        raise problems.Invalid(f"无法补发：{errors[0].message}。", code=errors[0].code, errors=errors)
    numbers = rules.numbers_of(ranges)
    await _check_kept(tx, row, numbers[0])
    await repository.want(tx.connection, row.id, numbers, tx.now)
    refs = {"subscription": str(row.id), "from": numbers[0], "until": numbers[-1], "events": len(numbers)}
    tx.append(NewEvent(type="subscription.replayed", refs=refs))
    return ReplayAnswer(from_sequence=numbers[0], until_sequence=numbers[-1], events=len(numbers))


async def _of_items(tx: Transaction, row: Row, items: Sequence[UUID]) -> list[int]:
    async with bounded(tx.connection, "/items"):
        return await repository.numbers_of_items(tx.connection, row.id, items, MOST_NUMBERS + 1)


async def _of_time(tx: Transaction, row: Row, wanted: ReplayRequest) -> tuple[int, int]:
    assert wanted.from_time is not None
    async with bounded(tx.connection, "/from_time"):
        until = wanted.until_time or tx.now + _AHEAD
        found = await repository.numbers_of_time(tx.connection, row.id, wanted.from_time, until)
    if found is None:
        place = FieldError("/from_time", "nothing_to_replay", "该时段内没有向本订阅推送过变更，请放宽时段")
        raise problems.Invalid("该时段内没有可重新推送的变更。", code="nothing_to_replay", errors=[place])
    return found


def _check_endpoint(row: Row) -> None:
    if row.endpoint is None:
        raise problems.Conflict("该订阅没有推送地址，请用 GET .../events 读取。", code="no_endpoint")


async def _check_kept(tx: Transaction, row: Row, first: int) -> None:
    if first < row.first_sequence or row.state == "resync_required":
        raise await past_retention(tx, row)
