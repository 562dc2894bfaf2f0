"""SQL of the ticker of clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.clocks.repository import clock_of
from services.workflow.clocks.state import Clock
from shared.statement import Statement

# One ticker at a time: of two that share the rows out between them one could tell a later instant first.
_ONLY_TICKER = Statement("SELECT pg_try_advisory_xact_lock(hashtextextended('workflow/clock_ticker', 0))")

# In the order of what will be said: the latest grade that has come of each. A clock that somebody is just pausing or
# stopping is left for the next tick.
_SPEAKING = Statement(
    """
    SELECT c.* FROM qingdan.clock AS c
    CROSS JOIN LATERAL (
        SELECT max(w.at) AS at FROM jsonb_to_recordset(c.warnings) AS w(at timestamptz, told_at timestamptz)
        WHERE w.told_at IS NULL AND w.at <= :now) AS latest
    WHERE c.next_at <= :now
    ORDER BY latest.at, c.id LIMIT :limit FOR UPDATE OF c SKIP LOCKED
    """
)

_TOLD = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS g(
            id uuid, warnings jsonb, next_at timestamptz, overdue boolean)
    ), task_marked AS (
        UPDATE qingdan.task AS t SET overdue_at = :now FROM given AS g WHERE t.id = g.id AND g.overdue
    )
    UPDATE qingdan.clock AS c
    SET warnings = g.warnings, next_at = g.next_at, state = CASE WHEN g.overdue THEN 'overdue' ELSE c.state END,
        version = c.version + 1
    FROM given AS g WHERE c.id = g.id
    """
)

_STALE = Statement(
    "SELECT c.id, c.adjustment_id FROM qingdan.clock AS c WHERE c.recalculate ORDER BY c.id LIMIT :limit"
)
_LOCK_STALE = Statement(
    """
    SELECT c.* FROM qingdan.clock AS c
    WHERE c.id = ANY(CAST(:ids AS uuid[])) AND c.recalculate ORDER BY c.id FOR UPDATE
    """
)

# What was calculated without the holidays of a year that are known by now.
_MARK_PROVISIONAL = Statement(
    """
    UPDATE qingdan.clock SET recalculate = true
    WHERE provisional AND state <> 'stopped' AND NOT recalculate
      AND date_part('year', due_at AT TIME ZONE 'Asia/Shanghai') <= CAST(:year AS int)
    """
)


async def become_only_ticker(connection: AsyncConnection) -> bool:
    """Whether nobody else is ticking; held until the transaction ends."""
    return bool(await _ONLY_TICKER.value(connection))


async def speaking(connection: AsyncConnection, now: datetime, limit: int) -> list[Clock]:
    """Clocks with something to say, locked, in the order of what they say."""
    return [clock_of(row) for row in await _SPEAKING.rows(connection, {"now": now, "limit": limit})]


async def save_told(connection: AsyncConnection, told: Sequence[dict[str, Any]], now: datetime) -> None:
    """Note what was said, and mark the tasks that are late: (id, warnings, next_at, overdue)."""
    await _TOLD.rows(connection, {"told": orjson.dumps(list(told), default=str).decode(), "now": now})


async def stale(connection: AsyncConnection, limit: int) -> list[tuple[UUID, UUID | None]]:
    """Clocks that are to be calculated again, with their adjustments."""
    return [(row.id, row.adjustment_id) for row in await _STALE.rows(connection, {"limit": limit})]


async def lock_stale(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Clock]:
    """Those of these clocks that still are to be calculated again, locked."""
    return [clock_of(row) for row in await _LOCK_STALE.rows(connection, {"ids": list(ids)})]


async def mark_provisional(connection: AsyncConnection, last_announced: int) -> None:
    """Have clocks calculated again that were due in a year announced since."""
    await _MARK_PROVISIONAL.rows(connection, {"year": last_announced})
