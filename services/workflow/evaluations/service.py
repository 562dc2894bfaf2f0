"""Use cases of evaluations: record one with the figures as they are."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from services.workflow.campaigns.access import OVERSEEING
from services.workflow.clocks.rules import day_of
from services.workflow.evaluations import repository
from services.workflow.evaluations.schemas import NewEvaluation
from services.workflow.register import service as register
from shared import clock, problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

# An auditor reads everything and changes nothing (TH-50).
EVALUATING = tuple(role for role in OVERSEEING if role != "auditor")


async def record(tx: Transaction, principal: Principal, given: NewEvaluation) -> Row:
    """Record an evaluation of a period: by who oversees the region, but for those who only read (ZZ-60).

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        The period is reversed, or not over.
    problems.Conflict
        The period has an evaluation.
    """
    chain = await register.chain_of(tx, given.region_code)
    if not any(principal.holds(role, region=chain) for role in EVALUATING):
        principal.require(EVALUATING[0], region=chain)
    _check_period(given, tx.now)
    since = datetime.combine(given.first_day, time(), tzinfo=clock.ZONE)
    until = datetime.combine(given.last_day + timedelta(days=1), time(), tzinfo=clock.ZONE)
    found = await repository.metrics(tx.connection, chain[0], since=since, until=until, now=tx.now)
    values = given.model_dump() | {"id": new_id(), "region_code": chain[0], "metrics": found, "actor": tx.actor,
                                   "now": tx.now}  # fmt: skip
    if not await repository.insert(tx.connection, values):
        raise problems.Conflict("该区划该时段已有评估记录。", code="evaluation_exists")
    refs = {"evaluation": str(values["id"])}
    tx.append(NewEvent(type="evaluation.recorded", region_code=chain[0], refs=refs))
    return await find(tx, principal, values["id"])


async def find(tx: Transaction, principal: Principal, evaluation_id: UUID) -> Row:
    """An evaluation of a place where the caller has a role.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, evaluation_id)
    chain = await register.chain_of(tx, found.region_code) if found else ()
    if found is None or not any(grant.region_code in (*chain, NATION) for grant in principal.grants):
        raise problems.NotFound("没有这份评估记录。", code="evaluation_not_found")
    return found


def _check_period(given: NewEvaluation, now: datetime) -> None:
    errors = []
    if given.last_day < given.first_day:
        errors.append(FieldError("/last_day", "period_reversed", "截止日期不能早于开始日期"))
    if given.last_day > day_of(now):
        errors.append(FieldError("/last_day", "date_in_future", "评估时段尚未结束"))
    if errors:
        raise problems.Invalid("评估时段有误。", errors=errors)
