"""Tickers of handling records: graded warnings before a limit runs out, and a violation when it has (TH-29)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.calendars import service as calendars
from services.workflow.clocks.rules import next_at
from services.workflow.clocks.state import warning_of
from services.workflow.handling import checking, repository, rules
from services.workflow.handling.recounts import repository as recounted
from services.workflow.handling.recounts import service as recounts
from services.workflow.handling.retention.jobs import forget
from services.workflow.violations import service as violations
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction, begin
from shared.statement import Row
from shared.telemetry import crash_point
from shared.tick import Ticker

SERVICE = "workflow"
ACTOR = "system:handling_ticker"
# As many as a batch that is told of.
BATCH = 500
# Violations a record can get from its limits: of the promise, of the law.
_LIMITS = 2


async def tick(engine: AsyncEngine) -> None:
    """Say what has come of the limits of records, each grade once; after an outage only the gravest that was missed.

    What is said and that it was said are one transaction, so a kill leaves either both or neither.
    """
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        stale = await recounted.is_wanted(connection)
        if not stale and not await repository.is_wanted(connection, clock.now()):
            return
    while stale:
        async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
            stale = await recounts.recount(tx, BATCH) == BATCH
    while await _tell_batch(engine) == BATCH:
        crash_point("between-handling-batches")


async def follow_announcements(engine: AsyncEngine) -> None:
    """Have provisional limits counted anew once the product knows the holidays of their year."""
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        await recounted.mark_provisional(tx.connection, calendars.last_announced())


async def _tell_batch(engine: AsyncEngine) -> int:
    async with begin(engine, service=SERVICE, actor=ACTOR) as tx:
        spoken = await repository.speaking(tx.connection, tx.now, BATCH)
        if spoken:
            await _tell(tx, spoken)
            crash_point("handling-told")
    return len(spoken)


async def _tell(tx: Transaction, spoken: Sequence[Row]) -> None:
    told: list[dict[str, Any]] = []
    grades: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in spoken:
        grade, after = rules.told([warning_of(each) for each in row.warnings], tx.now)
        warnings = [notice.as_data() for notice in after]
        told.append({"id": row.id, "warnings": warnings, "warned": grade, "next_at": next_at(after)})
        if grade is not None:
            grades[row.region_code, grade].append(str(row.id))
    overrun = [
        violation
        for row in spoken
        for violation in checking.overrun_rows(row, tx.now, [new_id() for _ in range(_LIMITS)])
    ]
    found = await repository.save_told(tx.connection, told, overrun, tx.now)
    for (region, grade), ids in sorted(grades.items()):
        refs = {"grade": grade, "records": ids}
        tx.append(NewEvent(type="handling_record.warned", region_code=region, refs=refs))
    await violations.follow(tx, found)


TICKERS = [
    # Limits end with a day: a warning may be told some seconds late.
    Ticker(name="handling_ticker", service=SERVICE, every_seconds=5.0, tick=tick),
    Ticker(name="handling_announcements", service=SERVICE, every_seconds=3600.0, tick=follow_announcements,
           leisurely=True),
    # Records are kept for years: nobody waits for the hour.
    Ticker(name="handling_retention", service=SERVICE, every_seconds=3600.0, tick=forget, leisurely=True),
]  # fmt: skip
