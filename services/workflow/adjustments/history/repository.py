"""SQL of the timeline: the events of an adjustment, in the order of the log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_EVENTS = Statement(
    """
    SELECT e.recorded_at AS at, e.type, e.actor, e.refs, count(*) OVER () AS total,
           (SELECT a.name FROM qingdan.catalog_account_v1 AS a
            WHERE a.id = CASE WHEN e.actor LIKE 'account:%' THEN CAST(substr(e.actor, 9) AS uuid) END) AS actor_name
    FROM qingdan.event AS e
    WHERE e.adjustment_id = :id AND e.type = ANY (CAST(:types AS text[]))
    ORDER BY e.position DESC LIMIT :limit
    """
)


async def events(connection: AsyncConnection, adjustment_id: UUID, types: list[str], limit: int) -> list[Row]:
    """The last events of these types that speak of the adjustment, the youngest first; `total` counts all."""
    return await _EVENTS.rows(connection, {"id": adjustment_id, "types": types, "limit": limit})


_CLOCKS = Statement(
    """
    SELECT t.id AS task_id, t.kind, t.title, k.state, k.started_at, k.due_at, k.provisional, k.amount, k.unit,
           k.pauses, k.extensions, k.stopped_at
    FROM qingdan.task AS t
    JOIN qingdan.clock AS k ON k.id = t.id
    WHERE t.adjustment_id = :id ORDER BY k.due_at, k.id LIMIT :limit
    """
)


async def clocks(connection: AsyncConnection, adjustment_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The limits of the tasks of an adjustment, the earliest first."""
    return [dict(row) for row in await _CLOCKS.rows(connection, {"id": adjustment_id, "limit": limit})]
