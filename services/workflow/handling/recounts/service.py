"""Use cases of limits that are counted anew, by the calendar as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.workflow.handling import checking, rules
from services.workflow.handling.recounts import repository
from services.workflow.handling.rules import Handled
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def recount(tx: Transaction, limit: int) -> int:
    """Count the limits of some records anew; how many there were.

    What was told of a limit that has moved is told again when it comes; one that is over by now is told at once.
    """
    found = await repository.stale(tx.connection, limit)
    if found:
        await repository.save(tx.connection, await _counted(tx, found), tx.now)
    return len(found)


async def _counted(tx: Transaction, found: Sequence[Row]) -> list[dict[str, Any]]:
    ground = await checking.ground_of(tx, {row.region_code for row in found})
    said = await checking.versions(tx, found)
    rows = []
    for row in found:
        handled = _handled(row)
        course = rules.course(
            handled, checking.listed(row, said), ground.thresholds[row.region_code],
            ground.calendars[row.region_code], checking.told(row), tx.now,
        )  # fmt: skip
        overrun = rules.overruns(handled.counted_until(tx.now), course.due_at, course.statutory_due_at)
        rows.append(checking.limits_of(course) | {"id": row.id, "overrun": [violation.kind for violation in overrun]})
    return rows


def _handled(row: Row) -> Handled:
    pauses = [
        (datetime.fromisoformat(each["began"]), each["ended"] and datetime.fromisoformat(each["ended"]))
        for each in row.pauses
    ]
    return Handled(accepted_at=row.accepted_at, completed_at=row.completed_at, pauses=pauses)
