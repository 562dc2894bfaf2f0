"""The ticker of clocks: warnings and what is overdue, each said once; due dates follow the calendar."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks import repository, rules, service, state
from services.workflow.clocks.rules import OVERDUE
from services.workflow.clocks.state import Clock
from services.workflow.clocks.ticking import repository as ticking
from shared.ledger.transaction import Transaction, begin
from shared.telemetry import crash_point

SERVICE = "workflow"
ACTOR = "system:clock_ticker"

# A transaction stays far below the 5,000 events an append may carry; the rest follows at once.
BATCH = 500


async def tick(engine: AsyncEngine) -> None:
    """Move what the calendar moves, then say what has come: in the order of instants, each once.

    What is said and that it was said are one transaction, so a kill anywhere leaves either both or neither. After an
    outage one word is said of each clock, whatever it missed.
    """
    while await _recalculate_batch(engine) == BATCH:
        pass
    while await _tell_batch(engine) == BATCH:
        crash_point("between-clock-batches")


async def follow_announcements(engine: AsyncEngine) -> None:
    """Have provisional due dates calculated again once the product knows the holidays of their year."""
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        await ticking.mark_provisional(tx.connection, calendars.last_announced())


async def _tell_batch(engine: AsyncEngine) -> int:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        if not await ticking.become_only_ticker(tx.connection):
            return 0
        clocks = await ticking.speaking(tx.connection, tx.now, BATCH)
        if clocks:
            await ticking.save_told(tx.connection, [_said(tx, clock) for clock in clocks], tx.now)
            crash_point("clocks-told")
    return len(clocks)


def _said(tx: Transaction, clock: Clock) -> dict[str, object]:
    """Say what there is to say of a clock; the row that notes it."""
    latest, folded, after = rules.tell(state.told(clock), tx.now)
    overdue = latest is not None and latest.grade == OVERDUE
    if latest is not None:
        type_ = "clock.overdue" if overdue else "clock.warned"
        tx.append(service.news(clock, type_, grade=latest.grade, at=latest.at.isoformat(), folded=folded))
    return {
        "id": clock.id,
        "warnings": [warning.as_data() for warning in after],
        "next_at": rules.next_at(after),
        "overdue": overdue,
    }


async def _recalculate_batch(engine: AsyncEngine) -> int:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        if not await ticking.become_only_ticker(tx.connection):
            return 0
        found = await ticking.stale(tx.connection, BATCH)
        if not found:
            return 0
        await repository.lock_adjustments(tx.connection, [id_ for _, id_ in found if id_ is not None])
        clocks = await ticking.lock_stale(tx.connection, [id_ for id_, _ in found])
        regions = await calendars.of_regions(tx, {clock.region_code for clock in clocks})
        moved = [state.recalculated(each, calendar_of(regions[each.region_code]), tx.now) for each in clocks]
        await repository.save(tx.connection, moved)
        for before, after in zip(clocks, moved, strict=True):
            if before.due_at != after.due_at:
                tx.append(service.news(after, "clock.rescheduled", before=before.due_at.isoformat()))
    return len(found)
