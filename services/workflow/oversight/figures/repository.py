"""SQL of the figures: counted from the records when they are asked for, typed in by nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_PLACES = """places AS MATERIALIZED (
        SELECT r.code FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)])"""
_STATISTICS = """
    WITH {places}, counted AS (
        SELECT x.{key} AS key, count(*) AS complaints,
               count(*) FILTER (WHERE x.outcome IN ('upheld', 'partly_upheld')) AS upheld,
               count(*) FILTER (WHERE x.state = 'received' AND coalesce(c.due_at, x.due_at) < :now) AS unanswered,
               0 AS violations, 0 AS grave, 0 AS unsettled, 0 AS orders, 0 AS pending, 0 AS late, 0 AS escalated,
               0 AS highest, 0 AS measures, 0 AS reviews, 0 AS bad
        FROM qingdan.complaint AS x LEFT JOIN qingdan.clock AS c ON c.id = x.id
        WHERE x.region_code IN (SELECT p.code FROM places AS p) AND x.received_at >= :since AND x.received_at < :until
        GROUP BY x.{key}
        UNION ALL
        SELECT v.{key}, 0, 0, 0, count(*), count(*) FILTER (WHERE v.severity = 'serious'),
               count(*) FILTER (WHERE v.state = 'open'), 0, 0, 0, 0, 0, 0, 0, 0
        FROM qingdan.violation AS v
        WHERE v.region_code IN (SELECT p.code FROM places AS p) AND v.found_at >= :since AND v.found_at < :until
          AND v.state <> 'dismissed'
        GROUP BY v.{key}
        UNION ALL
        SELECT o.{key}, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE o.state IN ('issued', 'reported')),
               count(*) FILTER (WHERE o.state = 'issued' AND coalesce(c.due_at, o.due_at) < :now),
               count(*) FILTER (WHERE o.escalation > 0), max(o.escalation),
               sum((SELECT count(*) FROM jsonb_array_elements(o.measures) AS m WHERE m ->> 'measure' <> 'none')),
               0, 0
        FROM qingdan.rectification_order AS o LEFT JOIN qingdan.clock AS c ON c.id = o.id
        WHERE o.region_code IN (SELECT p.code FROM places AS p) AND o.issued_at >= :since AND o.issued_at < :until
          AND o.state <> 'withdrawn'
        GROUP BY o.{key}
        UNION ALL
        SELECT w.{key}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*), count(*) FILTER (WHERE w.rating <= 2)
        FROM qingdan.review AS w
        WHERE w.region_code IN (SELECT p.code FROM places AS p) AND w.reviewed_at >= :since AND w.reviewed_at < :until
        GROUP BY w.{key}
    )
    SELECT CAST(n.key AS text) AS key, {name} AS name, sum(n.complaints)::int AS complaints,
           sum(n.upheld)::int AS complaints_upheld, sum(n.unanswered)::int AS complaints_overdue,
           sum(n.violations)::int AS violations, sum(n.grave)::int AS violations_serious,
           sum(n.unsettled)::int AS violations_open, sum(n.orders)::int AS orders, sum(n.pending)::int AS orders_open,
           sum(n.late)::int AS orders_overdue, sum(n.escalated)::int AS escalated, max(n.highest)::int AS highest_level,
           sum(n.measures)::int AS measures, sum(n.reviews)::int AS reviews, sum(n.bad)::int AS reviews_bad
    FROM counted AS n {joined}
    WHERE n.key IS NOT NULL
    GROUP BY n.key, {name}
    ORDER BY sum(n.late) DESC, sum(n.grave) DESC, sum(n.orders) DESC, CAST(n.key AS text) LIMIT 1000
    """
_BY = {
    "organ": Statement(
        _STATISTICS.format(
            places=_PLACES,
            key="organ_id",
            name="g.name",
            joined="LEFT JOIN qingdan.catalog_organ_v1 AS g ON g.id = n.key",
        )
    ),
    "region": Statement(
        _STATISTICS.format(
            places=_PLACES,
            key="region_code",
            name="g.name",
            joined="LEFT JOIN qingdan.catalog_region_v1 AS g ON g.code = n.key",
        )
    ),
}
# Visits that an entry asks for count where there is more than one (最多跑一次).
_SHORTCOMINGS = Statement(
    f"""
    WITH {_PLACES}, seen AS (
        SELECT x.organ_id, x.item_id, 'complaint' AS source, x.subject AS what, count(*) AS count
        FROM qingdan.complaint AS x
        WHERE x.outcome IN ('upheld', 'partly_upheld') AND x.region_code IN (SELECT p.code FROM places AS p)
          AND x.received_at >= :since AND x.received_at < :until
        GROUP BY x.organ_id, x.item_id, x.subject
        UNION ALL
        SELECT x.organ_id, x.item_id, 'review', 'bad_review', count(*)
        FROM qingdan.complaint AS x
        WHERE x.rating <= 2 AND x.outcome IS DISTINCT FROM 'unfounded'
          AND x.region_code IN (SELECT p.code FROM places AS p)
          AND x.received_at >= :since AND x.received_at < :until
        GROUP BY x.organ_id, x.item_id
        UNION ALL
        SELECT v.organ_id, v.item_id, 'violation', v.kind, count(*)
        FROM qingdan.violation AS v
        WHERE v.state <> 'dismissed' AND v.region_code IN (SELECT p.code FROM places AS p)
          AND v.found_at >= :since AND v.found_at < :until
        GROUP BY v.organ_id, v.item_id, v.kind
        UNION ALL
        SELECT i.implementing_body, i.id, 'visits', 'visits', CAST(v.elements ->> 'visits' AS numeric)::bigint
        FROM qingdan.catalog_item_v1 AS i
        JOIN qingdan.catalog_list_v1 AS l ON l.id = i.list_id AND l.state = 'in_force'
        JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = i.id AND v.number = i.version
        WHERE i.region_code IN (SELECT p.code FROM places AS p) AND i.state = 'in_use'
          AND CASE WHEN jsonb_typeof(v.elements -> 'visits') = 'number'
                   THEN CAST(v.elements ->> 'visits' AS numeric) BETWEEN 2 AND 1000 ELSE false END
    )
    SELECT s.organ_id, g.name AS organ_name, s.item_id, i.name AS item_name, s.source, s.what, s.count
    FROM seen AS s
    LEFT JOIN qingdan.catalog_organ_v1 AS g ON g.id = s.organ_id
    LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = s.item_id
    WHERE CAST(:organ AS uuid) IS NULL OR s.organ_id = CAST(:organ AS uuid)
    ORDER BY s.source = 'visits', s.count DESC, s.organ_id, s.item_id, s.what LIMIT :limit
    """
)


async def statistics(
    connection: AsyncConnection, region: str, by: str, *, since: datetime, until: datetime, now: datetime
) -> list[Row]:
    """What there was in a time, by organ or by region: the latest first, then the gravest."""
    given: dict[str, Any] = {"region": region, "since": since, "until": until, "now": now}
    return await _BY[by].rows(connection, given)


async def shortcomings(
    connection: AsyncConnection, region: str, organ: UUID | None, *, since: datetime, until: datetime, limit: int
) -> list[Row]:
    """What falls short, by organ, entry and kind; the most frequent first."""
    given = {"region": region, "organ": organ, "since": since, "until": until, "limit": limit}
    return await _SHORTCOMINGS.rows(connection, given)
