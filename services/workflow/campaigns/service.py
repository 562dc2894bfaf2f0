"""Use cases of campaigns: plan, start, move a date, close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.campaigns import access, bounds, repository, rules
from services.workflow.campaigns.rules import Campaign, Milestone
from services.workflow.campaigns.schemas import CampaignChange, NewCampaign, plan_of
from services.workflow.clocks.rules import day_of
from services.workflow.obligations import repository as stored
from services.workflow.obligations import service as obligations
from services.workflow.register import repository as register_repository
from services.workflow.register import service as register
from services.workflow.reports import service as reports
from shared import problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def add(tx: Transaction, principal: Principal, given: NewCampaign) -> Campaign:
    """Store a plan of work of a region.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        The plan contradicts itself, names what there is not, or has a later date than the superior's.
    """
    chain = await register.chain_of(tx, given.region_code)
    access.require_coordinator(principal, chain)
    campaign = plan_of(given, new_id(), chain[0], [new_id() for _ in given.milestones])
    await _check(tx, campaign, chain)
    await repository.insert(tx.connection, campaign, actor=tx.actor, now=tx.now)
    _tell(tx, campaign, "campaign.planned")
    return campaign


async def update(
    tx: Transaction, principal: Principal, campaign_id: UUID, given: CampaignChange, if_match: str | None
) -> Campaign:
    """Write a plan anew, as long as it has not started.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid, problems.IllegalTransition
    problems.PreconditionRequired, problems.PreconditionFailed
    """
    current = await access.find_own(tx, principal, campaign_id)
    require_match(if_match, current.version)
    rules.require_state(current, "draft")
    campaign = plan_of(given, campaign_id, current.region_code, [new_id() for _ in given.milestones])
    await _check(tx, campaign, await register.chain_of(tx, current.region_code))
    await repository.replace(tx.connection, campaign)
    _tell(tx, campaign, "campaign.updated")
    return replace(campaign, version=current.version + 1)


async def start(tx: Transaction, principal: Principal, campaign_id: UUID, if_match: str | None) -> Campaign:
    """Begin the work: everybody concerned gets what is owed as tasks with clocks.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        A date is later than the superior's by now, or nobody would owe anything.
    """
    campaign = await _own(tx, principal, campaign_id, if_match, "draft")
    await _check(tx, campaign, await register.chain_of(tx, campaign.region_code))
    summary = rules.with_summary(campaign.milestones, campaign.due_on, new_id())
    if summary is not None:
        await repository.add_milestone(tx.connection, campaign_id, summary)
        campaign = replace(campaign, milestones=(*campaign.milestones, summary))
    await repository.start(tx.connection, campaign_id, today=day_of(tx.now), now=tx.now)
    made = await obligations.make(tx, campaign)
    _tell(tx, campaign, "campaign.started", obligations=len(made))
    return replace(campaign, state="running", version=campaign.version + 1)


async def move(
    tx: Transaction, principal: Principal, campaign_id: UUID, number: int, due_on: date, *, reason: str,
    if_match: str | None,
) -> Campaign:  # fmt: skip
    """Give a milestone another day; what is open follows, with new clocks.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        The day lies outside the campaign or its phase, or is later than the superior's.
    """
    campaign = await _own(tx, principal, campaign_id, if_match, "running")
    milestone = next((each for each in campaign.milestones if each.number == number), None)
    if milestone is None:
        raise problems.NotFound(f"没有第{number}个节点。", code="milestone_not_found")
    moved = replace(milestone, due_on=due_on)
    rules.check_day(moved, campaign)
    await _within_superior(tx, campaign, [("/due_on", moved)])
    await repository.move(tx.connection, campaign_id, number, due_on)
    count = await obligations.redate(tx, campaign_id, {milestone.id: due_on})
    _tell(tx, campaign, "campaign.rescheduled", reason=reason, milestone=number, moved=count)
    milestones = tuple(moved if each.id == moved.id else each for each in campaign.milestones)
    return replace(campaign, milestones=milestones, version=campaign.version + 1)


async def close(
    tx: Transaction, principal: Principal, campaign_id: UUID, *, note: str, if_match: str | None
) -> Campaign:
    """End the work once every summary is there; what was not done stays as it is (QX-43).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Conflict
        Summaries are missing, or guides of the entries that the work is about.
    """
    campaign = await _own(tx, principal, campaign_id, if_match, "running")
    waiting = await stored.waiting(tx.connection, campaign_id)
    lacking = [row for row in waiting if row.subject == rules.SUMMARY]
    rules.missing_summaries([(row.title, row.organ_name or row.region_name) for row in lacking])
    if rules.compiles_guides(campaign):
        gaps = await repository.without_guide(tx.connection, campaign.region_code, rules.MOST_NAMED)
        rules.missing_guides([(row.organ, row.name, row.missing) for row in gaps], gaps[0].entries if gaps else 0)
    await repository.close(tx.connection, campaign_id, note=note, now=tx.now)
    await obligations.close_tasks(tx, waiting, state="void")
    await reports.close_open(tx, campaign_id)
    _tell(tx, campaign, "campaign.closed", reason=note, open=len(waiting))
    return replace(campaign, state="closed", version=campaign.version + 1)


async def _own(tx: Transaction, principal: Principal, campaign_id: UUID, if_match: str | None, state: str) -> Campaign:
    campaign = await access.find_own(tx, principal, campaign_id)
    if if_match is not None:
        require_match(if_match, campaign.version)
    rules.require_state(campaign, state)
    return campaign


async def _check(tx: Transaction, campaign: Campaign, chain: Sequence[str]) -> None:
    rules.check(campaign)
    await register.require_document(tx, campaign.source_document_id)
    await _check_kinds(tx, campaign)
    await _check_organs(tx, campaign, chain)
    if campaign.superior_id is not None:
        superior = await repository.find(tx.connection, campaign.superior_id)
        if superior is None or superior.region_code not in chain[1:] or superior.state == "draft":
            place = problems.FieldError("/superior_id", "superior_unknown", "上级方案不存在、未实施，或不属于上级区划")
            raise problems.Invalid("所列上级方案有误。", code="superior_unknown", errors=[place])
        region = await repository.region_name(tx.connection, superior.region_code)
        bounds.refuse_later_end(campaign, superior, region)
        await _within_superior(
            tx, campaign, [(f"/milestones/{n}/due_on", each) for n, each in enumerate(campaign.milestones)]
        )


async def _within_superior(tx: Transaction, campaign: Campaign, dated: Sequence[tuple[str, Milestone]]) -> None:
    if campaign.superior_id is not None:
        bounds.refuse_later(dated, await repository.superiors(tx.connection, campaign.superior_id))


async def _check_kinds(tx: Transaction, campaign: Campaign) -> None:
    """A milestone about a kind that there is not would oblige nobody, and nobody would notice."""
    named = {
        f"/milestones/{index}/kinds/{place}": kind
        for index, milestone in enumerate(campaign.milestones)
        for place, kind in enumerate(milestone.kinds)
    } | {
        f"/targets/{index}/together/{place}/{nth}": kind
        for index, target in enumerate(campaign.targets)
        for place, group in enumerate(target.together)
        for nth, kind in enumerate(group)
    }
    known = await repository.known_kinds(tx.connection, sorted(set(named.values())))
    errors = [
        problems.FieldError(pointer, "kind_unknown", f"没有清单类型“{kind}”，请核对代码")
        for pointer, kind in named.items()
        if kind not in known
    ]
    if errors:
        raise problems.Invalid("所列清单类型未登记。", code="kind_unknown", errors=errors)


async def _check_organs(tx: Transaction, campaign: Campaign, chain: Sequence[str]) -> None:
    """An organ that is not there, or has no part in the region, would be asked for nothing, or could do nothing."""
    named = {
        f"/milestones/{index}/organ_ids/{place}": organ_id
        for index, milestone in enumerate(campaign.milestones)
        for place, organ_id in enumerate(milestone.organ_ids)
    }
    known = await register_repository.organs(tx.connection, set(named.values()))
    errors = [
        problems.FieldError(pointer, "organ_unknown", f"没有机构 {organ_id}，或不属于本区划及其上下级，请核对")
        for pointer, organ_id in named.items()
        if organ_id not in known
        or not (campaign.region_code in known[organ_id].region_chain or known[organ_id].region_code in chain)
    ]
    if errors:
        raise problems.Invalid("所列机构有误。", code="organ_unknown", errors=errors)


def _tell(tx: Transaction, campaign: Campaign, type_: str, *, reason: str | None = None, **refs: Any) -> None:
    given = {"campaign": str(campaign.id)} | refs
    tx.append(NewEvent(type=type_, region_code=campaign.region_code, legal_basis=campaign.source, reason=reason,
                       refs=given))  # fmt: skip
