"""Use cases of supervision: find the supervising body of a permit, and keep what has none from being published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.supervision import repository, rules
from services.catalog.supervision.disputes import repository as disputes
from services.catalog.supervision.rules import Determination, Facts, Stated
from services.catalog.supervision.schemas import GateSetting, NewDetermination
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# While a region and those above it have said nothing: lists in use must not stop, what is missing is reported.
DEFAULT_GATE = "report"


async def permit(tx: Transaction, item_id: UUID) -> Row:
    """A permit, locked. Raises NotFound, Conflict (not a permit, or cancelled)."""
    row = await repository.permit(tx.connection, item_id)
    if row is None:
        raise problems.NotFound("没有这个事项，请核对编号。", code="item_not_found")
    if row.kind != "permit" or row.state == "cancelled":
        raise problems.Conflict("只有在用或暂停的行政许可事项才确定监管主体。", code="not_a_permit")
    return row


async def determine(tx: Transaction, principal: Principal, item_id: UUID, request: NewDetermination) -> Record:
    """Find the supervising body of a permit and propose it to the authority of its list (ZZ-50, ZZ-51, ZZ-52).

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Conflict
        Not a permit, or who supervises it is in dispute.
    problems.Invalid
        An organ is not registered, or the industry department is missing where it leads.
    """
    row = await permit(tx, item_id)
    require_compiler(principal, row)
    if (open_ := (await disputes.open_about(tx.connection, [item_id])).get(item_id)) is not None:
        raise rules.refuse_disputed(open_["id"], open_["question"])
    facts = facts_of(row, request)
    return await keep(tx, row, facts, rules.determine(facts, await names_of(tx, facts)), request.reason)


def facts_of(row: Row, request: NewDetermination | None = None) -> Facts:
    """What is known of a permit, said or from the one-seal catalogue. Raises Conflict when nobody implements it."""
    if row.implementing_body is None:
        raise problems.Conflict("该许可没有实施机关，不能确定审批责任和监管主体，请先补充。", code="no_approving_body")
    given = request or NewDetermination()
    concentrated = given.concentrated if given.concentrated is not None else row.transfer_from is not None
    return Facts(
        approving_body=row.implementing_body,
        industry_department=given.industry_department or row.transfer_from,
        concentrated=concentrated,
        stated=tuple(Stated(one.body, one.source) for one in given.stated),
        sharing=tuple(given.sharing),
    )


def require_compiler(principal: Principal, row: Row) -> None:
    """Refuse whoever neither leads the permit's list nor compiles for the organ that permits. Raises Forbidden."""
    chain = [row.region_code, *row.ancestors]
    if row.implementing_body and principal.holds("compiler", region=chain, organ_id=row.implementing_body):
        return
    principal.require("list_authority", region=chain, organ_id=row.lead_organ_id)


async def names_of(tx: Transaction, facts: Facts, *more: UUID) -> dict[UUID, str]:
    """The names of all organs that facts speak of. Raises Invalid for one that is not registered or abolished."""
    stated = [one.body for one in facts.stated]
    named = {facts.approving_body, *stated, *facts.sharing, *more}
    named |= {facts.industry_department} if facts.industry_department else set()
    found = {row["id"]: row["name"] for row in await organs.by_ids(tx.connection, sorted(named)) if _active(row)}
    unknown = sorted(named - found.keys() - {facts.approving_body})
    if unknown:
        raise problems.Invalid(
            f"有{len(unknown)}个机构未登记或已撤销，请先在机构库中登记。", code="organ_unknown",
            extra={"organ_ids": [str(one) for one in unknown]},
        )  # fmt: skip
    return {facts.approving_body: "审批机关"} | found


def _active(row: Record) -> bool:
    return bool(row["state"] == "active")


