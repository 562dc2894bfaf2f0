"""Use cases of claims: claim, say why not, dispute and decide, assign, confirm, and the gate before a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from services.catalog.claims import repository, rules, telling
from services.catalog.claims.offering import repository as offering
from services.catalog.claims.plans import repository as plans
from services.catalog.claims.rules import CLAIMED, NOT_APPLICABLE
from services.catalog.claims.schemas import Assignment, Chosen, DisputeDecision, Exclusion, NewContact, NewDispute
from services.catalog.claims.settling import repository as settling
from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.vertical import service as vertical
from shared import clock, problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.inheritance import ELEMENT_TITLES
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

Refused = tuple[UUID, str, str]


async def claim(tx: Transaction, who: Principal, given: Chosen) -> tuple[int, list[Refused], bool]:
    """Take matters of a superior's list as one's own: those named, or all that were offered to an organ.

    Returns how many were claimed, those that could not be, and whether the organ has further offers.

    Raises
    ------
    problems.Forbidden, problems.Invalid, problems.NotFound
    """
    rows, refused, more = await _chosen(tx, who, given, "claim")
    if given.organ_id is not None:
        await _known_organ(tx, given.organ_id)
    nobodys = [row for row in rows if row.organ_id is None and given.organ_id is None]
    refused += [(row.id, "organ_missing", "该认领事项尚未分派单位，请写明由哪个单位认领") for row in nobodys]
    rows = [row for row in rows if row not in nobodys]
    if given.organ_id is not None:
        rows, unable = await _able(tx, rows, given.organ_id)
        refused += unable
    await _handle(tx, rows, CLAIMED, organ_id=given.organ_id, reason=given.reason)
    for event in telling.of_claims("claim.claimed", rows, given.organ_id, reason=given.reason,
                                   legal_basis=given.legal_basis):  # fmt: skip
        tx.append(event)
    await settle(tx, [row.id for row in rows])
    return len(rows), refused, more


async def exclude(tx: Transaction, who: Principal, given: Exclusion) -> tuple[int, list[Refused], bool]:
    """Say of matters that they do not apply in the region, with one reason. Returns and raises as `claim`."""
    rows, refused, more = await _chosen(tx, who, given, "exclude")
    await _handle(tx, rows, NOT_APPLICABLE, organ_id=None, reason=given.reason)
    for event in telling.of_claims("claim.excluded", rows, reason=given.reason, legal_basis=given.legal_basis):
        tx.append(event)
    return len(rows), refused, more


async def assign(tx: Transaction, who: Principal, given: Assignment) -> tuple[int, list[Refused], bool]:
    """Say which organ is to answer offers: by the reviewer (审改办) or whoever leads the list. Returns as `claim`."""
    await _known_organ(tx, given.organ_id)
    found = await repository.lock(tx.connection, ids=given.claim_ids, limit=len(given.claim_ids))
    rows, refused = _sifted(found, "assign", lambda row: _leads(who, row))
    rows, unable = await _able(tx, rows, given.organ_id)
    await repository.assign(tx.connection, [row.id for row in rows], given.organ_id)
    for event in telling.of_claims("claim.assigned", rows, given.organ_id, reason=given.reason):
        tx.append(event)
    return len(rows), [*_absent(given.claim_ids, found), *refused, *unable], False


async def dispute(tx: Transaction, who: Principal, claim_id: UUID, given: NewDispute) -> Row:
    """Object that a matter is another organ's; the government decides. Raises NotFound, Forbidden, Conflict."""
    row = await _one(tx, claim_id, "dispute")
    if not _leads(who, row):
        who.require("compiler", region=row.chain, organ_id=row.organ_id)
    if given.proposed_organ_id is not None:
        await _known_organ(tx, given.proposed_organ_id, "/proposed_organ_id")
    document = {"opinion": given.opinion, "proposed_organ_id": given.proposed_organ_id, "by": who.actor, "at": tx.now}
    await repository.dispute(tx.connection, claim_id, document)
    for event in telling.of_claims("claim.disputed", [row], reason=given.opinion):
        tx.append(event)
    return await find(tx, claim_id)


