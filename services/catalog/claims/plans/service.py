"""Use cases of the plans of claiming."""

from __future__ import annotations

from services.catalog.claims.plans import repository
from services.catalog.claims.schemas import NewPlan
from services.catalog.kinds import service as kinds
from services.catalog.records import Record
from services.catalog.regions import service as regions
from services.catalog.regions.rules import NATION
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def put(
    tx: Transaction, who: Principal, region_text: str, list_kind: str, given: NewPlan, if_match: str | None
) -> Record:
    """Say which kind a region and those below it claim; offers follow through the log.

    Raises
    ------
    problems.Forbidden
        Neither the reviewer (审改办) nor an administrator of the region.
    problems.Invalid, problems.NotFound, problems.PreconditionRequired, problems.PreconditionFailed
    """
    chain = await regions.chain(tx.connection, region_text, "path/region")
    if not who.holds("administrator", region=[*chain, NATION]):
        who.require("reviewer", region=chain)
    await kinds.get(tx.connection, list_kind)
    current = await repository.find(tx.connection, chain[0], list_kind, lock=True)
    require_match(if_match, current["version"] if current else 0)
    values = given.model_dump(exclude={"reason", "legal_basis"})
    row = await repository.put(
        tx.connection,
        {"region_code": chain[0], "list_kind": list_kind, "set_by": tx.actor, "set_at": tx.now, **values},
    )
    tx.append(
        NewEvent(type="claim_plan.set", region_code=chain[0], list_kind=list_kind, reason=given.reason,
                 legal_basis=given.legal_basis, refs={"active": row["active"], "version": row["version"]})
    )  # fmt: skip
    return row
