"""Use cases of the proposals about duties: an organ proposes, the list's lead answers (HB-13)."""

from __future__ import annotations

from uuid import UUID

from services.catalog.items import service as items
from services.catalog.lists import service as lists
from services.catalog.organs import service as organs
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.responsibility import rules
from services.catalog.responsibility.proposals import repository
from services.catalog.responsibility.proposals.schemas import NewDutyProposal
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

_STATE_TITLES = {"adopted": "已采纳", "rejected": "已不予采纳"}


async def propose(tx: Transaction, principal: Principal, list_id: UUID, request: NewDutyProposal) -> Record:
    """Put forward that a duty be strengthened or added.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        The duty to be strengthened is none of this list.
    """
    row = await lists.get(tx.connection, list_id)
    chain = await regions.chain(tx.connection, row["region_code"])
    organ = await organs.get(tx.connection, request.organ_id)
    if not organs.compiles_for(principal, chain, organ):
        principal.require("compiler", region=chain, organ_id=request.organ_id)
    if request.item_id is not None:
        await _check_duty(tx, list_id, request.item_id)
    values = request.model_dump() | {"id": new_id(), "list_id": list_id, "proposed_by": tx.actor, "proposed_at": tx.now}
    made = await repository.add(tx.connection, values)
    tx.append(_event("duty_proposal.submitted", row, made, request.opinion[:500], request.legal_basis))
    return made


async def _check_duty(tx: Transaction, list_id: UUID, item_id: UUID) -> None:
    entry = await items.get(tx.connection, item_id)
    if entry["list_id"] != list_id or entry["elements"].get(rules.SECTION) != rules.DUTY:
        place = FieldError("/item_id", "not_a_duty", "不是该清单的责任事项")
        raise problems.Invalid("要强化的事项不是该清单的责任事项，请核对。", code="not_a_duty", errors=[place])


async def answer(tx: Transaction, principal: Principal, proposal_id: UUID, *, state: str, reason: str) -> Record:
    """Adopt or reject a proposal; what is adopted is carried out as an adjustment.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    """
    proposal = await repository.find(tx.connection, proposal_id, lock=True)
    if proposal is None:
        raise problems.NotFound("没有这条调整意见，请核对编号。", code="proposal_not_found")
    row = await lists.get(tx.connection, proposal["list_id"])
    lists.may_lead(principal, await regions.chain(tx.connection, row["region_code"]), row["lead_organ_id"])
    if proposal["state"] != "open":
        raise problems.IllegalTransition(
            f"该调整意见{_STATE_TITLES[proposal['state']]}。", allowed=[], code="proposal_answered"
        )
    values = {"state": state, "answer": reason, "answered_by": tx.actor, "answered_at": tx.now}
    answered = await repository.answer(tx.connection, proposal_id, values)
    tx.append(_event(f"duty_proposal.{state}", row, answered, reason, None))
    return answered


def _event(kind: str, row: Record, proposal: Record, reason: str, legal_basis: str | None) -> NewEvent:
    concerned = [proposal["item_id"]] if proposal["item_id"] else []
    return NewEvent(type=kind, region_code=row["region_code"], list_kind=row["kind"], list_id=row["id"],
                    item_ids=concerned, reason=reason, legal_basis=legal_basis,
                    refs={"proposal": str(proposal["id"]), "target": proposal["target"],
                          "organs": [str(proposal["organ_id"])]})  # fmt: skip