async def decide(tx: Transaction, who: Principal, claim_id: UUID, given: DisputeDecision) -> Row:
    """Record the government's decision of a dispute. Raises NotFound, Forbidden, Conflict, Invalid."""
    row = await _one(tx, claim_id, "decide")
    who.require("decider", region=row.chain)
    rules.check_decision(given.outcome, given.organ_id)
    if given.organ_id is not None:
        await _known_organ(tx, given.organ_id)
    organ_id = given.organ_id if given.outcome == CLAIMED else None
    if organ_id is not None:
        _, unable = await _able(tx, [row], organ_id)
        for _, code, message in unable:
            raise problems.Conflict(f"{message}。", code=code, errors=[FieldError("/organ_id", code, message)])
    document = given.decision.model_dump(mode="json", by_alias=True) | {"by": who.actor, "at": tx.now.isoformat()}
    await _handle(tx, [row], given.outcome, organ_id=organ_id, reason=given.reason, decision=document)
    for event in telling.of_claims("claim.decided", [row], organ_id, reason=given.reason,
                                   legal_basis=given.legal_basis):  # fmt: skip
        tx.append(event)
    await settle(tx, [claim_id])
    return await find(tx, claim_id)


async def confirm(
    tx: Transaction, who: Principal, claim_id: UUID, given: NewContact, if_match: str | None = None
) -> Row:
    """Confirm that the superior's specification as it is now is followed; with `if_match`, only the one that was read.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict, problems.PreconditionFailed
    """
    row = await _one(tx, claim_id, "confirm")
    _require_part(who, row)
    if if_match is not None:
        require_match(if_match, row.version)
    await repository.confirm(tx.connection, claim_id)
    await _record(tx, row, "confirmation", given)
    for event in telling.of_claims("claim.confirmed", [row], reason=given.note):
        tx.append(event)
    await settle(tx, [claim_id])
    return await find(tx, claim_id)


async def contact(tx: Transaction, who: Principal, claim_id: UUID, given: NewContact) -> Record:
    """Keep what was said to and by the superior (TH-07). Raises NotFound, Forbidden, Invalid."""
    row = await _one(tx, claim_id, None)
    _require_part(who, row)
    recorded = await _record(tx, row, "contact", given)
    for event in telling.of_claims("claim.contacted", [row], reason=given.note):
        tx.append(event)
    return recorded


async def find(tx: Transaction, claim_id: UUID) -> Row:
    """A claim. Raises NotFound."""
    row = await repository.find(tx.connection, claim_id)
    if row is None:
        raise _unknown(claim_id)
    return row


async def settle(tx: Transaction, claim_ids: Sequence[UUID]) -> None:
    """Hold claims against local entries at once, so that who acts sees what is missing."""
    if claim_ids:
        changed = await settling.settle(tx.connection, claims=claim_ids, actor=tx.actor, now=tx.now)
        # Who claimed has told of that himself.
        for event in telling.of_counts([row for row in changed if row.change != "claimed"]):
            tx.append(event)
        await vertical.recheck(tx, [item for row in changed for item in row["items"]], cause_id=None)


async def check_handled(tx: Transaction, row: Record, chain: Sequence[str]) -> None:
    """Refuse to decide on a list while matters offered to its region are not handled (ZZ-10).

    Raises
    ------
    problems.Conflict
    """
    plan = await plans.in_force(tx.connection, list(chain), row["kind"])
    if plan is None or not plan["required"]:
        return
    counts = await offering.unhandled(tx.connection, row["region_code"], row["kind"])
    rules.check_handled(row["title"], counts, row["region_code"], row["kind"])


async def check_inherited(tx: Transaction, item_id: UUID, patch: dict[str, Any], current: dict[str, Any]) -> None:
    """Refuse a direct change of what an entry has from its superior's. Raises Conflict."""
    if any(element in patch for element in ELEMENT_TITLES):
        found = await repository.inherited(tx.connection, [item_id])
        rules.check_inherited(patch, current, found.get(item_id))


async def _chosen(tx: Transaction, who: Principal, given: Chosen, act: str) -> tuple[list[Row], list[Refused], bool]:
    """The claims an act is done to, locked; those named that it cannot be done to; whether there are more."""
    most = rules.MOST_AT_ONCE
    if given.claim_ids is not None:
        found = await repository.lock(tx.connection, ids=given.claim_ids, limit=len(given.claim_ids))
    elif given.region_code and given.organ_id:
        chain = await regions.chain(tx.connection, given.region_code)
        found = await repository.lock(
            tx.connection, region=chain[0], list_kind=given.list_kind, organ_id=given.organ_id, limit=most + 1
        )
    else:
        place = FieldError("/claim_ids", "nothing_chosen", "请列明认领事项，或写明区划和单位")
        raise problems.Invalid("请列明认领事项（claim_ids），或写明区划和单位。", code="nothing_chosen", errors=[place])
    rows, refused = _sifted(found[:most], act, lambda row: _may_answer(who, row, given.organ_id))
    return rows, [*_absent(given.claim_ids or (), found), *refused], len(found) > most


