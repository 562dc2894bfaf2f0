"""Use cases of publications: read them, say that one is put right by another, take one back by decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.publish.publications import repository, rules
from services.publish.publications.schemas import ALGORITHM, Correction, Publication, Withdrawal
from shared import problems
from shared.http.etag import require_match
from shared.http.pages import Page, decode_cursor, page_of
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

CORRECTED, WITHDRAWN = "publication.corrected", "publication.withdrawn"


async def page(
    tx: Transaction,
    *,
    region: str | None,
    list_id: UUID | None,
    adjustment: UUID | None,
    cursor: str | None,
    limit: int,
) -> Page[Publication]:
    """Publications, newest first. Raises problems.Invalid for a foreign cursor."""
    rows = await repository.page(
        tx.connection, region=region, list_id=list_id, adjustment=adjustment, before=_place(cursor), limit=limit + 1
    )
    found = page_of(rows, limit, lambda row: [row.made_at.isoformat(), row.id])
    return Page(items=await _models(tx, found.items), next=found.next)


async def one(tx: Transaction, number: str) -> tuple[Publication, int]:
    """A publication and the version of what is said of it. Raises problems.NotFound."""
    row = await _row(tx, number)
    return (await _models(tx, [row]))[0], row.version


async def correct(
    tx: Transaction, who: Principal, number: str, given: Correction, if_match: str | None
) -> tuple[Publication, int]:
    """Say that a later publication puts this one right (更正), with a notice shown at both.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    problems.Conflict
        The other is not later, shares no list, goes back to no correction of errors, is withdrawn itself, or was named
        already.
    """
    row = await _for_change(tx, who, number, if_match, given.corrected_by)
    other = await repository.one(tx.connection, given.corrected_by)
    if other is None:
        message = f"没有编号为 {given.corrected_by} 的公布，请核对编号"
        place = problems.FieldError("/corrected_by", "publication_not_found", message)
        raise problems.Invalid(f"{message}。", code="publication_not_found", errors=[place])
    shares = {part["list_id"] for part in row.parts} & {part["list_id"] for part in other.parts}
    kind = rules.kind_of(**_facts(other))
    later = (other.made_at, other.id) > (row.made_at, row.id)
    correcting = rules.Correcting(other.number, later, bool(shares), kind, _withdrawal(other))
    rules.check_corrects(correcting, _withdrawal(row))
    notice = {"id": new_id(), "publication_id": row.id, "kind": "correction", "text": given.notice,
              "corrected_by": other.id, "reason": given.reason, "legal_basis": given.legal_basis,
              "given_by": who.actor, "given_at": tx.now}  # fmt: skip
    if not await repository.add_notice(tx.connection, notice):
        raise problems.Conflict("已说明该公布由所指公布更正，无需重复。", code="corrected_already")
    _tell(tx, CORRECTED, row, given, {"by": other.number})
    return await one(tx, number)


async def withdraw(
    tx: Transaction, who: Principal, number: str, given: Withdrawal, if_match: str | None
) -> tuple[Publication, int]:
    """Take a publication back by decision (撤回): the catalog writes what stood before, as versions of its own, and
    what it writes is published as every change is. Nothing is erased.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    problems.Conflict
        It put a list in force, something has built on it, or it is too large.
    problems.Invalid
        The decision lies ahead.
    """
    row = await _for_change(tx, who, number, if_match)
    rules.check_decided(given.decision.date, tx.now)
    taken = await repository.taken_back(tx.connection, row.id)
    rules.check_withdrawable(
        rules.TakenBack(taken.entries, taken.first, taken.untraced, taken.changed_since), _withdrawal(row)
    )
    notice_id = new_id()
    notice = {"id": notice_id, "publication_id": row.id, "kind": "withdrawal", "text": given.notice, "state": "waiting",
              "decision": given.decision.model_dump(mode="json", exclude_none=True), "reason": given.reason,
              "legal_basis": given.legal_basis, "given_by": who.actor, "given_at": tx.now}  # fmt: skip
    if not await repository.add_notice(tx.connection, notice):
        raise problems.IllegalTransition("该公布已撤回或正在撤回。", allowed=[])
    _tell(tx, WITHDRAWN, row, given, {"withdrawal": str(notice_id)})
    return await one(tx, number)


async def settle(tx: Transaction, events: Sequence[Event]) -> None:
    """The catalog has carried a withdrawal out, or could not: something had changed an entry meanwhile."""
    for event in events:
        refused = event.type.endswith(".refused")
        await repository.settle(
            tx.connection, UUID(event.refs["withdrawal"]), "refused" if refused else "done",
            event.reason if refused else None,
        )  # fmt: skip


async def _for_change(tx: Transaction, who: Principal, number: str, if_match: str | None, *beside: str) -> Row:
    """The publication, locked with those `beside` it, for whoever may decide in the region of each of its lists."""
    versions = await repository.lock(tx.connection, [number, *beside])
    row = await _row(tx, number)
    for chain in await repository.places(tx.connection, row.id):
        who.require("decider", region=chain)
    require_match(if_match, versions.get(number, row.version))
    return row


async def _row(tx: Transaction, number: str) -> Row:
    row = await repository.one(tx.connection, number)
    if row is None:
        raise problems.NotFound("没有这个编号的公布，请核对编号。", code="publication_not_found")
    return row


def _tell(tx: Transaction, type_: str, row: Row, given: Correction | Withdrawal, refs: Mapping[str, str]) -> None:
    """An event for each list, so that whoever follows a list hears of it."""
    for part in row.parts:
        tx.append(
            NewEvent(
                type=type_, region_code=part["region_code"], list_kind=part["kind"], list_id=UUID(part["list_id"]),
                adjustment_id=row.adjustments[0] if len(row.adjustments) == 1 else None, reason=given.reason,
                legal_basis=given.legal_basis, refs={"publication": row.number, "revision": part["revision"], **refs},
            )
        )  # fmt: skip


async def _models(tx: Transaction, rows: Sequence[Row]) -> list[Publication]:
    wanted = sorted({adjustment for row in rows for adjustment in row.adjustments})
    steps: dict[UUID, list[Row]] = defaultdict(list)
    for step in await repository.approvals(tx.connection, wanted):
        steps[step.adjustment_id].append(step)
    return [_model(row, [step for one in row.adjustments for step in steps[one]]) for row in rows]


def _model(row: Row, steps: Sequence[Row]) -> Publication:
    facts = _facts(row)
    kind = rules.kind_of(**facts)
    state = rules.state_of(present=any(part["present"] for part in row.parts), withdrawal=_withdrawal(row))
    enacted = [part for part in row.parts if part["revision"] == 1]
    decided = [part["decision"] for part in enacted] + list(row.decisions)
    if row.withdrawal_decision:
        decided.append(row.withdrawal_decision)
    approvals = [*rules.enactment_steps(enacted), *map(rules.passed_step, steps)]
    return Publication(
        **{name: row[name] for name in ("number", "region_code", "region_name", "made_at", "withdraws", "corrects")},
        kind=kind,
        kind_title=rules.KINDS[kind],
        title=rules.title_of(kind, [part["title"] for part in row.parts]),
        state=state,
        state_title=rules.STATES[state],
        algorithm=ALGORITHM,
        hash=row.hash.hex(),
        effective_at=max(datetime.fromisoformat(part["effective_at"]) for part in row.parts),
        adjustments=[] if facts["withdraws"] else row.adjustments,
        parts=row.parts,
        decisions=rules.public_decisions(decided),
        approvals=approvals,
        notices=[rules.public_notice(notice) for notice in row.notices],
    )


def _facts(row: Row) -> dict[str, Any]:
    first = any(part["revision"] == 1 for part in row.parts)
    return {"first": first, "withdraws": row.withdraws is not None, "triggers": row.triggers}


def _withdrawal(row: Row) -> str | None:
    """The state of its withdrawal, if there is one that was not refused."""
    standing = [one["state"] for one in row.notices if one["kind"] == "withdrawal" and one["state"] != "refused"]
    return standing[0] if standing else None


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    at, last = decode_cursor(cursor, 2)
    try:
        found = datetime.fromisoformat(str(at)), UUID(str(last))
        if found[0].tzinfo is None:
            raise ValueError("a cursor of ours names a zone")
    except ValueError as error:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place]) from error
    return found
