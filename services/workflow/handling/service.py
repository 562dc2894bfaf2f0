"""Use cases of handling records: taken from service platforms in batches, read by those who supervise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.handling import checking, repository, rules
from services.workflow.handling.checking import Checked
from services.workflow.handling.schemas import BadRow, BatchTaken, NewHandlingRecord, Taken, Wrong
from services.workflow.oversight.rules import may_read, require_reader, sees_persons
from services.workflow.register import service as register
from services.workflow.violations import service as violations
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import HANDLING_RECORDS
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row
from shared.visibility import TRANSITIONAL_RULE

_UNKNOWN_ORGAN = Wrong(
    pointer="/organ_credit_code", code="unknown_organ", message="没有登记该统一社会信用代码的机构，请核对或先登记机构"
)
_REUSED = Wrong(
    pointer="/revision", code="revision_reused", message="该办件的这一版次已报送且内容不同，更正请使用更高的版次"
)
_FOREIGN_ORGAN = Wrong(
    pointer="/organ_credit_code", code="foreign_organ", message="该机构不在接入系统登记的区划之内，不能报送其办件"
)


async def take(tx: Transaction, who: Principal, rows: Sequence[NewHandlingRecord | BadRow]) -> BatchTaken:
    """Take a batch: what is sound is stored and checked, what is not is told row by row (ZZ-47).

    Raises
    ------
    problems.Forbidden
        A person, or a client without the scope: records come from service platforms alone.
    """
    if not who.client:
        raise problems.Forbidden("办件由接入的政务服务平台报送，工作人员不能录入。", code="clients_only")
    who.require_scope(HANDLING_RECORDS)
    within = await repository.reach(tx.connection, who.account_id)
    newest = _newest(rows)
    await repository.take_turns(tx.connection, who.account_id)
    before = await repository.stored(tx.connection, who.account_id, sorted(newest))
    fresh = [
        record for number, record in newest.items()
        if number not in before or before[number].revision < record.revision
    ]  # fmt: skip
    refused = _ahead(fresh, tx.now)
    fresh = [record for record in fresh if record.number not in refused]
    checked = await checking.check(tx, fresh, before)
    refused |= _misplaced(fresh, checked, within)
    sound = {each.record.number: each for each in checked if each is not None and each.record.number not in refused}
    saved = await _store(tx, who.account_id, list(sound.values()), before)
    return _answer(rows, newest, sound, saved, before, refused)


def _newest(rows: Sequence[NewHandlingRecord | BadRow]) -> dict[str, NewHandlingRecord]:
    """Of several rows about one record the latest counts."""
    found: dict[str, NewHandlingRecord] = {}
    for row in rows:
        if isinstance(row, NewHandlingRecord):
            other = found.get(row.number)
            if other is None or other.revision < row.revision:
                found[row.number] = row
    return found


def _is_within(chain: Sequence[str], region: str | None) -> bool:
    return region is not None and region in (*chain, NATION)


def _ahead(records: Sequence[NewHandlingRecord], now: datetime) -> dict[str, Wrong]:
    places = {record.number: rules.in_future(record.handled(), now) for record in records}
    return {
        number: Wrong(pointer=place, code="in_future", message="时间晚于当前时间，请核对平台时钟或更正")
        for number, place in places.items()
        if place is not None
    }


def _misplaced(
    records: Sequence[NewHandlingRecord], checked: Sequence[Checked | None], within: str | None
) -> dict[str, Wrong]:
    found = {}
    for record, each in zip(records, checked, strict=True):
        if each is None:
            found[record.number] = _UNKNOWN_ORGAN
        elif not _is_within(each.place.chain, within):
            found[record.number] = _FOREIGN_ORGAN
    return found


async def _store(
    tx: Transaction, client_id: UUID, sound: Sequence[Checked], before: Mapping[str, Row]
) -> dict[str, UUID]:
    """Store the records and what they violate; ids by number of those that were stored."""
    if not sound:
        return {}
    records = [
        checking.row_of(each, client_id=client_id,
                        id_=before[each.record.number].id if each.record.number in before else new_id())
        for each in sound
    ]  # fmt: skip
    found = [
        checking.violation_row(one, id_=new_id(), client_id=client_id, number=each.record.number)
        for each in sound
        for one in each.violations
    ]
    rows = await repository.save(tx.connection, records, found, tx.now)
    saved = {row.number: row.id for row in rows}
    refs = {"client": str(client_id), "records": [str(id_) for id_ in saved.values()]}
    tx.append(NewEvent(type="handling_record.received", refs=refs))
    await violations.follow(tx, [row for row in rows if row.violation_id is not None])
    return saved


def _answer(
    rows: Sequence[NewHandlingRecord | BadRow],
    newest: Mapping[str, NewHandlingRecord],
    sound: Mapping[str, Checked],
    saved: Mapping[str, UUID],
    before: Mapping[str, Row],
    refused: Mapping[str, Wrong],
) -> BatchTaken:
    items = []
    for row in rows:
        if isinstance(row, BadRow):
            items.append(Taken(number=row.number, state="refused", errors=row.errors))
        elif _is_reused(row, newest[row.number], before.get(row.number)):
            items.append(Taken(number=row.number, state="refused", errors=[_REUSED]))
        elif row.number in refused:
            items.append(Taken(number=row.number, state="refused", errors=[refused[row.number]]))
        elif row.number in saved and sound[row.number].record is row:
            each = sound[row.number]
            items.append(
                Taken(
                    number=row.number,
                    state="taken",
                    id=saved[row.number],
                    standing=each.place.standing,
                    due_at=each.course.due_at,
                    violations=[one.kind for one in each.violations],
                )
            )
        else:
            known = before.get(row.number)
            items.append(Taken(number=row.number, state="unchanged", id=saved.get(row.number, known and known.id)))
    counted = Counter(item.state for item in items)
    return BatchTaken(
        items=items, taken=counted["taken"], unchanged=counted["unchanged"], refused=counted["refused"],
        violations=sum(len(item.violations) for item in items),
    )  # fmt: skip


def _is_reused(row: NewHandlingRecord, newest: NewHandlingRecord, before: Row | None) -> bool:
    """Whether the revision of a row stands for something else: in this batch, or among what is here."""
    if row is not newest and row.revision == newest.revision:
        return row.digest() != newest.digest()
    return before is not None and row.revision == before.revision and row.digest() != bytes(before.digest)


async def find(tx: Transaction, who: Principal, record_id: UUID) -> dict[str, Any]:
    """A record, for the platform it came from and those who work for the place; to others there is none.

    Raises
    ------
    problems.NotFound
    """
    row = await repository.find(tx.connection, record_id, tx.now)
    if row is not None and who.client and row.client_id == who.account_id:
        who.require_scope(HANDLING_RECORDS)
        return dict(row) | {"transition": _transition(row)}
    if row is None or who.client or not may_read(who, row.chain, row.organ_id):
        raise problems.NotFound("没有这件办件，请核对编号。", code="handling_record_not_found")
    return shown(who, row) | {"transition": _transition(row)}


def _transition(row: Row) -> dict[str, Any] | None:
    if row.next_version is None:
        return None
    return {
        "version": row.next_version, "effective_from": row.next_from, "operation": row.next_operation,
        "rule": row.transitional_rule or TRANSITIONAL_RULE,
    }  # fmt: skip


async def page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Records of a region, of one of its organs, or of the platform that asks; the newest first.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        A person names no region.
    """
    if who.client:
        who.require_scope(HANDLING_RECORDS)
        given = dict(filters) | {"client": who.account_id}
    else:
        if filters["region"] is None:
            place = problems.FieldError("query/region", "missing", "必填")
            raise problems.Invalid("请写明区划（region）。", code="region_missing", errors=[place])
        chain = await register.chain_of(tx, filters["region"])
        require_reader(who, chain, filters["organ"])
        given = dict(filters) | {"client": None}
    rows = await repository.page(tx.connection, given, after=after, limit=limit)
    return [dict(row) if who.client else shown(who, row) for row in rows]


def shown(who: Principal, row: Row) -> dict[str, Any]:
    """A row as somebody may see it: persons are named only to those who supervise."""
    return dict(row) if sees_persons(who, row.chain) else dict(row) | {"responsible": None}
