"""SQL that moves obligations by what has happened: as things stand now, so that reading an event twice is harmless."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Open obligations of lists in running campaigns; the index leaves nothing to look at where there are none.
_CONCERNED = Statement(
    """
    SELECT o.id
    FROM (SELECT DISTINCT g.region_code, g.list_kind
          FROM unnest(CAST(:regions AS text[]), CAST(:kinds AS text[])) AS g (region_code, list_kind)) AS p
    JOIN qingdan.obligation AS o ON o.region_code = p.region_code AND o.list_kind = p.list_kind
        AND o.state = 'open' AND o.subject = 'list'
    JOIN qingdan.campaign AS c ON c.id = o.campaign_id AND c.state = 'running'
    """
)

# A list counts with the first public revision that its decision led to: the decision comes before the publication
# (ZL-53). `adjusted` asks for a decision of the campaign's own time, by an adjustment or by the enactment itself. What
# was done when is written, not when it was heard of: an outage makes nobody late.
_SETTLE = Statement(
    """
    WITH held AS (
        SELECT o.id, o.campaign_id, o.milestone_id, o.region_code, o.list_kind, o.filed_at, o.document
        FROM qingdan.obligation AS o
        WHERE o.id = ANY (CAST(:ids AS uuid[])) AND o.state = 'open' AND o.subject = 'list'
        ORDER BY o.id FOR UPDATE
    ), fact AS (
        SELECT o.id, l.id AS list_id, f.decided_at, f.published_at,
               f.published_at IS NOT NULL AND (NOT m.filing OR o.filed_at IS NOT NULL)
                   AND (m.attachment IS NULL OR o.document IS NOT NULL) AS complete
        FROM held AS o
        JOIN qingdan.campaign_milestone AS m ON m.id = o.milestone_id
        JOIN qingdan.campaign AS c ON c.id = o.campaign_id
        JOIN qingdan.catalog_list_v1 AS l ON l.region_code = o.region_code AND l.kind = o.list_kind
        LEFT JOIN LATERAL (
            SELECT coalesce(a.decided_at, l.enacted_at) AS decided_at, v.published_at
            FROM qingdan.publish_revision_v1 AS v
            LEFT JOIN qingdan.adjustment AS a ON a.id = v.adjustment_id
            WHERE v.list_id = l.id AND l.state = 'in_force'
              AND v.published_at >= coalesce(a.decided_at, l.enacted_at)
              AND (m.completion = 'enacted'
                   OR coalesce(a.decided_at, l.enacted_at)
                      >= CAST(c.starts_on AS timestamp) AT TIME ZONE 'Asia/Shanghai')
            ORDER BY v.published_at, v.revision LIMIT 1
        ) AS f ON true
    )
    UPDATE qingdan.obligation AS o
    SET list_id = f.list_id, decided_at = f.decided_at, published_at = f.published_at, version = o.version + 1,
        state = CASE WHEN f.complete THEN 'done' ELSE 'open' END,
        done_at = CASE WHEN f.complete
                       THEN greatest(f.published_at, o.filed_at, CAST(o.document ->> 'at' AS timestamptz)) END
    FROM fact AS f
    WHERE o.id = f.id AND (f.complete OR (o.list_id, o.published_at) IS DISTINCT FROM (f.list_id, f.published_at))
    RETURNING o.id, o.campaign_id, o.organisers, o.state
    """
)

# Guidance is given on the day it was held, whenever somebody writes it down; before the campaign it does not count.
_GUIDED = Statement(
    """
    WITH held AS (
        SELECT o.id
        FROM qingdan.obligation AS o
        JOIN qingdan.campaign AS c ON c.id = o.campaign_id AND c.state = 'running' AND c.starts_on <= :held_on
        WHERE o.state = 'open' AND o.subject = 'guidance' AND o.organ_id = :organ_id
          AND o.region_code = ANY (CAST(:regions AS text[])) AND o.list_kind = ANY (CAST(:kinds AS text[]))
        ORDER BY o.id FOR UPDATE OF o
    )
    UPDATE qingdan.obligation AS o
    SET state = 'done', done_at = :at, submitted_at = :at, document = CAST(:document AS jsonb), version = o.version + 1
    FROM held AS h WHERE o.id = h.id
    RETURNING o.id, o.campaign_id, o.organisers, o.state
    """
)

# What each submission is about: kinds and regions of the lists it changes, and the organs whose entries they are.
_ABOUT = """about AS (
    SELECT g.adjustment_id, g.at, a.organ_id AS leader, ch.organ_id, ch.item_id, l.region_code, l.kind
    FROM jsonb_to_recordset(CAST(:submitted AS jsonb)) AS g (adjustment_id uuid, at timestamptz)
    JOIN qingdan.adjustment AS a ON a.id = g.adjustment_id
    JOIN qingdan.change AS ch ON ch.adjustment_id = a.id
    JOIN qingdan.catalog_list_v1 AS l ON l.id = ch.list_id
)"""

# The first submission counts; one that is returned and comes again has been in time. What comes after the last day of
# the phase of submission is late (ZL-40).
_NOTE = Statement(
    f"""
    WITH {_ABOUT}
    INSERT INTO qingdan.campaign_submission (campaign_id, adjustment_id, organ_id, region_code, list_kinds, entries,
                                             submitted_at, phase, late)
    SELECT c.id, b.adjustment_id, b.leader, min(b.region_code), array_agg(DISTINCT b.kind ORDER BY b.kind),
           count(DISTINCT b.item_id), min(b.at), p.number,
           coalesce(CAST(min(b.at) AT TIME ZONE 'Asia/Shanghai' AS date) > p.ends_on, false)
    FROM about AS b
    JOIN qingdan.campaign AS c ON c.state = 'running'
        AND CAST(b.at AT TIME ZONE 'Asia/Shanghai' AS date) >= c.starts_on
        AND EXISTS (SELECT FROM qingdan.obligation AS o WHERE o.campaign_id = c.id AND o.region_code = b.region_code
                      AND o.list_kind = b.kind)
    LEFT JOIN qingdan.campaign_phase AS p ON p.campaign_id = c.id AND p.act = 'submission'
    GROUP BY c.id, b.adjustment_id, b.leader, p.number, p.ends_on
    ON CONFLICT DO NOTHING
    """
)

_SUBMITTED = Statement(
    f"""
    WITH {_ABOUT}, met AS (
        SELECT o.id, min(b.at) AS at
        FROM about AS b
        JOIN qingdan.obligation AS o ON o.region_code = b.region_code AND o.list_kind = b.kind AND o.state = 'open'
            AND (o.subject = 'list' OR o.subject = 'submission' AND o.organ_id IN (b.organ_id, b.leader))
        JOIN qingdan.campaign AS c ON c.id = o.campaign_id AND c.state = 'running'
            AND CAST(b.at AT TIME ZONE 'Asia/Shanghai' AS date) >= c.starts_on
        GROUP BY o.id
    ), held AS (
        SELECT o.id, m.at FROM met AS m JOIN qingdan.obligation AS o ON o.id = m.id AND o.submitted_at IS NULL
        ORDER BY o.id FOR UPDATE OF o
    )
    UPDATE qingdan.obligation AS o
    SET submitted_at = m.at, version = o.version + 1,
        state = CASE WHEN o.subject = 'submission' THEN 'done' ELSE o.state END,
        done_at = CASE WHEN o.subject = 'submission' THEN m.at END
    FROM held AS m WHERE o.id = m.id
    RETURNING o.id, o.campaign_id, o.organisers, o.state
    """
)

# A campaign may be put into the system after the day its plan names: what was handed in since then has been handed in.
_BEFORE = Statement(
    """
    WITH list AS MATERIALIZED (
        SELECT DISTINCT l.id, CAST(c.starts_on AS timestamp) AT TIME ZONE 'Asia/Shanghai' AS since
        FROM qingdan.campaign AS c
        JOIN qingdan.obligation AS o ON o.campaign_id = c.id
        JOIN qingdan.catalog_list_v1 AS l ON l.region_code = o.region_code AND l.kind = o.list_kind
        WHERE c.id = :campaign_id AND c.state = 'running'
    ), adjusted AS MATERIALIZED (
        SELECT DISTINCT a.id, l.since
        FROM list AS l
        JOIN qingdan.change AS ch ON ch.list_id = l.id
        JOIN qingdan.adjustment AS a ON a.id = ch.adjustment_id AND a.submission > 0 AND a.updated_at >= l.since
    )
    SELECT a.id AS adjustment_id, min(coalesce(CAST(e.refs ->> 'submitted_at' AS timestamptz), e.recorded_at)) AS at
    FROM adjusted AS a
    JOIN qingdan.event AS e ON e.adjustment_id = a.id AND e.type = 'adjustment.submitted'
    GROUP BY a.id, a.since
    HAVING min(coalesce(CAST(e.refs ->> 'submitted_at' AS timestamptz), e.recorded_at)) >= a.since
    """
)


async def concerned(connection: AsyncConnection, places: Sequence[tuple[str, str]]) -> list[UUID]:
    """Open obligations about lists (region, kind) in campaigns that run."""
    given = {"regions": [region for region, _ in places], "kinds": [kind for _, kind in places]}
    return await _CONCERNED.values(connection, given)


async def settle(connection: AsyncConnection, ids: Collection[UUID]) -> list[Row]:
    """Bring obligations of lists to what is decided and published; those that changed (id, campaign_id, …)."""
    return await _SETTLE.rows(connection, {"ids": list(ids)})


async def guided(connection: AsyncConnection, given: Mapping[str, Any], document: Mapping[str, Any]) -> list[Row]:
    """An organ guided regions about kinds (organ_id, regions, kinds, held_on, at); obligations that are met by it."""
    return await _GUIDED.rows(connection, dict(given) | {"document": orjson.dumps(document, default=str).decode()})


async def submitted_before(connection: AsyncConnection, campaign_id: UUID) -> list[tuple[UUID, datetime]]:
    """Adjustments about the lists of a campaign that were submitted since its first day, before it was started."""
    return [(row.adjustment_id, row.at) for row in await _BEFORE.rows(connection, {"campaign_id": campaign_id})]


async def note_submissions(connection: AsyncConnection, submitted: Sequence[tuple[UUID, datetime]]) -> list[Row]:
    """Note adjustments (and when) with their campaigns; obligations that changed (id, campaign_id, …)."""
    rows = [{"adjustment_id": str(id_), "at": at} for id_, at in submitted]
    given = {"submitted": orjson.dumps(rows).decode()}
    await _NOTE.rows(connection, given)
    return await _SUBMITTED.rows(connection, given)
