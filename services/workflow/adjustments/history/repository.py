"""SQL of the timeline: the events of an adjustment, in the order of the log."""

from __future__ import annotations

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
