"""Use cases of lists: set up, fill with members, enact by decision, name an edition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.claims import service as claims
from services.catalog.editions import repository as editions
from services.catalog.kinds import service as kinds
from services.catalog.lists import repository, rules
from services.catalog.lists.schemas import Enactment, JointEnactment, ListChange, Members, NewEdition, NewList
from services.catalog.matrix import service as matrix
from services.catalog.organs import repository as organs
from services.catalog.quality.reports import service as quality_reports
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from services.catalog.responsibility import completeness
from services.catalog.supervision import publication
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def get(connection: AsyncConnection, list_id: UUID, *, lock: bool = False) -> Record:
    """A list. Raises NotFound."""
    row = await repository.get(connection, list_id, lock=lock)
    if row is None:
        raise problems.NotFound("没有这个清单，请核对编号。", code="list_not_found")
    return row


def may_lead(principal: Principal, region_chain: Sequence[str], lead_organ_id: UUID) -> None:
    """Refuse whoever neither administers the region nor leads the list. Raises Forbidden."""
    if not principal.holds("administrator", region=[*region_chain, NATION]):
        principal.require("list_authority", region=region_chain, organ_id=lead_organ_id)


async def add(tx: Transaction, principal: Principal, request: NewList) -> Record:
    """Set up a list.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.Conflict
        The region has a list of the kind, or the kind belongs to another region.
    """
    chain = await regions.chain(tx.connection, request.region_code)
    lead = request.lead_organ_id or await matrix.lead_of(tx, chain[0], request.kind)
    may_lead(principal, chain, lead)
    kind = await kinds.get(tx.connection, request.kind)
    rules.check_kind_region(kind["region_code"], chain)
    members = await _known_organs(tx, [lead, *request.member_organ_ids])
    region = await regions.get(tx.connection, chain[0])
    values: dict[str, Any] = {"id": new_id(), "kind": request.kind, "region_code": chain[0],
                              "title": request.title or f"{region['name']}{kind['title']}",
                              "lead_organ_id": lead}  # fmt: skip
    row = await repository.add(tx.connection, values)
    if row is None:
        raise problems.Conflict(f"{region['name']}已有{kind['title']}，每个区划每种清单一个。", code="list_exists")
    await repository.set_members(tx.connection, row["id"], members)
    tx.append(_event("list.created", row, request, refs={"members": [str(member) for member in members]}))
    return row


async def change(tx: Transaction, principal: Principal, row: Record, request: ListChange) -> Record:
    """Change title and lead organ; a new lead organ becomes a member. Raises Forbidden, Invalid."""
    may_lead(principal, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])
    await _known_organs(tx, [request.lead_organ_id])
    changed = await repository.change(
        tx.connection, row["id"], {"title": request.title, "lead_organ_id": request.lead_organ_id}
    )
    present = [member["organ_id"] for member in await repository.members(tx.connection, row["id"])]
    await repository.set_members(tx.connection, row["id"], list({*present, request.lead_organ_id}))
    names = [name for name in ("title", "lead_organ_id") if row[name] != changed[name]]
    tx.append(_event("list.updated", changed, request, elements=names))
    return changed


async def set_members(tx: Transaction, principal: Principal, row: Record, request: Members) -> Record:
    """Replace the member organs; the lead organ stays one. Raises Forbidden, Invalid."""
    may_lead(principal, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])
    members = await _known_organs(tx, [row["lead_organ_id"], *request.organ_ids], place="/organ_ids")
    await repository.set_members(tx.connection, row["id"], members)
    changed = await repository.change(tx.connection, row["id"], {})
    tx.append(_event("list.members_set", changed, request, refs={"members": [str(member) for member in members]}))
    return changed


async def enact(tx: Transaction, principal: Principal, list_id: UUID, request: Enactment) -> Record:
    """Put a list into force by the government's decision; publication follows the event (ZL-34).

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.IllegalTransition
    problems.Conflict
        Matters of superiors are not claimed yet (ZZ-10).
        A section of the list is empty, or a power has no duty.
        The quality of the list does not reach the gates of the region.
    """
    row = await _enactable(tx, principal, list_id)
    return await _put_in_force(tx, row, request, {})


async def enact_together(tx: Transaction, principal: Principal, request: JointEnactment) -> tuple[UUID, list[Record]]:
    """Put several lists into force by one decision: all of them or none, and published as one.

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        A list is named twice, or there is none of the id.
    problems.Conflict
        Names each list that holds the others back, and why.
    """
    rules.check_each_once(request.list_ids)
    rows: dict[UUID, Record] = {}
    refusals: dict[int, problems.Problem] = {}
    # Locked in the order of ids, so that two decisions over the same lists never wait for one another.
    for list_id in sorted(request.list_ids):  # bounded: 50 lists, each with checks of its own
        try:
            rows[list_id] = await _enactable(tx, principal, list_id)
        except (problems.Conflict, problems.NotFound) as problem:
            refusals[request.list_ids.index(list_id)] = problem
    if refusals:
        named = {row["id"]: row["title"] for row in await repository.by_ids(tx.connection, request.list_ids)}
        raise rules.held_back([named.get(list_id) for list_id in request.list_ids], refusals)
    enactment = new_id()
    refs = {"enactment": str(enactment)}
    return enactment, [await _put_in_force(tx, rows[list_id], request, refs) for list_id in request.list_ids]


async def _enactable(tx: Transaction, principal: Principal, list_id: UUID) -> Record:
    """A list, locked, that is ready to be put into force. Raises as `enact`."""
    row = await get(tx.connection, list_id, lock=True)
    chain = await regions.chain(tx.connection, row["region_code"])
    principal.require("decider", region=chain)
    rules.check_enactable(row["state"])
    await claims.check_handled(tx, row, chain)
    await completeness.check_enactable(tx, row, chain)
    await publication.refuse_unsupervised(tx, row)
    await quality_reports.check_gates(tx.connection, list_id, chain)
    return row


async def _put_in_force(tx: Transaction, row: Record, request: Enactment, refs: dict[str, str]) -> Record:
    decision = request.decision.model_dump(mode="json", by_alias=True)
    enacted = await repository.change(
        tx.connection, row["id"], {"state": rules.IN_FORCE, "decision": decision, "enacted_at": tx.now}
    )
    tx.append(_event("list.enacted", enacted, request, refs={"decision": decision, **refs}, effective_at=tx.now))
    return enacted


async def name_edition(tx: Transaction, principal: Principal, list_id: UUID, request: NewEdition) -> Record:
    """Name the list as it stands or stood; the publication pins the revision.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.IllegalTransition
    problems.Conflict
        The list has an edition of that name.
    problems.Invalid
        The instant lies ahead, or before the list was in force.
    """
    row = await get(tx.connection, list_id, lock=True)
    may_lead(principal, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])
    if row["state"] != rules.IN_FORCE:
        raise problems.IllegalTransition("清单尚未生效，不能命名版本；请先由政府审定公布。", allowed=["enact"])
    at = rules.edition_instant(request.in_force_at, enacted_at=row["enacted_at"], now=tx.now)
    values = {"list_id": list_id, "name": request.name, "in_force_at": at, "named_by": principal.actor,
              "reason": request.reason, "named_at": tx.now}  # fmt: skip
    if not await editions.add(tx.connection, values):
        raise problems.Conflict(
            f"该清单已有名为“{request.name}”的版次，名称只能用一次，请另取名称。", code="edition_exists"
        )
    # The list carries the name of its present state alone.
    named = await repository.change(tx.connection, list_id, {} if request.in_force_at else {"edition": request.name})
    refs = {"edition": request.name} | ({"in_force_at": at.isoformat()} if request.in_force_at else {})
    tx.append(_event("list.edition_named", named, request, refs=refs))
    return named


async def _known_organs(tx: Transaction, organ_ids: Sequence[UUID], place: str = "/member_organ_ids") -> list[UUID]:
    """The ids, each once, the first stays first. Raises Invalid for an organ that is not registered or abolished."""
    wanted = list(dict.fromkeys(organ_ids))
    active = {row["id"] for row in await organs.by_ids(tx.connection, wanted) if row["state"] == "active"}
    unknown = [organ_id for organ_id in wanted if organ_id not in active]
    if unknown:
        raise problems.Invalid(
            f"有{len(unknown)}个机构未登记或已撤销，请先在机构库中登记。",
            code="organ_unknown",
            errors=[
                FieldError("/lead_organ_id" if organ_id == organ_ids[0] else place, "organ_unknown",
                           f"机构{organ_id}未登记或已撤销")
                for organ_id in unknown
            ],
        )  # fmt: skip
    return wanted


def _event(
    kind: str, row: Record, request: NewList | ListChange | Members | Enactment | NewEdition, **more: Any
) -> NewEvent:
    return NewEvent(type=kind, region_code=row["region_code"], list_kind=row["kind"], list_id=row["id"],
                    reason=request.reason, legal_basis=request.legal_basis, **more)  # fmt: skip
