"""Use cases of disputes: open one, and end it by the government's decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.supervision import rules, service
from services.catalog.supervision.disputes import repository
from services.catalog.supervision.schemas import DisputeDecision, NewDispute
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def get(tx: Transaction, dispute_id: UUID, *, lock: bool = False) -> Record:
    """A dispute. Raises NotFound."""
    row = await repository.find(tx.connection, dispute_id, lock=lock)
    if row is None:
        raise problems.NotFound("没有这项争议，请核对编号。", code="dispute_not_found")
    return row


async def open_one(tx: Transaction, principal: Principal, item_id: UUID, request: NewDispute) -> Record:
    """Open a dispute about who supervises a permit; from now on the element is locked.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Conflict
        There is one already.
    problems.Invalid
        Fewer than two organs, or one that is not registered.
    """
    row = await service.permit(tx, item_id)
    chain = [row.region_code, *row.ancestors]
    if not any(principal.holds("compiler", region=chain, organ_id=organ) for organ in request.organ_ids):
        service.require_compiler(principal, row)
    organ_ids = list(dict.fromkeys(request.organ_ids))
    if len(organ_ids) < 2:
        place = problems.FieldError("/organ_ids", "two_organs", "争议至少涉及两个不同的部门")
        raise problems.Invalid("争议至少涉及两个不同的部门。", code="two_organs", errors=[place])
    await service.names_of(tx, service.facts_of(row), *organ_ids)
    values: dict[str, Any] = {
        "id": new_id(), "item_id": item_id, "region_code": row.region_code, "organ_ids": organ_ids,
        "question": request.question, "opened_by": tx.actor, "opened_at": tx.now,
    }  # fmt: skip
    opened = await repository.add(tx.connection, values)
    if opened is None:
        held = (await repository.open_about(tx.connection, [item_id]))[item_id]
        raise problems.Conflict(
            "该许可的监管主体已有争议待审定。", code="dispute_open", extra={"dispute_id": str(held["id"])}
        )
    tx.append(NewEvent(type="dispute.opened", region_code=row.region_code, list_kind=row.kind, list_id=row.list_id,
                       item_ids=[item_id], elements=sorted(rules.LOCKED), reason=request.question,
                       refs={"dispute": str(opened["id"])}))  # fmt: skip
    return opened


async def decide(tx: Transaction, principal: Principal, dispute_id: UUID, request: DisputeDecision) -> Record:
    """The government decides: the dispute ends, the element is free, and what was decided is proposed.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    problems.IllegalTransition
        It was decided before.
    """
    dispute = await get(tx, dispute_id, lock=True)
    principal.require("decider", region=await regions.chain(tx.connection, dispute["region_code"]))
    if dispute["state"] != "open":
        raise problems.IllegalTransition("该争议已经审定。", allowed=[], code="dispute_decided")
    row = await service.permit(tx, dispute["item_id"])
    facts = service.facts_of(row)
    names = await service.names_of(tx, facts, request.supervising_body, *request.joint_bodies)
    decision = request.decision.model_dump(mode="json", by_alias=True)
    closed = await repository.close(
        tx.connection, dispute_id, {"decision": decision, "decided_by": tx.actor, "decided_at": tx.now}
    )
    source = f"{request.decision.meeting}，{request.decision.number}"
    found = rules.decided(facts, request.supervising_body, tuple(request.joint_bodies), names, source)
    await service.keep(tx, row, facts, found, dispute["question"], dispute_id=dispute_id)
    tx.append(NewEvent(type="dispute.decided", region_code=row.region_code, list_kind=row.kind, list_id=row.list_id,
                       item_ids=[row.id], elements=sorted(rules.LOCKED), reason=dispute["question"],
                       legal_basis=source, refs={"dispute": str(dispute_id), "decision": decision}))  # fmt: skip
    return closed
