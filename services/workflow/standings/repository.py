"""SQL of standings: what was due in a period with what became of it, and the events that say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.envelope import Event
from shared.statement import Row, Statement

# What was due in the period, and what was due before and not met when it began. Of a paper the unit's part is done
# when it is handed in; of a list when it is published (and filed, where that is asked for). What was waived does not
# count. An adjustment that came after the phase of submission counts where no obligation to submit says so already.
_FACTS = Statement(
    """
    WITH fact AS (
        SELECT 'obligation' AS source, o.id, o.subject, o.title, o.unit IN ('lead', 'obliged') AS leads, o.organ_id,
               o.region_code, o.due_at, coalesce(o.done_at, CASE WHEN o.subject <> 'list' THEN o.submitted_at END)
                   AS met_at
        FROM qingdan.obligation AS o WHERE o.campaign_id = :campaign_id AND o.state <> 'waived'
        UNION ALL
        SELECT 'report', p.id, 'report', '月报（' || to_char(p.month, 'YYYY"年"FMMM"月"') || '）', true, p.organ_id,
               p.region_code, p.due_at, p.submitted_at
        FROM qingdan.monthly_report AS p WHERE p.campaign_id = :campaign_id
        UNION ALL
        SELECT 'submission', s.adjustment_id, 'submission', '报送动态调整：' || a.title, false, s.organ_id,
               s.region_code, CAST(h.ends_on + 1 AS timestamp) AT TIME ZONE 'Asia/Shanghai' - interval '1 second',
               s.submitted_at
        FROM qingdan.campaign_submission AS s
        JOIN qingdan.campaign_phase AS h ON h.campaign_id = s.campaign_id AND h.number = s.phase
        JOIN qingdan.adjustment AS a ON a.id = s.adjustment_id
        WHERE s.campaign_id = :campaign_id AND s.late
          AND NOT EXISTS (
              SELECT FROM qingdan.obligation AS o
              WHERE o.campaign_id = s.campaign_id AND o.subject = 'submission' AND o.organ_id = s.organ_id
                AND o.region_code = s.region_code AND o.list_kind = ANY (s.list_kinds))
    )
    SELECT f.source, f.id, f.subject, f.title, f.organ_id, n.name AS organ_name, f.region_code, r.name AS region_name,
           f.due_at, f.met_at
    FROM fact AS f
    JOIN qingdan.catalog_region_v1 AS r ON r.code = f.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = f.organ_id
    WHERE f.due_at <= :at AND (f.due_at >= :since OR coalesce(f.met_at >= :since, true))
      AND CASE CAST(:grouping AS text) WHEN 'lead' THEN f.leads WHEN 'organ' THEN f.organ_id IS NOT NULL ELSE true END
      AND (CAST(:organ_id AS uuid) IS NULL OR f.organ_id = CAST(:organ_id AS uuid))
      AND (CAST(:region_code AS text) IS NULL
           OR f.region_code = :region_code AND (CAST(:grouping AS text) = 'region' OR f.organ_id IS NULL))
    ORDER BY f.due_at, f.id
    """
)

# Of an adjustment the log itself has an index.
_EVENTS = Statement(
    """
    SELECT s.subject_id, s.event_id, s.type, s.recorded_at FROM qingdan.standing_event AS s
    WHERE s.subject_id = ANY (CAST(:ids AS uuid[]))
    UNION ALL
    SELECT e.adjustment_id, e.id, e.type, e.recorded_at FROM qingdan.event AS e
    WHERE e.adjustment_id = ANY (CAST(:adjustments AS uuid[])) AND e.type = 'adjustment.submitted'
    ORDER BY recorded_at, event_id
    """
)
_NOTE = Statement(
    """
    INSERT INTO qingdan.standing_event (subject_id, event_id, type, recorded_at)
    SELECT g.subject_id, g.event_id, g.type, g.recorded_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (subject_id uuid, event_id uuid, type text,
                                                        recorded_at timestamptz)
    ON CONFLICT DO NOTHING
    """
)
_CRITICISED = Statement(
    """
    SELECT DISTINCT unnest(n.evidence_ids) FROM qingdan.notice AS n
    WHERE n.campaign_id = :campaign_id AND n.kind = 'criticism' AND n.state = 'approved' AND n.approved_at < :at
    """
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Whose facts of which time."""

    grouping: str
    since: datetime
    at: datetime
    organ_id: UUID | None = None
    region_code: str | None = None


async def facts(connection: AsyncConnection, campaign_id: UUID, chosen: Chosen) -> list[Row]:
    """What was due, in order: as many as a campaign has obligations and reports at most."""
    return await _FACTS.rows(connection, vars(chosen) | {"campaign_id": campaign_id})


async def events(
    connection: AsyncConnection, ids: Collection[UUID], adjustments: Collection[UUID]
) -> dict[UUID, list[Row]]:
    """The events that say what became of obligations and reports (`ids`) and of adjustments, in order."""
    found: dict[UUID, list[Row]] = {}
    for row in await _EVENTS.rows(connection, {"ids": list(ids), "adjustments": list(adjustments)}):
        found.setdefault(row.subject_id, []).append(row)
    return found


async def note(connection: AsyncConnection, named: Sequence[tuple[UUID, Event]]) -> None:
    """Keep which events speak of which obligations and reports."""
    rows: list[Mapping[str, Any]] = [
        {"subject_id": str(subject), "event_id": str(event.id), "type": event.type, "recorded_at": event.recorded_at}
        for subject, event in named
    ]
    await _NOTE.rows(connection, {"rows": orjson.dumps(rows).decode()})


async def criticised(connection: AsyncConnection, campaign_id: UUID, at: datetime) -> set[UUID]:
    """Ids of the obligations and reports that approved notices have criticised before an instant."""
    return set(await _CRITICISED.values(connection, {"campaign_id": campaign_id, "at": at}))
