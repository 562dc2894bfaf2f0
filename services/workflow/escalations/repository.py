"""SQL of escalation: the ladders of regions, and late tasks that are to rise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_LADDERS = Statement(
    f"""
    SELECT r.code, x.steps
    FROM qingdan.catalog_region_v1 AS r
    LEFT JOIN LATERAL (
        SELECT e.steps FROM qingdan.escalation_rule AS e
        WHERE e.region_code = ANY(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text))
        ORDER BY array_position(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text), e.region_code)
        LIMIT 1) AS x ON true
    WHERE r.code = ANY(CAST(:codes AS text[]))
    """
)

_OWN = Statement("SELECT e.steps, e.version FROM qingdan.escalation_rule AS e WHERE e.region_code = :region_code")
_LOCK = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/escalation/' || CAST(:region_code AS text), 0))"
)
_SET = Statement(
    """
    INSERT INTO qingdan.escalation_rule AS e (region_code, steps, set_by, set_at)
    VALUES (:region_code, CAST(:steps AS jsonb), :set_by, :now)
    ON CONFLICT (region_code) DO UPDATE
    SET steps = excluded.steps, set_by = excluded.set_by, set_at = excluded.set_at, version = e.version + 1
    RETURNING e.version
    """
)

# Late since another instant: it was given more time meanwhile, and begins anew. Orders to put something right have an
# escalation of their own, to the region above.
_LATE = Statement(
    """
    SELECT t.id, t.kind, t.role, t.region_code, t.overdue_at, t.adjustment_id, e.roles, e.next_at
    FROM qingdan.task AS t
    LEFT JOIN qingdan.task_escalation AS e ON e.task_id = t.id AND e.overdue_at = t.overdue_at
    WHERE t.state = 'open' AND t.overdue_at IS NOT NULL AND t.kind <> 'rectification'
        AND (e.task_id IS NULL OR e.next_at <= :now)
    ORDER BY t.id LIMIT :limit FOR UPDATE OF t SKIP LOCKED
    """
)

_SAVE = Statement(
    """
    INSERT INTO qingdan.task_escalation AS e (task_id, overdue_at, roles, next_at)
    SELECT g.id, g.overdue_at, g.roles, g.next_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(
        id uuid, overdue_at timestamptz, roles text[], next_at timestamptz)
    ON CONFLICT (task_id) DO UPDATE
    SET overdue_at = excluded.overdue_at, roles = excluded.roles, next_at = excluded.next_at
    """
)


async def ladders(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Any]:
    """The steps that hold in regions: the nearest that are set; None where nobody has set any."""
    rows = await _LADDERS.rows(connection, {"codes": sorted(set(codes))})
    return {row.code: row.steps for row in rows}


async def own(connection: AsyncConnection, region_code: str) -> Row | None:
    """What a region itself has set: steps, version."""
    return await _OWN.row(connection, {"region_code": region_code})


async def lock(connection: AsyncConnection, region_code: str) -> None:
    """Changes of one region's ladder come one after another."""
    await _LOCK.rows(connection, {"region_code": region_code})


async def set_ladder(
    connection: AsyncConnection, region_code: str, steps: Sequence[dict[str, Any]], *, set_by: str, now: datetime
) -> int:
    """Replace the ladder of a region; returns the version."""
    given = {"region_code": region_code, "steps": orjson.dumps(list(steps)).decode(), "set_by": set_by, "now": now}
    return int(await _SET.value(connection, given))


async def late(connection: AsyncConnection, now: datetime, limit: int) -> list[Row]:
    """Late tasks nobody has looked at yet, or that are to rise now; locked."""
    return await _LATE.rows(connection, {"now": now, "limit": limit})


async def save(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Note where late tasks stand: (id, overdue_at, roles, next_at)."""
    await _SAVE.rows(connection, {"rows": orjson.dumps(list(rows), default=str).decode()})
