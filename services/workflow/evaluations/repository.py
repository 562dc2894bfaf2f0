"""SQL of evaluations: the figures of a period, and the records of what was concluded from them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Of the region and everything below it; from the first instant of the period to the first one after it. What is not
# done counts as late where its day is over by the counting: a period may be evaluated on its last day. What waits with
# its clock is not late, and a finding that was waived is settled.
_METRICS = Statement(
    """
    WITH place AS MATERIALIZED (
        SELECT r.code FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = :region_code OR CAST(:region_code AS text) = ANY (r.ancestors)
    ), decided AS (
        SELECT a.decided_at - a.created_at AS lasted
        FROM qingdan.adjustment AS a JOIN place AS p ON p.code = a.region_code
        WHERE a.decided_at >= :since AND a.decided_at < :until
    ), task AS (
        SELECT t.due_at, t.closed_at, coalesce(c.state = 'paused', false) AS waits
        FROM qingdan.task AS t JOIN place AS p ON p.code = t.region_code
        LEFT JOIN qingdan.clock AS c ON c.id = t.id
        WHERE t.due_at >= :since AND t.due_at < :until AND t.state <> 'void'
    ), finding AS (
        SELECT f.opened_at, f.closed_at, f.state FROM qingdan.catalog_finding_v1 AS f
        JOIN place AS p ON p.code = f.region_code WHERE f.opened_at < :until
    ), duty AS (
        SELECT o.done_at, o.due_at, o.subject, o.submitted_at FROM qingdan.obligation AS o
        JOIN place AS p ON p.code = o.region_code
        WHERE o.due_at >= :since AND o.due_at < :until AND o.state <> 'waived'
    ), survey AS (
        SELECT v.due_at, v.recorded_at, v.sample_size, v.score FROM qingdan.survey AS v
        JOIN place AS p ON p.code = v.region_code
    ), report AS (
        SELECT g.due_at, g.submitted_at FROM qingdan.monthly_report AS g JOIN place AS p ON p.code = g.region_code
        WHERE g.due_at >= :since AND g.due_at < :until
    )
    SELECT (SELECT count(*) FROM decided) AS adjustments_decided,
           (SELECT CAST(coalesce(round(avg(extract(epoch FROM lasted)) / 86400, 1), 0) AS float) FROM decided)
               AS days_to_decision,
           (SELECT count(*) FROM qingdan.adjustment AS a JOIN place AS p ON p.code = a.region_code
            WHERE a.published_at >= :since AND a.published_at < :until) AS adjustments_published,
           (SELECT count(*) FROM qingdan.publish_list_v1 AS l JOIN place AS p ON p.code = l.region_code)
               AS lists_published,
           (SELECT count(*) FROM task) AS tasks_due,
           (SELECT count(*) FROM task WHERE NOT waits AND coalesce(closed_at, :at) > due_at) AS tasks_late,
           (SELECT count(*) FROM finding WHERE opened_at >= :since) AS findings_opened,
           (SELECT count(*) FROM finding WHERE closed_at >= :since AND closed_at < :until) AS findings_closed,
           (SELECT count(*) FROM finding WHERE state <> 'waived' AND coalesce(closed_at >= :until, true))
               AS findings_open_at_end,
           (SELECT count(*) FROM duty) AS obligations_due,
           (SELECT count(*) FROM duty WHERE coalesce(done_at, CASE WHEN subject <> 'list' THEN submitted_at END,
                                                     :at) > due_at) AS obligations_late,
           (SELECT count(*) FROM report) AS reports_due,
           (SELECT count(*) FROM report WHERE coalesce(submitted_at, :at) > due_at) AS reports_late,
           (SELECT count(*) FROM survey WHERE due_at >= :since AND due_at < :until) AS surveys_due,
           (SELECT count(*) FROM survey WHERE due_at >= :since AND due_at < :until AND due_at < :at
              AND coalesce(recorded_at >= :until, true)) AS surveys_missing,
           (SELECT CAST(coalesce(round(sum(score * sample_size) / sum(sample_size), 2), 0) AS float) FROM survey
            WHERE recorded_at >= :since AND recorded_at < :until) AS satisfaction,
           (SELECT count(*) FROM qingdan.campaign_issue AS i JOIN place AS p ON p.code = i.region_code
            WHERE i.reported_at >= :since AND i.reported_at < :until) AS issues_reported
    """
)
_COLUMNS = """e.id, e.region_code, e.first_day, e.last_day, e.title, e.metrics, e.conclusion, e.recorded_by,
    e.recorded_at"""
_INSERT = Statement(
    """
    INSERT INTO qingdan.evaluation (id, region_code, first_day, last_day, title, metrics, conclusion, recorded_by,
                                    recorded_at)
    VALUES (:id, :region_code, :first_day, :last_day, :title, CAST(:metrics AS jsonb), :conclusion, :actor, :now)
    ON CONFLICT (region_code, first_day, last_day) DO NOTHING
    RETURNING id
    """
)
_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.evaluation AS e WHERE e.id = :id")
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.evaluation AS e
    JOIN qingdan.catalog_region_v1 AS r ON r.code = e.region_code
    WHERE (CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:places AS text[]))
           OR r.ancestors && CAST(:places AS text[]))
      AND (CAST(:region_code AS text) IS NULL OR e.region_code = :region_code)
      AND (CAST(:before AS uuid) IS NULL OR e.id < CAST(:before AS uuid))
    ORDER BY e.id DESC LIMIT :limit
    """
)


async def metrics(
    connection: AsyncConnection, region_code: str, *, since: datetime, until: datetime, now: datetime
) -> dict[str, Any]:
    """The figures of a region and those below it, in a period."""
    given = {"region_code": region_code, "since": since, "until": until, "at": min(until, now)}
    row = await _METRICS.row(connection, given)
    return dict(row) if row else {}


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Store an evaluation; False when the period has one."""
    given = dict(values) | {"metrics": orjson.dumps(values["metrics"]).decode()}
    return await _INSERT.value(connection, given) is not None


async def find(connection: AsyncConnection, evaluation_id: UUID) -> Row | None:
    """One evaluation."""
    return await _FIND.row(connection, {"id": evaluation_id})


async def page(
    connection: AsyncConnection, given: Mapping[str, Any], *, region_code: str | None, before: UUID | None, limit: int
) -> list[Row]:
    """Evaluations of places (`given`: places, everywhere) and below, the newest first."""
    own = {name: given[name] for name in ("places", "everywhere")}
    return await _PAGE.rows(connection, own | {"region_code": region_code, "before": before, "limit": limit})
