"""SQL of charts: claims by region, and how long review steps took."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# The region and those right below it; what lies deeper counts for the one on the way.
_CLAIMS = Statement(
    """
    WITH place AS MATERIALIZED (
        SELECT r.code, coalesce(b.code, CAST(:region_code AS text)) AS shown
        FROM qingdan.catalog_region_v1 AS r
        LEFT JOIN qingdan.catalog_region_v1 AS b ON b.parent_code = :region_code
            AND (b.code = r.code OR b.code = ANY (r.ancestors))
        WHERE r.code = :region_code OR CAST(:region_code AS text) = ANY (r.ancestors)
    )
    SELECT p.shown AS region_code, n.name AS region_name, count(*) AS total,
           count(*) FILTER (WHERE c.state = 'claimed') AS claimed,
           count(*) FILTER (WHERE c.state = 'not_applicable') AS not_applicable,
           count(*) FILTER (WHERE c.state = 'disputed') AS disputed,
           count(*) FILTER (WHERE c.state = 'offered') AS offered
    FROM qingdan.catalog_claim_v1 AS c
    JOIN place AS p ON p.code = c.region_code
    JOIN qingdan.catalog_region_v1 AS n ON n.code = p.shown
    -- What the superior has taken back is nobody's to claim.
    WHERE c.state <> 'withdrawn'
    GROUP BY p.shown, n.name ORDER BY p.shown
    """
)
# Steps on which somebody gave an opinion in the period; a step that was given back counts as often as it was done.
_STEPS = Statement(
    """
    WITH done AS (
        SELECT s.act, s.title, s.due_at, s.decided_at,
               extract(epoch FROM s.decided_at - s.opened_at) / 86400 AS days
        FROM qingdan.catalog_region_v1 AS r
        JOIN qingdan.adjustment AS a ON a.region_code = r.code
        JOIN qingdan.review_step AS s ON s.adjustment_id = a.id
        WHERE (r.code = :region_code OR CAST(:region_code AS text) = ANY (r.ancestors))
          AND s.state IN ('passed', 'returned') AND s.opened_at IS NOT NULL
          AND s.decided_at >= :since AND s.decided_at < :until
    )
    SELECT act, title, count(*) AS count, count(*) FILTER (WHERE decided_at > due_at) AS late,
           CAST(round(avg(days), 1) AS float) AS average,
           CAST(round(CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS numeric), 1) AS float) AS median,
           CAST(round(max(days), 1) AS float) AS longest
    FROM done GROUP BY act, title ORDER BY average DESC, title, act
    """
)


async def claims(connection: AsyncConnection, region_code: str) -> list[dict[str, Any]]:
    """Claims by state, of a region and of each right below it with all that is below."""
    return [dict(row) for row in await _CLAIMS.rows(connection, {"region_code": region_code})]


async def steps(
    connection: AsyncConnection, region_code: str, *, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """How long the review steps of a region and those below it took, in days, by step, the slowest first."""
    given = {"region_code": region_code, "since": since, "until": until}
    return [dict(row) for row in await _STEPS.rows(connection, given)]
