"""Use cases of oversight as a whole: what a region sets, what waits for an order, and the figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.workflow.oversight import repository, rules
from services.workflow.oversight.figures import repository as figures
from services.workflow.oversight.matters import repository as matters
from services.workflow.oversight.schemas import HeldLimit, NewSettings, Settings
from services.workflow.register import service as register
from shared import problems
from shared.clock import ZONE
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Shares of a limit where nobody has set others (services.workflow.handling.rules.DEFAULT_THRESHOLDS).
_SHARES = (50, 80, 100)
# Figures are asked for by the month or the year; whoever wants more asks again.
_MOST_DAYS = 1_100


async def settings(tx: Transaction, region: str) -> tuple[Settings, int]:
    """What holds in a region, and the version of what it has set itself (0: nothing). Raises NotFound."""
    chain = await register.chain_of(tx, region)
    held = (await repository.settings(tx.connection, [chain[0]]))[chain[0]]
    own = await repository.own(tx.connection, chain[0])
    shown = Settings(
        region_code=chain[0],
        thresholds=list(_SHARES) if held.thresholds is None else [row["share_percent"] for row in held.thresholds],
        complaint_limits={name: HeldLimit.model_validate(limit) for name, limit in held.limits.items()},
        retention_months=held.retention_months,
        set_in=dict(held.set_in),
    )
    return shown, own.version if own else 0


async def set_(
    tx: Transaction, who: Principal, region: str, given: NewSettings, if_match: str | None
) -> tuple[Settings, int]:
    """Replace what a region has set; what runs already keeps what it began with.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid, problems.PreconditionRequired, problems.PreconditionFailed
    """
    chain = await register.chain_of(tx, region)
    who.require("administrator", region=[*chain, NATION])
    rules.check_thresholds(given.thresholds)
    limits = {name: limit.model_dump() for name, limit in given.complaint_limits if limit is not None}
    rules.check_sources(limits)
    await repository.lock(tx.connection, chain[0])
    own = await repository.own(tx.connection, chain[0])
    require_match(if_match, own.version if own else 0)
    version = await repository.put(
        tx.connection, chain[0], thresholds=rules.thresholds_of(given.thresholds), limits=limits,
        retention_months=given.retention_months, set_by=tx.actor, now=tx.now,
    )  # fmt: skip
    tx.append(NewEvent(type="oversight_setting.changed", region_code=chain[0], refs={"version": version}))
    return await settings(tx, region)


async def matters_page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """What calls for an order in a region and all below it, the oldest first. Raises NotFound, Forbidden."""
    chain = await register.chain_of(tx, filters["region"])
    rules.require_reader(who, chain, filters["organ"])
    return await matters.page(tx.connection, filters, after=after, limit=limit)


def span(since: date | None, until: date | None, now: datetime) -> tuple[datetime, datetime]:
    """From the first day to the end of the last; this year so far unless told. Raises Invalid."""
    today = now.astimezone(ZONE).date()
    last = until or today
    first = since or last.replace(month=1, day=1)
    if not first <= last or (last - first).days > _MOST_DAYS:
        message = f"起止日期须先后有序，且不超过{_MOST_DAYS}天"
        place = problems.FieldError("query/since", "bad_span", message)
        raise problems.Invalid(f"请求参数有误：{message}。", code="bad_span", errors=[place])
    begin = datetime.combine(first, time(), tzinfo=ZONE)
    return begin, datetime.combine(last + timedelta(days=1), time(), tzinfo=ZONE)


async def statistics(
    tx: Transaction, who: Principal, region: str, by: str, since: datetime, until: datetime
) -> list[Row]:
    """Figures by region or by organ (HB-40), for those who work for the region. Raises NotFound, Forbidden."""
    chain = await register.chain_of(tx, region)
    rules.require_reader(who, chain, None)
    return await figures.statistics(tx.connection, chain[0], by, since=since, until=until, now=tx.now)


async def shortcomings(
    tx: Transaction, who: Principal, region: str, organ: UUID | None, *, since: datetime, until: datetime, limit: int
) -> list[Row]:
    """What falls short in the eyes of those who apply (ZL-57). Raises NotFound, Forbidden."""
    chain = await register.chain_of(tx, region)
    rules.require_reader(who, chain, organ)
    return await figures.shortcomings(tx.connection, chain[0], organ, since=since, until=until, limit=limit)
