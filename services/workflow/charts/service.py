"""Use cases of charts: read the figures once; what is told and what is drawn come from the same."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns import repository as campaigns
from services.workflow.charts import repository, rules
from services.workflow.charts.rules import Chart
from services.workflow.clocks.rules import day_of
from services.workflow.progress import service as counts
from services.workflow.register import service as register
from shared import clock, problems
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction

# What organs do not lead, the regions owe themselves.
_REGIONS_OWN = "各区划自行承担"


async def of_campaign(tx: Transaction, principal: Principal, campaign_id: UUID, name: str) -> Chart:
    """A chart of a campaign the caller may read: `progress` by milestone, `overdue` by unit.

    Raises
    ------
    problems.NotFound
    """
    campaign = await access.find(tx, principal, campaign_id)
    found = await counts.progress(tx, campaign)
    if name == "progress":
        return rules.progress(campaign.title, found.milestones)
    return rules.overdue(campaign.title, [(each.organ_name or _REGIONS_OWN, each) for each in found.leads])


async def of_claims(tx: Transaction, principal: Principal, region_code: str) -> Chart:
    """How far a region and those below it have claimed what superiors list.

    Raises
    ------
    problems.NotFound
    """
    code, name = await _region(tx, principal, region_code)
    return rules.claims(name, await repository.claims(tx.connection, code))


async def of_steps(
    tx: Transaction, principal: Principal, region_code: str, first: date | None, last: date | None
) -> Chart:
    """How long review steps took that ended in a period: the year up to today unless told.

    Raises
    ------
    problems.NotFound
    problems.Invalid
        The period is reversed.
    """
    code, name = await _region(tx, principal, region_code)
    last_day = last or day_of(tx.now)
    first_day = first or last_day.replace(month=1, day=1)
    if last_day < first_day:
        place = problems.FieldError("query/last_day", "period_reversed", "截止日期不能早于开始日期")
        raise problems.Invalid("统计时段有误。", code="period_invalid", errors=[place])
    since, until = _midnight(first_day), _midnight(last_day + timedelta(days=1))
    return rules.steps(name, await repository.steps(tx.connection, code, since=since, until=until))


async def _region(tx: Transaction, principal: Principal, region_code: str) -> tuple[str, str]:
    chain = await register.chain_of(tx, region_code)
    if not any(grant.region_code in (*chain, NATION) for grant in principal.grants):
        raise problems.NotFound(f"区划 {region_code} 未登记，或不在您的职责范围内。", code="region_not_found")
    return chain[0], await campaigns.region_name(tx.connection, chain[0])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.ZONE)
