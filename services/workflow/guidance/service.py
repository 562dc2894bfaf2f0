"""Use cases of guidance records: write one down; what the organ owed those below is met by it."""

from __future__ import annotations

from uuid import UUID

from services.workflow.campaigns import repository as campaigns
from services.workflow.guidance import repository, rules
from services.workflow.guidance.schemas import NewGuidance
from services.workflow.obligations import service as obligations
from services.workflow.obligations.papers.service import SPEAKING
from services.workflow.obligations.service import reader_of
from services.workflow.register import service as register
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def record(tx: Transaction, principal: Principal, given: NewGuidance) -> Row:
    """Write down what an organ did for regions below: by somebody of the organ (QX-55).

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        There is no such organ, the regions do not lie below its own, the day is to come, or there is no such kind.
    """
    organ = (await register.organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id]
    if not any(principal.holds(role, region=organ.region_chain, organ_id=organ.id) for role in SPEAKING):
        principal.require(SPEAKING[0], region=organ.region_chain, organ_id=organ.id, detail="只能由该单位的人员记录。")
    regions, kinds = list(dict.fromkeys(given.region_codes)), list(dict.fromkeys(given.list_kinds))
    below = await repository.below(tx.connection, regions, organ.region_code)
    known = await campaigns.known_kinds(tx.connection, kinds)
    rules.check(given.held_on, given.region_codes, below, given.list_kinds, known, tx.now)
    id_ = new_id()
    values = given.model_dump() | {"id": id_, "region_codes": regions, "list_kinds": kinds}
    await repository.insert(tx.connection, values | {"actor": tx.actor, "now": tx.now})
    met = {"organ_id": organ.id, "regions": regions, "kinds": kinds, "held_on": given.held_on,
           "at": tx.now}  # fmt: skip
    document = {"title": rules.METHODS[given.method], "reference": str(id_), "by": tx.actor, "at": tx.now}
    await obligations.note_guidance(tx, met, document)
    refs = {"guidance": str(id_), "organ": str(organ.id), "regions": regions, "kinds": kinds}
    tx.append(NewEvent(type="guidance.recorded", region_code=organ.region_code, refs=refs))
    return await find(tx, principal, id_)


async def find(tx: Transaction, principal: Principal, record_id: UUID) -> Row:
    """A record the caller may read.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, record_id, reader_of(principal))
    if found is None:
        raise problems.NotFound("没有这条指导记录，或不在您的职责范围内。", code="guidance_not_found")
    return found
