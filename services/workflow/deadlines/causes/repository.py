"""SQL of adjustments that are to be handed in: the rules that hold where they are compiled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# What has been handed in meanwhile is not due any more: an event may be read late.
_DUE = Statement(
    """
    SELECT d.code AS rule, a.id, a.title, o.region_code, a.organ_id, a.trigger_date
    FROM qingdan.adjustment AS a
    JOIN qingdan.catalog_region_v1 AS r ON r.code = a.region_code
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = a.organ_id
    JOIN qingdan.deadline_rule AS d ON d.active AND d.trigger = 'adjustment.opened' AND r.level = ANY(d.levels)
        AND (d.region_code IS NULL OR d.region_code = r.code OR d.region_code = ANY(r.ancestors))
    WHERE a.id = ANY(CAST(:ids AS uuid[])) AND a.submission = 0 AND a.state = 'draft' AND a.trigger_date IS NOT NULL
    ORDER BY a.id, d.code
    """
)
_SUBJECTS = Statement(
    """
    SELECT t.subject FROM qingdan.task AS t
    WHERE t.adjustment_id = ANY(CAST(:ids AS uuid[])) AND t.kind = 'deadline' AND t.state = 'open'
    """
)


async def due(connection: AsyncConnection, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Adjustments to be handed in, once for each rule that holds in their region; with the region of who compiles."""
    return [dict(row) for row in await _DUE.rows(connection, {"ids": list(ids)})]


async def subjects(connection: AsyncConnection, ids: Sequence[UUID]) -> list[str]:
    """What the open tasks of these adjustments are about."""
    return await _SUBJECTS.values(connection, {"ids": list(ids)})
