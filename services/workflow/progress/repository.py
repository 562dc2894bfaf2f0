"""SQL that counts obligations, submissions and published lists. Counts are as of an instant, never kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.obligations.repository import Reader
from shared.statement import Row, Statement

# Of a paper the unit's part is done when it was handed in; of a list not before it is published.
_COUNTS = """count(*) AS total,
    count(*) FILTER (WHERE o.done_at <= :at) AS done,
    count(*) FILTER (WHERE o.done_at <= :at AND o.done_at > o.due_at) AS late,
    count(*) FILTER (WHERE coalesce(o.waived_at > :at, true) AND coalesce(o.done_at > :at, true)) AS open,
    count(*) FILTER (WHERE coalesce(o.waived_at > :at, true) AND coalesce(o.done_at > :at, true) AND o.due_at < :at
                       AND (o.subject = 'list' OR coalesce(o.submitted_at > :at, true))) AS overdue,
    count(*) FILTER (WHERE o.waived_at <= :at) AS waived,
    count(*) FILTER (WHERE o.submitted_at <= :at) AS submitted,
    count(*) FILTER (WHERE o.decided_at <= :at) AS decided,
    count(*) FILTER (WHERE o.published_at <= :at) AS published,
    count(*) FILTER (WHERE o.filed_at <= :at) AS filed"""

# One pass over the obligations for all groups.
_PROGRESS = Statement(
    f"""
    WITH counted AS (
        SELECT grouping(o.milestone_id, m.phase, o.organ_id, o.region_code, o.list_kind) AS mask, o.milestone_id,
               m.phase, o.unit IN ('lead', 'obliged') AS leads, o.organ_id, o.region_code, o.list_kind, {_COUNTS}
        FROM qingdan.obligation AS o JOIN qingdan.campaign_milestone AS m ON m.id = o.milestone_id
        WHERE o.campaign_id = :campaign_id
        GROUP BY GROUPING SETS ((), (o.milestone_id), (m.phase), (o.unit IN ('lead', 'obliged'), o.organ_id),
                                (o.region_code), (o.list_kind))
    )
    SELECT c.*, n.name AS organ_name, r.name AS region_name, k.title AS kind_title
    FROM counted AS c
    LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = c.organ_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    LEFT JOIN qingdan.catalog_kind_v1 AS k ON k.code = c.list_kind
    ORDER BY c.mask, c.phase, n.name, c.region_code, c.list_kind
    """
)

_SUBMISSIONS = Statement(
    """
    SELECT s.phase, count(*) AS adjustments, sum(s.entries) AS entries, count(*) FILTER (WHERE s.late) AS late,
           coalesce(sum(s.entries) FILTER (WHERE s.late), 0) AS late_entries
    FROM qingdan.campaign_submission AS s WHERE s.campaign_id = :campaign_id GROUP BY s.phase
    """
)
_LATE = Statement(
    """
    SELECT s.adjustment_id, a.number, a.title, s.organ_id, n.name AS organ_name, s.region_code, s.list_kinds,
           s.entries, s.submitted_at, s.phase, s.late
    FROM qingdan.campaign_submission AS s
    JOIN qingdan.adjustment AS a ON a.id = s.adjustment_id
    JOIN qingdan.catalog_region_v1 AS r ON r.code = s.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = s.organ_id
    WHERE s.campaign_id = :campaign_id
      AND (CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:places AS text[]))
           OR r.ancestors && CAST(:places AS text[]) OR s.organ_id = ANY (CAST(:organs AS uuid[])))
      AND (CAST(:late AS boolean) IS NULL OR s.late = CAST(:late AS boolean))
      AND (s.submitted_at, s.adjustment_id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY s.submitted_at, s.adjustment_id LIMIT :limit
    """
)

# Of each unit that reports: its own part as it was at the end of a month.
_UNITS = Statement(
    f"""
    WITH unit AS (
        SELECT DISTINCT o.region_code, CASE WHEN r.kind = 'zone' THEN NULL ELSE o.organ_id END AS organ_id
        FROM qingdan.obligation AS o
        JOIN qingdan.campaign AS c ON c.id = o.campaign_id
        JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
        WHERE o.campaign_id = :campaign_id AND o.unit = 'lead' AND o.subject <> 'guidance'
          AND (r.kind = 'zone' OR o.region_code = c.region_code AND o.organ_id IS NOT NULL)
    )
    SELECT u.region_code, u.organ_id, n.name AS organ_name, r.name AS region_name, {_COUNTS},
           count(*) FILTER (WHERE o.done_at > :since AND o.done_at <= :at) AS done_in_month,
           (jsonb_agg(jsonb_build_object('title', o.title, 'due_at', o.due_at, 'overdue', o.due_at < :at)
                      ORDER BY o.due_at, o.id)
            FILTER (WHERE coalesce(o.waived_at > :at, true) AND coalesce(o.done_at > :at, true)
                      AND (o.subject = 'list' OR coalesce(o.submitted_at > :at, true)))) AS waiting
    FROM unit AS u
    JOIN qingdan.obligation AS o ON o.campaign_id = :campaign_id
        AND CASE WHEN o.subject = 'guidance' THEN o.organ_id = u.organ_id
                 ELSE o.region_code = u.region_code AND (u.organ_id IS NULL OR o.organ_id = u.organ_id) END
    JOIN qingdan.catalog_region_v1 AS r ON r.code = u.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = u.organ_id
    GROUP BY u.region_code, u.organ_id, n.name, r.name ORDER BY u.region_code, n.name, u.organ_id
    """
)

# Lists the public can read now, with the class of their kind.
_PUBLISHED = Statement(
    """
    SELECT p.kind, k.title, k.list_class, min(v.published_at) AS published_at
    FROM qingdan.publish_list_v1 AS p
    JOIN qingdan.catalog_list_v1 AS l ON l.id = p.list_id AND l.state = 'in_force'
    JOIN qingdan.catalog_kind_v1 AS k ON k.code = p.kind
    JOIN qingdan.publish_revision_v1 AS v ON v.list_id = p.list_id
    WHERE p.region_code = :region_code
    GROUP BY p.kind, k.title, k.list_class ORDER BY p.kind
    """
)


async def progress(connection: AsyncConnection, campaign_id: UUID, at: datetime) -> list[Row]:
    """Counts of a campaign by group; `mask` says which (see `rules.MASKS`)."""
    return await _PROGRESS.rows(connection, {"campaign_id": campaign_id, "at": at})


async def submissions(connection: AsyncConnection, campaign_id: UUID) -> list[Row]:
    """Adjustments and entries submitted in the course of a campaign, and those that came late, by phase."""
    return await _SUBMISSIONS.rows(connection, {"campaign_id": campaign_id})


async def submitted(
    connection: AsyncConnection,
    campaign_id: UUID,
    reader: Reader,
    *,
    late: bool | None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Row]:
    """Adjustments submitted in the course of a campaign that a reader may see, in order."""
    given = {"campaign_id": campaign_id, "late": late, "after_at": after[0], "after_id": after[1], "limit": limit}
    return await _LATE.rows(connection, given | reader.given())


async def units(connection: AsyncConnection, campaign_id: UUID, *, since: datetime, at: datetime) -> list[Row]:
    """The units that report, with the counts of their part at an instant and what was done since another."""
    return await _UNITS.rows(connection, {"campaign_id": campaign_id, "since": since, "at": at})


async def published(connection: AsyncConnection, region_code: str) -> list[dict[str, Any]]:
    """The kinds of list a region has published: kind, title, list_class, since when."""
    return [dict(row) for row in await _PUBLISHED.rows(connection, {"region_code": region_code})]
