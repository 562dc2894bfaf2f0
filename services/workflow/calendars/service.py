"""Use cases of the calendar register: read a year, set it, set the thresholds of warnings, calculate a due day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import Any

from services.workflow.calendars import repository, rules
from services.workflow.calendars.rules import Registered
from services.workflow.calendars.schemas import CalendarDay, CalendarYear, NewCalendarYear, Threshold, Thresholds
from services.workflow.clocks import repository as clocks
from services.workflow.clocks import rules as engine
from services.workflow.clocks.rules import Due, Limit
from services.workflow.register import service as register
from shared import clock as shared_clock
from shared.calendar.working_days import announced_facts
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

# A region is registered before anything is due in it; without one the nation's calendar is all there is.
_NOWHERE = rules.registered(NATION, (), (), (), None)


async def of_regions(tx: Transaction, codes: Collection[str]) -> dict[str, Registered]:
    """The register's word on each of these regions; the nation's where a region is not registered."""
    if not codes:
        return {}
    found = await repository.regions(tx.connection, codes)
    return {code: found.get(code, _NOWHERE) for code in codes}


async def due_for(tx: Transaction, region_code: str, limit: Limit, start: datetime) -> Due:
    """When something of a region is due that starts now or then: by the region's own calendar."""
    region = (await of_regions(tx, [region_code]))[region_code]
    return engine.due(limit, start, [], 0, rules.calendar_of(region))


async def due_in(tx: Transaction, region_code: str, limit: Limit, start: datetime) -> Due:
    """The same for a region somebody names.

    Raises
    ------
    problems.NotFound
        The region is not registered.
    """
    await _chain_of(tx, region_code)
    return await due_for(tx, region_code, limit, start)


async def get_year(tx: Transaction, region_code: str, year: int) -> tuple[CalendarYear, int]:
    """A year as it holds in a region, and the version of what the region itself has set (0: nothing).

    Raises
    ------
    problems.NotFound
        The region is not registered.
    """
    chain = await _chain_of(tx, region_code)
    region = (await repository.regions(tx.connection, [region_code])).get(region_code, _NOWHERE)
    own = await repository.year(tx.connection, region_code, year)
    calendar = rules.calendar_of(region)
    days = []
    for day, working in rules.exceptions(calendar, year):
        override = calendar.override_on(day)
        days.append(
            CalendarDay(
                day=day,
                working=working,
                name=override.reason if override else ("调休上班" if working else "法定节假日"),
                source=override.source if override else "国务院办公厅节假日安排",
                region_code=override.region if override and override.region else NATION,
            )
        )
    shown = CalendarYear(
        region_code=chain[0],
        year=year,
        announced=year in calendar.announced,
        source=own.source if own else None,
        days=days,
        set_by=own.set_by if own else None,
        set_at=own.set_at if own else None,
    )
    return shown, own.version if own else 0


async def set_year(
    tx: Transaction, principal: Principal, region_code: str, year: int, given: NewCalendarYear, if_match: str | None
) -> tuple[CalendarYear, int]:
    """Replace what a region says of a year; the clocks that run there are calculated again.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.Invalid
    problems.PreconditionRequired, problems.PreconditionFailed
    """
    await _require_administrator(tx, principal, region_code)
    rules.check_days(year, [day.day for day in given.days])
    await repository.lock(tx.connection, region_code)
    own = await repository.year(tx.connection, region_code, year)
    require_match(if_match, own.version if own else 0)
    version = await repository.set_year(
        tx.connection,
        region_code,
        year,
        announced=given.announced,
        source=given.source,
        days=[day.model_dump(mode="json") for day in given.days],
        set_by=tx.actor,
        now=tx.now,
    )
    begins = datetime.combine(date(year, 1, 1), time(), tzinfo=shared_clock.ZONE)
    marked = await clocks.mark_region(tx.connection, region_code, begins, everywhere=region_code == NATION)
    refs = {"year": year, "version": version, "announced": given.announced, "clocks": marked}
    tx.append(NewEvent(type="calendar.changed", region_code=region_code, legal_basis=given.source, refs=refs))
    return (await get_year(tx, region_code, year))[0], version


async def get_thresholds(tx: Transaction, region_code: str) -> tuple[Thresholds, int]:
    """The grades of warning that hold in a region, and the version of what the region itself has set (0: nothing).

    Raises
    ------
    problems.NotFound
    """
    await _chain_of(tx, region_code)
    region = (await of_regions(tx, [region_code]))[region_code]
    own = await repository.thresholds(tx.connection, region_code)
    shown = [Threshold.model_validate(row) for row in region.thresholds]
    return Thresholds(thresholds=shown), own.version if own else 0


async def set_thresholds(
    tx: Transaction, principal: Principal, region_code: str, given: Sequence[Threshold], if_match: str | None
) -> tuple[Thresholds, int]:
    """Replace the grades of warning of a region; they hold for clocks that start from now on.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.PreconditionRequired, problems.PreconditionFailed
    """
    await _require_administrator(tx, principal, region_code)
    await repository.lock(tx.connection, region_code)
    own = await repository.thresholds(tx.connection, region_code)
    require_match(if_match, own.version if own else 0)
    rows: list[dict[str, Any]] = [each.model_dump() for each in given]
    version = await repository.set_thresholds(tx.connection, region_code, rows, set_by=tx.actor, now=tx.now)
    refs = {"version": version, "grades": [each.grade for each in given]}
    tx.append(NewEvent(type="clock_threshold.changed", region_code=region_code, refs=refs))
    return Thresholds(thresholds=list(given)), version


def last_announced() -> int:
    """The last year whose holidays the product itself knows."""
    return max(announced_facts()[1])


async def _chain_of(tx: Transaction, region_code: str) -> tuple[str, ...]:
    # The nation's calendar is set before anybody registers the nation.
    return (NATION,) if region_code == NATION else await register.chain_of(tx, region_code)


async def _require_administrator(tx: Transaction, principal: Principal, region_code: str) -> None:
    chain = await _chain_of(tx, region_code)
    principal.require("administrator", region=[*chain, NATION])
