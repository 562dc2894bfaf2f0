"""Use cases of reading: events by number, the delivery log, tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.subscriptions import filters
from services.publish.subscriptions.reading import events, repository
from services.publish.subscriptions.rules import HEADERS
from services.publish.subscriptions.schemas import Attempt
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Lists named in an answer; more are read where it says.
MOST_LISTS = 100
MOST_TESTS = 5


async def after(tx: Transaction, row: Row, sequence: int, limit: int) -> tuple[list[bytes], int]:
    """Events with the numbers after one, and the last number among them.

    Raises
    ------
    problems.Gone
        They are past retention: from where to start again. Or the number was never given here: the installation was
        restored to an earlier point, and what the reader holds may be of a time that no longer is.
    """
    if sequence > row.last_sequence:
        raise await _beyond_the_end(tx, row, sequence)
    if sequence + 1 < row.first_sequence or row.state == "resync_required":
        raise await past_retention(tx, row)
    found = await repository.numbered(tx.connection, row.id, sequence, limit)
    wanted = {one.feed_sequence for one in found if one.feed_sequence}
    entries = {one.sequence: one for one in await repository.entries(tx.connection, sorted(wanted))} if wanted else {}
    if len(entries) != len(wanted):
        raise await past_retention(tx, row)
    own = [(row.id, one.sequence) for one in found if not one.feed_sequence]
    notices = {one.sequence: one for one in await repository.notices(tx.connection, own)} if own else {}
    made = [
        events.of_entry(entries[one.feed_sequence], one.sequence)
        if one.feed_sequence
        else events.of_notice(notices[one.sequence])
        for one in found
    ]
    return made, found[-1].sequence if found else sequence


async def test(tx: Transaction, row: Row) -> UUID:
    """Ask for a test; the attempt's id.

    Raises
    ------
    problems.Conflict, problems.TooMany
    """
    if row.endpoint is None:
        raise problems.Conflict("该订阅没有推送地址，无法测试。", code="no_endpoint")
    if await repository.waiting_tests(tx.connection, row.id) >= MOST_TESTS:
        raise problems.TooMany("已有多个测试等待推送，请稍后再试。", headers={"Retry-After": "15"})
    attempt_id = new_id()
    await repository.ask_for_test(tx.connection, row.id, attempt_id, tx.now)
    await tx.audit("api:subscription:test", "requested", {"subscription": str(row.id)})
    return attempt_id


async def attempt(tx: Transaction, row: Row, attempt_id: UUID) -> Row:
    """One attempt. Raises NotFound."""
    found = await repository.attempt(tx.connection, row.id, attempt_id)
    if found is None:
        raise problems.NotFound("没有这次推送记录，可能已超过保留期限。", code="attempt_not_found")
    return found


def shown(row: Row) -> Attempt:
    """An attempt as its owner sees it: of a signature the beginning, of the body its digest."""
    plain = Attempt.model_fields.keys() - {"request_headers"}
    return Attempt(**{name: row[name] for name in plain}, request_headers=_request_headers(row))


def _request_headers(row: Row) -> dict[str, str] | None:
    if row.event_id is None:
        return None
    return {
        **{name.decode(): value.decode() for name, value in HEADERS},
        "webhook-id": str(row.event_id),
        "webhook-timestamp": str(int(row.signed_at.timestamp())),
        "webhook-signature": row.signatures,
    }


async def past_retention(tx: Transaction, row: Row) -> problems.Gone:
    """What to do when numbers are gone: read these lists in these revisions, then go on from the first number."""
    return problems.Gone(
        f"所要的事件已超出保留期限，现存最早编号为 {row.first_sequence}。"
        "请先按所列清单及修订号下载全量数据，再从该编号继续。",
        code="behind_retention",
        extra=await _start_again(tx, row, row.first_sequence),
    )


async def _beyond_the_end(tx: Transaction, row: Row, sequence: int) -> problems.Gone:
    return problems.Gone(
        f"编号 {sequence} 尚未产生，目前最大编号为 {row.last_sequence}；本系统可能恢复过数据。"
        "请先按所列清单及修订号下载全量数据，再从其后的编号继续。",
        code="beyond_the_end",
        extra=await _start_again(tx, row, row.last_sequence + 1),
    )


async def _start_again(tx: Transaction, row: Row, first: int) -> dict[str, Any]:
    """The lists to read whole, in which revisions, and the number to go on from."""
    found = await repository.lists(
        tx.connection, kinds=row.kinds, regions=row.regions, nation=NATION, limit=MOST_LISTS
    )  # fmt: skip
    lists: list[dict[str, Any]] = [
        {"list_id": str(one.list_id), "kind": one.kind, "region_code": one.region_code, "title": one.title,
         "revision": one.revision, "open_data": f"/publish/v1/lists/{one.list_id}/open-data?revision={one.revision}"}
        for one in found
    ]  # fmt: skip
    return {"first_sequence": first, "lists": lists, "more_lists": "/publish/v1/lists",
            "filter": filters.document(row)}  # fmt: skip
