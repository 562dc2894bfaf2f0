"""Use cases of standings: units in their order, and the evidence of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns.rules import Campaign
from services.workflow.register import service as register
from services.workflow.standings import repository, rules
from services.workflow.standings.repository import Chosen
from services.workflow.standings.rules import Fact, Standing
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Standings of a period, as of an instant."""

    campaign_id: UUID
    grouping: str
    first_day: date
    last_day: date
    at: datetime
    standings: tuple[Standing, ...]


async def overseen(tx: Transaction, principal: Principal, campaign_id: UUID) -> Campaign:
    """A campaign whose units the caller may hold against one another: he oversees its region.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    """
    campaign = await access.find(tx, principal, campaign_id)
    chain = await register.chain_of(tx, campaign.region_code)
    if not access.oversees(principal, chain):
        principal.require(access.OVERSEEING[0], region=chain)
    if campaign.state == "draft":
        raise problems.IllegalTransition("专项工作尚未启动，没有可统计的内容。", allowed=["start"])
    return campaign


async def standings(
    tx: Transaction, campaign: Campaign, grouping: str, first: date | None = None, last: date | None = None
) -> Counted:
    """Units of a campaign in their order, with the facts behind each.

    Raises
    ------
    problems.Invalid
        The period is none.
    """
    first_day, last_day, at = rules.period(first, last, campaign.starts_on, tx.now)
    return await counted(tx, campaign.id, grouping, first_day, last_day, at)


async def counted(
    tx: Transaction, campaign_id: UUID, grouping: str, first_day: date, last_day: date, at: datetime
) -> Counted:
    """The same as of an instant that is known: counting it again gives the same, unless something was waived."""
    chosen = Chosen(grouping=grouping, since=_midnight(first_day), at=at)
    facts = [rules.fact_of(dict(row)) for row in await repository.facts(tx.connection, campaign_id, chosen)]
    criticised = await repository.criticised(tx.connection, campaign_id, at)
    return Counted(
        campaign_id=campaign_id, grouping=grouping, first_day=first_day, last_day=last_day, at=at,
        standings=tuple(rules.ranked(facts, grouping, at, criticised)),
    )  # fmt: skip


async def evidence(
    tx: Transaction,
    campaign: Campaign,
    unit: tuple[str, UUID | None, str | None],
    *,
    first: date | None,
    last: date | None,
    outcome: str | None,
) -> tuple[list[Fact], datetime]:
    """What a unit (grouping, organ, region) owed in a period, in order, and the instant it is counted at.

    Raises
    ------
    problems.Invalid
    """
    first_day, _, at = rules.period(first, last, campaign.starts_on, tx.now)
    grouping, organ_id, region_code = unit
    chosen = Chosen(
        grouping=grouping, since=_midnight(first_day), at=at, organ_id=organ_id, region_code=region_code
    )  # fmt: skip
    facts = [rules.fact_of(dict(row)) for row in await repository.facts(tx.connection, campaign.id, chosen)]
    return [fact for fact in facts if outcome in (None, rules.outcome(fact, at))], at


async def told(tx: Transaction, facts: Sequence[Fact], at: datetime) -> list[dict[str, Any]]:
    """Facts with their outcome and the events that say so, as the API and a notice show them."""
    adjustments = [fact.id for fact in facts if fact.source == "submission"]
    others = [fact.id for fact in facts if fact.source != "submission"]
    events = await repository.events(tx.connection, others, adjustments)
    return [_told(fact, at, events) for fact in facts]


def _told(fact: Fact, at: datetime, events: Mapping[UUID, Sequence[Any]]) -> dict[str, Any]:
    found, why = rules.outcome(fact, at), rules.reason(fact, at)
    names = ("source", "id", "subject", "title", "organ_id", "organ_name", "region_code", "region_name", "due_at")
    # What came after the counting was not there yet.
    met_at = fact.met_at if found != rules.UNMET else None
    return {name: getattr(fact, name) for name in names} | {
        "met_at": met_at,
        "outcome": found,
        "outcome_title": rules.OUTCOME_TITLES[found],
        "reason": why,
        "reason_title": rules.REASON_TITLES[why] if why else None,
        "days_late": rules.delay(fact, at),
        "events": [
            {"id": row.event_id, "type": row.type, "recorded_at": row.recorded_at} for row in events.get(fact.id, ())
        ],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.ZONE)
