"""SQL of related work: which departments a published adjustment leaves something to do, and what they report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Where only elements were corrected nothing is kept or dropped; both sides of a transfer have something to do. What is
# in conflict is not public: it follows with the publication after the next decision, and whoever has reported by then
# has something to do again. Whoever has not does both at once.
_BEGIN = Statement(
    """
    WITH changed AS (
        SELECT c.adjustment_id, c.organ_id, c.applied_submission FROM qingdan.change AS c
        WHERE c.adjustment_id = ANY (CAST(:ids AS uuid[])) AND c.operation <> 'modify'
          AND c.outcome = 'applied'
        UNION ALL
        SELECT c.adjustment_id, CAST(c.proposed ->> 'implementing_body' AS uuid), c.applied_submission
        FROM qingdan.change AS c
        WHERE c.adjustment_id = ANY (CAST(:ids AS uuid[])) AND c.operation = 'transfer'
          AND c.outcome = 'applied'
    ), organs AS (
        SELECT c.adjustment_id, c.organ_id, coalesce(max(c.applied_submission), 1) AS submission
        FROM changed AS c GROUP BY c.adjustment_id, c.organ_id
    ), begun AS (
        INSERT INTO qingdan.related_work AS w (adjustment_id, organ_id, submission, opened_at)
        SELECT o.adjustment_id, o.organ_id, o.submission, :now FROM organs AS o
        ON CONFLICT (adjustment_id, organ_id) DO UPDATE
        SET submission = excluded.submission, report = NULL, evidence = NULL, reported_by = NULL, reported_at = NULL,
            opened_at = CASE WHEN w.reported_at IS NULL THEN w.opened_at ELSE excluded.opened_at END,
            earlier = CASE WHEN w.reported_at IS NULL THEN w.earlier ELSE w.earlier || jsonb_build_object(
                'opened_at', w.opened_at, 'report', w.report, 'evidence', w.evidence, 'reported_by', w.reported_by,
                'reported_at', w.reported_at) END
        WHERE w.submission < excluded.submission
        RETURNING adjustment_id, organ_id)
    SELECT b.adjustment_id, b.organ_id, a.title, o.region_code
    FROM begun AS b
    JOIN qingdan.adjustment AS a ON a.id = b.adjustment_id
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = b.organ_id AND o.state = 'active'
    """
)
_FIND = Statement(
    """
    SELECT w.organ_id, w.report, w.reported_at FROM qingdan.related_work AS w
    WHERE w.adjustment_id = :adjustment_id AND w.organ_id = :organ_id FOR UPDATE
    """
)
_REPORT = Statement(
    """
    UPDATE qingdan.related_work
    SET report = :report, evidence = CAST(:evidence AS jsonb), reported_by = :actor, reported_at = :now
    WHERE adjustment_id = :adjustment_id AND organ_id = :organ_id
    """
)
_OF = Statement(
    """
    SELECT w.organ_id, o.name AS organ_name, w.opened_at, w.report, w.evidence, w.reported_by, w.reported_at, w.earlier
    FROM qingdan.related_work AS w
    JOIN qingdan.catalog_organ_v1 AS o ON o.id = w.organ_id
    WHERE w.adjustment_id = :adjustment_id ORDER BY o.name, w.organ_id
    """
)


async def begin(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[Row]:
    """Note what published adjustments leave to do, once a submission that was applied.

    Returns what is new: adjustment_id, organ_id, title, region_code.
    """
    return await _BEGIN.rows(connection, {"ids": list(ids), "now": now})


async def find(connection: AsyncConnection, adjustment_id: UUID, organ_id: UUID) -> Row | None:
    """What an adjustment leaves to a department, locked."""
    return await _FIND.row(connection, {"adjustment_id": adjustment_id, "organ_id": organ_id})


async def report(
    connection: AsyncConnection,
    adjustment_id: UUID,
    organ_id: UUID,
    *,
    said: str,
    evidence: Mapping[str, Any] | None,
    actor: str,
    now: datetime,
) -> None:
    """Keep what a department has put right."""
    document = None if evidence is None else orjson.dumps(evidence).decode()
    given = {"adjustment_id": adjustment_id, "organ_id": organ_id, "report": said, "evidence": document}
    await _REPORT.rows(connection, given | {"actor": actor, "now": now})


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """What an adjustment leaves to departments, and what they reported."""
    return [dict(row) for row in await _OF.rows(connection, {"adjustment_id": adjustment_id})]
