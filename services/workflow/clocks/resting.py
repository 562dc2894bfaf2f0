"""Clocks that stand still with their adjustment: while it is suspended nothing of its limits is counted."""

from __future__ import annotations

from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks import repository, state
from services.workflow.clocks.service import news
from services.workflow.clocks.state import State
from shared.ledger.transaction import Transaction

# 行政许可法 art. 45 knows times that are not counted; a suspended procedure is one by its nature.
BASIS = "动态调整中止"


async def rest(tx: Transaction, adjustment_id: UUID, reason: str) -> None:
    """Stop the clocks of an adjustment that run; one that somebody has paused stays as it is."""
    running = await repository.lock_of_adjustment(tx.connection, adjustment_id, State.RUNNING)
    resting = [
        state.pause(clock, reason=reason, basis=BASIS, by=tx.actor, now=tx.now, suspension=True)
        for clock in running
        if state.may_rest(clock, tx.now)
    ]
    if resting:
        await repository.save(tx.connection, resting)
    for clock in resting:
        tx.append(news(clock, "clock.paused", reason=reason, basis=BASIS))


async def wake(tx: Transaction, adjustment_id: UUID, reason: str) -> None:
    """Let them go on with the time that was left."""
    paused = await repository.lock_of_adjustment(tx.connection, adjustment_id, State.PAUSED)
    resting = [clock for clock in paused if state.rests(clock)]
    if not resting:
        return
    regions = await calendars.of_regions(tx, {clock.region_code for clock in resting})
    woken = [state.resume(clock, calendar_of(regions[clock.region_code]), by=tx.actor, now=tx.now) for clock in resting]
    await repository.save(tx.connection, woken)
    for clock in woken:
        tx.append(news(clock, "clock.resumed", reason=reason))
