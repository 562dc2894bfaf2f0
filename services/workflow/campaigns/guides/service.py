"""Use cases of compilation guides: set one; its days become due dates."""

from __future__ import annotations

from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns import repository as campaigns
from services.workflow.campaigns.guides import repository, rules
from services.workflow.campaigns.guides.schemas import NewGuide
from services.workflow.obligations import service as obligations
from services.workflow.register import service as register
from shared import problems
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def put(
    tx: Transaction, principal: Principal, campaign_id: UUID, kind: str, given: NewGuide, if_match: str | None
) -> Row:
    """Set the guide for a kind: by who leads its list, or who runs the campaign (QX-37, QX-38).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.PreconditionRequired, problems.PreconditionFailed
    problems.IllegalTransition
        The campaign is closed.
    problems.Invalid
        The days are out of order, outside the campaign, or later than the milestone's.
    """
    campaign = await access.find(tx, principal, campaign_id, lock=True)
    if kind not in await campaigns.known_kinds(tx.connection, [kind]):
        raise problems.NotFound(f"没有清单类型“{kind}”。", code="kind_not_found")
    chain = await register.chain_of(tx, campaign.region_code)
    lead = await repository.lead(tx.connection, campaign.region_code, kind)
    leads = lead is not None and principal.holds("list_authority", region=chain, organ_id=lead)
    if not leads:
        access.require_coordinator(principal, chain)
    if campaign.state == "closed":
        raise problems.IllegalTransition("该专项工作已结束，编制指南不能再修改。", allowed=[])
    current = await repository.find(tx.connection, campaign_id, kind)
    require_match(if_match, current.version if current else 0)
    rules.check([(node.act, node.ends_on) for node in given.time_nodes], kind, campaign)
    values = given.model_dump(exclude={"time_nodes"}) | {"campaign_id": campaign_id, "list_kind": kind}
    nodes = [node.model_dump(mode="json") for node in given.time_nodes]
    saved = await repository.put(tx.connection, values, nodes, actor=tx.actor, now=tx.now)
    moved = await obligations.redate(tx, campaign_id, {}) if campaign.state == "running" else 0
    refs = {"campaign": str(campaign_id), "version": saved.version, "moved": moved}
    tx.append(NewEvent(type="compilation_guide.set", region_code=campaign.region_code, list_kind=kind, refs=refs))
    return saved
