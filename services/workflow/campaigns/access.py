"""Who may read and who runs a campaign: the coordinating group of its region, or the office that reviews there."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.campaigns import repository
from services.workflow.campaigns.rules import Campaign
from services.workflow.register import service as register
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction

COORDINATING = ("coordination_group", "reviewer")
# Who oversees the work of others, beside those who coordinate it.
OVERSEEING = (*COORDINATING, "administrator", "decider", "auditor")


def coordinates(principal: Principal, chain: Sequence[str]) -> bool:
    """Whether somebody runs campaigns of a region (QX-62)."""
    return any(principal.holds(role, region=chain) for role in COORDINATING)


def oversees(principal: Principal, chain: Sequence[str]) -> bool:
    """Whether somebody reads what every unit of a region reports."""
    return any(principal.holds(role, region=chain) for role in OVERSEEING)


def require_coordinator(principal: Principal, chain: Sequence[str]) -> None:
    """Refuse whoever does not run campaigns of a region.

    Raises
    ------
    problems.Forbidden
    """
    if not coordinates(principal, chain):
        principal.require(COORDINATING[0], region=chain)


async def find(tx: Transaction, principal: Principal, campaign_id: UUID, *, lock: bool = False) -> Campaign:
    """A campaign the caller may read: of his region, above or below it; a draft only of his region or below.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, campaign_id, lock=lock)
    places = [grant.region_code for grant in principal.grants]
    draft = found is not None and found.state == "draft"
    if found is None or not await repository.sees(tx.connection, places, found.region_code, draft=draft):
        raise problems.NotFound("没有这项专项工作，或不在您的职责范围内。", code="campaign_not_found")
    return found


async def find_own(tx: Transaction, principal: Principal, campaign_id: UUID) -> Campaign:
    """A campaign the caller runs, locked.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    """
    found = await find(tx, principal, campaign_id, lock=True)
    require_coordinator(principal, await register.chain_of(tx, found.region_code))
    return found
