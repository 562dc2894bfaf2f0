"""Use case of the workload: read it."""

from __future__ import annotations

from uuid import UUID

from services.workflow.register import service as register
from services.workflow.tasks.workload import repository
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Who sees a region's tasks one by one sees them counted; of one organ also those who answer for it.
_OF_REGION = ("administrator", "auditor", "reviewer", "decider")
_OF_ORGAN = ("principal", "list_authority", "compiler")
MOST = 1_000


async def workload(tx: Transaction, principal: Principal, region_code: str, organ_id: UUID | None) -> list[Row]:
    """Who has how much to do in a region and below, or in one organ (HB-32).

    Raises
    ------
    problems.NotFound, problems.Forbidden
    """
    chain = await register.chain_of(tx, region_code)
    of_region = any(principal.holds(role, region=[*chain, NATION]) for role in _OF_REGION)
    of_organ = organ_id is not None and any(
        principal.holds(role, region=chain, organ_id=organ_id) for role in _OF_ORGAN
    )
    if not of_region and not of_organ:
        principal.require(
            "reviewer", region=chain, detail="您不能查看该区划的工作量；查看本单位的，请写明单位（organ）。"
        )
    return await repository.workload(tx.connection, chain[0], organ_id, now=tx.now, limit=MOST)
