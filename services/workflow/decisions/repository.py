"""SQL of the schedule: which decided adjustments fall due."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

# One runner at a time: two that share the rows out between them could commit a later instant before an earlier one.
_ONLY_RUNNER = text("SELECT pg_try_advisory_xact_lock(hashtextextended('workflow/effective_scheduler', 0))")

_DUE = text(
    """
    WITH due AS (
        SELECT a.id, a.region_code, a.effective_at, a.reason, a.legal_basis, a.decision
        FROM qingdan.adjustment AS a
        WHERE a.state = 'scheduled' AND a.effective_at <= :now
        ORDER BY a.effective_at, a.id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    SELECT due.*, ARRAY(SELECT c.item_id FROM qingdan.change AS c WHERE c.adjustment_id = due.id
                          AND c.outcome IS NULL ORDER BY c.number) AS item_ids
    FROM due ORDER BY due.effective_at, due.id
    """
).columns(decision=JSONB)

_ANNOUNCED = text(
    """
    UPDATE qingdan.adjustment AS a
    SET state = 'decided', effective_event_id = e.event_id, version = a.version + 1, updated_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:event_ids AS uuid[])) AS e (id, event_id)
    WHERE a.id = e.id AND a.state = 'scheduled'
    """
)


async def become_only_runner(connection: AsyncConnection) -> bool:
    """Whether nobody else is announcing effects; held until the transaction ends."""
    return bool((await connection.execute(_ONLY_RUNNER)).scalar_one())


async def due(connection: AsyncConnection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """Scheduled adjustments whose instant has come, in its order, with their entries; locked."""
    rows = await connection.execute(_DUE, {"now": now, "limit": limit})
    return [dict(row) for row in rows.mappings()]


async def save_announced(connection: AsyncConnection, events: dict[UUID, UUID], now: datetime) -> None:
    """Note the event that announced the effect of each adjustment."""
    parameters = {"ids": list(events), "event_ids": list(events.values()), "now": now}
    await connection.execute(_ANNOUNCED, parameters)
