"""Clocks of a named day whose day has become another one: what the task was first due for is done, other work waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks import repository, state
from services.workflow.clocks.service import fixed, news
from services.workflow.clocks.state import State
from shared.ledger.transaction import Transaction


async def redate(tx: Transaction, due: Mapping[UUID, datetime]) -> None:
    """Have clocks, by their ids, run to another day; those that have been stopped meanwhile stand still.

    An extension was granted for the day that is gone, so it goes with it; that it was granted stays in the log.
    """
    if not due:
        return
    found = [clock for clock in await repository.lock_all(tx.connection, list(due)) if clock.state is not State.STOPPED]
    regions = await calendars.of_regions(tx, {clock.region_code for clock in found})
    moved = [
        state.recalculated(
            replace(clock, limit=fixed(due[clock.id]), extensions=[]), calendar_of(regions[clock.region_code]), tx.now
        )
        for clock in found
    ]
    await repository.save(tx.connection, moved)
    for before, after in zip(found, moved, strict=True):
        if before.due_at != after.due_at:
            tx.append(news(after, "clock.rescheduled", before=before.due_at.isoformat()))