def _sifted(found: Sequence[Row], act: str, may: Callable[[Row], bool]) -> tuple[list[Row], list[Refused]]:
    rows, refused = [], []
    for row in found:
        wrong = rules.impossible(act, row)
        if not may(row):
            refused.append((row.id, "not_yours", "您不能代该单位办理此认领事项"))
        elif wrong is not None:
            refused.append((row.id, wrong.code, wrong.message))
        else:
            rows.append(row)
    if found and not rows and all(code == "not_yours" for _, code, _ in refused):
        raise problems.Forbidden("您不能代这些单位办理认领事项。", code="not_yours")
    return rows, refused


async def _able(tx: Transaction, rows: Sequence[Row], organ_id: UUID) -> tuple[list[Row], list[Refused]]:
    """Claims that can become an organ's, and why the others cannot."""
    able = set(await repository.able(tx.connection, [row.id for row in rows], organ_id)) if rows else set()
    message = "该单位已有同一事项的认领，或不属于本区划及其上下级，请核对单位"
    return (
        [row for row in rows if row.id in able],
        [(row.id, "organ_unfit", message) for row in rows if row.id not in able],
    )


def _absent(wanted: Sequence[UUID], found: Sequence[Row]) -> list[Refused]:
    known = {row.id for row in found}
    return [(one, "claim_not_found", "没有这项认领，请刷新") for one in dict.fromkeys(wanted) if one not in known]


def _leads(who: Principal, row: Row) -> bool:
    leads = who.holds("list_authority", region=row.chain, organ_id=row.lead_organ_id)
    return leads or who.holds("reviewer", region=row.chain)


def _may_answer(who: Principal, row: Row, organ_id: UUID | None) -> bool:
    """Who organises the claiming answers for any organ; an organ's compilers for what is offered to it, or to none."""
    mine = organ_id or row.organ_id
    own = mine is not None and row.organ_id in (None, mine)
    return _leads(who, row) or (own and who.holds("compiler", region=row.chain, organ_id=mine))


def _require_part(who: Principal, row: Row) -> None:
    if not _leads(who, row):
        who.require("compiler", region=row.chain, organ_id=row.organ_id)


async def _one(tx: Transaction, claim_id: UUID, act: str | None) -> Row:
    found = await repository.lock(tx.connection, ids=[claim_id], limit=1)
    if not found:
        raise _unknown(claim_id)
    wrong = rules.impossible(act, found[0]) if act else None
    if wrong is not None:
        allowed = [one for one, states in rules.POSSIBLE.items() if found[0].state in states]
        raise problems.IllegalTransition(f"{wrong.message}。", allowed=allowed)
    return found[0]


async def _handle(
    tx: Transaction, rows: Sequence[Row], state: str, *, organ_id: UUID | None, reason: str | None, **more: Any
) -> None:
    if rows:
        await repository.handle(tx.connection, [row.id for row in rows], state=state, organ_id=organ_id,
                                reason=reason, actor=tx.actor, now=tx.now, **more)  # fmt: skip


async def _record(tx: Transaction, row: Row, kind: str, given: NewContact) -> Record:
    if given.contacted_on > tx.now.astimezone(clock.ZONE).date():
        place = FieldError("/contacted_on", "date_in_future", "日期不能晚于今天")
        raise problems.Invalid("对接日期有误。", code="date_in_future", errors=[place])
    return await repository.add_contact(
        tx.connection,
        {"id": new_id(), "claim_id": row.id, "kind": kind, "recorded_by": tx.actor, "recorded_at": tx.now,
         "superior_version": row.superior_version, **given.model_dump()},
    )  # fmt: skip


async def _known_organ(tx: Transaction, organ_id: UUID, pointer: str = "/organ_id") -> None:
    rows = await organs.by_ids(tx.connection, [organ_id])
    if not rows or rows[0]["state"] != "active":
        place = FieldError(pointer, "organ_unknown", "该机构未登记或已撤销")
        raise problems.Invalid("机构未登记或已撤销，请先在机构库中登记。", code="organ_unknown", errors=[place])


def _unknown(claim_id: UUID) -> problems.NotFound:
    return problems.NotFound(f"没有这项认领（{claim_id}），请核对编号。", code="claim_not_found")