async def keep(
    tx: Transaction, row: Row, facts: Facts, found: Determination, why: str | None, *, dispute_id: UUID | None = None
) -> Record:
    """Record a determination and propose it: state, draft and event in one transaction."""
    draft_id = new_id()
    elements = orjson.dumps(_elements(found)).decode()
    given = {"id": draft_id, "item_id": row.id, "elements": elements, "at": tx.now}
    superseded = await repository.propose(tx.connection, given)
    values: dict[str, Any] = {
        "id": new_id(), "item_id": row.id, "region_code": row.region_code, "branch": found.branch.value,
        "approval_responsible": found.approval_responsible, "supervising_body": found.supervising_body,
        "joint_bodies": list(found.joint_bodies), "facts": _facts(facts), "reason": found.reason,
        "source": found.source, "dispute_id": dispute_id, "draft_id": draft_id, "determined_by": tx.actor,
        "determined_at": tx.now,
    }  # fmt: skip
    kept = await repository.record(tx.connection, values)
    place = {"region_code": row.region_code, "list_kind": row.kind, "list_id": row.list_id, "item_ids": [row.id]}
    refs = {"determination": str(kept["id"]), "branch": found.branch.value, "draft": str(draft_id)}
    tx.append(NewEvent(type="supervision.determined", reason=why or found.reason, legal_basis=found.source, refs=refs,
                       elements=rules.DETERMINED, **place))  # fmt: skip
    tx.append(NewEvent(type="draft.opened", refs={"drafts": [str(draft_id)]}, **place))
    if superseded:
        tx.append(NewEvent(type="draft.closed", refs={"drafts": [str(one) for one in superseded]}, **place))
    return kept


def _elements(found: Determination) -> Mapping[str, Any]:
    return {
        "approval_responsible": str(found.approval_responsible),
        "supervising_body": str(found.supervising_body),
        "joint_supervision": [{"body": str(body)} for body in found.joint_bodies],
        "supervision_reason": found.reason,
        "supervision_source": found.source,
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "approving_body": str(facts.approving_body),
        "industry_department": str(facts.industry_department) if facts.industry_department else None,
        "concentrated": facts.concentrated,
        "stated": [{"body": str(one.body), "source": one.source} for one in facts.stated],
        "sharing": [str(body) for body in facts.sharing],
    }


async def gate_of(tx: Transaction, region_text: str, *, lock: bool = False) -> Record:
    """What holds in a region. Raises Invalid for one that is not registered."""
    chain = await regions.chain(tx.connection, region_text, "path/region_code")
    own = await repository.gate(tx.connection, chain[0], lock=lock)
    mode = "block" if await repository.blocked(tx.connection, [chain[0]]) else DEFAULT_GATE
    return {"region_code": chain[0], "mode": mode, "version": own["version"] if own else 0}


async def set_gate(tx: Transaction, principal: Principal, region_code: str, request: GateSetting) -> Record:
    """Say whether permits without supervision may be published. Raises Forbidden, Invalid."""
    chain = await regions.chain(tx.connection, region_code, "path/region_code")
    regions.require_administrator(principal, chain)
    values = {"region_code": chain[0], "mode": request.mode, "set_by": tx.actor, "set_at": tx.now}
    row = await repository.set_gate(tx.connection, values)
    tx.append(NewEvent(type="supervision_gate.set", region_code=chain[0], reason=request.reason,
                       legal_basis=request.legal_basis, refs={"mode": request.mode}))  # fmt: skip
    return row


async def refuse_locked_elements(tx: Transaction, item_id: UUID, elements: Sequence[str]) -> None:
    """Refuse a direct change of what is in dispute. Raises Conflict with the dispute's id."""
    if (fed_back := await disputes.of_feedback(tx.connection, item_id, elements)) is not None:
        raise rules.refuse_disputed(fed_back.id, fed_back.question, feedback=True)
    if rules.LOCKED.isdisjoint(elements):
        return
    if (open_ := (await disputes.open_about(tx.connection, [item_id])).get(item_id)) is not None:
        raise rules.refuse_disputed(open_["id"], open_["question"])


async def refuse_locked_drafts(tx: Transaction, draft_ids: Sequence[UUID]) -> None:
    """Refuse to accept drafts that change what is in dispute. Raises Conflict with the first dispute's id."""
    for row in await disputes.locking(tx.connection, draft_ids, sorted(rules.LOCKED)):
        raise rules.refuse_disputed(row.id, row.question, feedback=row.feedback)
