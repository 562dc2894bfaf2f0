"""SQL of the workload."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# By person where a task was given to somebody, else by organ and role.
_WORKLOAD = Statement(
    """
    SELECT t.assignee_id, a.name, t.organ_id, o.name AS organ_name,
           CASE WHEN t.assignee_id IS NULL THEN t.role END AS role, count(*) AS open,
           count(*) FILTER (WHERE t.due_at < :now) AS overdue, min(t.due_at) AS next_due_at
    FROM qingdan.task AS t
    JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
    LEFT JOIN qingdan.catalog_account_v1 AS a ON a.id = t.assignee_id
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = t.organ_id
    WHERE t.state = 'open' AND (r.code = :region_code OR CAST(:region_code AS text) = ANY(r.ancestors))
      AND (CAST(:organ_id AS uuid) IS NULL OR t.organ_id = :organ_id OR :organ_id = ANY(t.joint_organ_ids))
    GROUP BY t.assignee_id, a.name, t.organ_id, o.name, CASE WHEN t.assignee_id IS NULL THEN t.role END
    ORDER BY overdue DESC, open DESC, t.assignee_id NULLS LAST, t.organ_id NULLS LAST, role
    LIMIT :limit
    """
)


async def workload(
    connection: AsyncConnection, region_code: str, organ_id: UUID | None, *, now: datetime, limit: int
) -> list[Row]:
    """Open tasks of a region and below, by person, or by organ and role; most late ones first."""
    given = {"region_code": region_code, "organ_id": organ_id, "now": now, "limit": limit}
    return await _WORKLOAD.rows(connection, given)
