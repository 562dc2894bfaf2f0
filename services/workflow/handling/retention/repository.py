"""SQL of the retention of handling records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_BOUNDED = Statement(
    f"""
    SELECT r.code FROM qingdan.catalog_region_v1 AS r
    WHERE EXISTS (
        SELECT FROM qingdan.oversight_setting AS o
        WHERE o.retention_months IS NOT NULL
          AND o.region_code = ANY(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text)))
    ORDER BY r.code
    """
)
# What a platform is just telling of is left for the next time.
_FORGET = Statement(
    """
    WITH old AS MATERIALIZED (
        SELECT h.id
        FROM unnest(CAST(:codes AS text[]), CAST(:months AS int[])) AS k(region_code, months)
        CROSS JOIN LATERAL (
            SELECT x.id FROM qingdan.handling_record AS x
            WHERE x.region_code = k.region_code
              AND x.completed_at < CAST(:now AS timestamptz) - make_interval(months => k.months)
              AND NOT EXISTS (SELECT FROM qingdan.violation AS v WHERE v.record_id = x.id)
            ORDER BY x.completed_at LIMIT :limit
        ) AS h LIMIT :limit
    ), locked AS MATERIALIZED (
        SELECT h.id FROM qingdan.handling_record AS h JOIN old AS o ON o.id = h.id FOR UPDATE OF h SKIP LOCKED
    ), gone AS (
        DELETE FROM qingdan.handling_record AS h USING locked AS l WHERE h.id = l.id RETURNING h.region_code
    )
    SELECT g.region_code, count(*)::int AS count FROM gone AS g GROUP BY g.region_code ORDER BY g.region_code
    """
)


async def bounded(connection: AsyncConnection) -> list[str]:
    """Regions where records are not kept for good."""
    return await _BOUNDED.values(connection)


async def forget(connection: AsyncConnection, months: Mapping[str, int], now: datetime, limit: int) -> list[Row]:
    """Delete completed records older than their region keeps them, but for those with violations; counts by region."""
    given = {"codes": list(months), "months": list(months.values()), "now": now, "limit": limit}
    return await _FORGET.rows(connection, given)
