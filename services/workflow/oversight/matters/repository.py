"""SQL of matters: read where they were found, and copied nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Of suspects only those a person has judged: no list of ours names a matter on a suspicion alone (ZZ-26).
_PAGE = Statement(
    """
    WITH places AS MATERIALIZED (
        SELECT r.code FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)]
    ), matter AS (
        SELECT 'finding' AS origin, 'finding/' || f.id AS subject, f.region_code, i.implementing_body AS organ_id,
               f.item_id, left(f.rule || '：' || i.name || '：' || f.message, 300) AS title, f.opened_at AS since,
               CASE WHEN f.severity = 'block' THEN 'serious' ELSE 'ordinary' END AS severity
        FROM qingdan.catalog_finding_v1 AS f JOIN qingdan.catalog_item_v1 AS i ON i.id = f.item_id
        WHERE f.state = 'open' AND f.severity IN ('block', 'error')
          AND f.region_code IN (SELECT p.code FROM places AS p)
          AND f.rule <> 'V20'
        UNION ALL
        SELECT 'suspect', 'suspect/' || s.id, s.region_code, i.implementing_body, s.item_id, left(s.name, 300),
               s.judged_at, 'serious'
        FROM qingdan.catalog_suspect_v1 AS s LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = s.item_id
        WHERE s.state = 'judged' AND s.verdict = 'disguised' AND s.region_code IN (SELECT p.code FROM places AS p)
        UNION ALL
        SELECT 'violation', 'violation/' || v.id, v.region_code, v.organ_id, v.item_id, h.number || ' ' || h.name,
               v.found_at, v.severity
        FROM qingdan.violation AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id
        WHERE v.state = 'open' AND v.region_code IN (SELECT p.code FROM places AS p)
        UNION ALL
        SELECT 'complaint', 'complaint/' || x.id, x.region_code, x.organ_id, x.item_id,
               x.source || ' ' || coalesce(x.reference, CAST(x.id AS text)), x.answered_at, 'ordinary'
        FROM qingdan.complaint AS x
        WHERE x.outcome IN ('upheld', 'partly_upheld') AND x.region_code IN (SELECT p.code FROM places AS p)
    )
    SELECT m.*, g.name AS organ_name, o.id AS order_id, o.state AS order_state
    FROM matter AS m
    LEFT JOIN qingdan.catalog_organ_v1 AS g ON g.id = m.organ_id
    LEFT JOIN LATERAL (
        SELECT n.id, n.state FROM qingdan.rectification_order AS n
        WHERE n.subject = m.subject AND n.state <> 'withdrawn' ORDER BY n.id DESC LIMIT 1
    ) AS o ON true
    WHERE (CAST(:origin AS text) IS NULL OR m.origin = CAST(:origin AS text))
      AND (CAST(:organ AS uuid) IS NULL OR m.organ_id = CAST(:organ AS uuid))
      AND (CAST(:ordered AS boolean) IS NULL OR CAST(:ordered AS boolean) = (o.id IS NOT NULL))
      AND (CAST(:after_at AS timestamptz) IS NULL
           OR (m.since, m.subject) > (CAST(:after_at AS timestamptz), CAST(:after AS text)))
    ORDER BY m.since, m.subject LIMIT :limit
    """
)


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """Matters of a region and all below it, the oldest first."""
    at, subject = after or (None, None)
    return await _PAGE.rows(connection, dict(filters) | {"after_at": at, "after": subject, "limit": limit})
