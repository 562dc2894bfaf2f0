"""Reactions to calendars that change: limits of running records are counted anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from services.workflow.handling.recounts import repository
from shared import clock
from shared.codes.region_code import NATION
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

TYPES = frozenset({"calendar.changed"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Mark what the calendars of a batch move; the ticker counts it.

    Raises
    ------
    ValueError
        A year that is none: bad data, the event is parked.
    """
    since: dict[str, int] = {}
    for event in events:
        if event.region_code is not None:
            year = int(event.refs["year"])
            since[event.region_code] = min(year, since.get(event.region_code, year))
    for region, year in sorted(since.items()):
        begins = datetime.combine(date(year, 1, 1), time(), tzinfo=clock.ZONE)
        await repository.mark_region(tx.connection, region, begins, everywhere=region == NATION)
