"""SQL of the findings V20; they warn and never block."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.levels import repository as levels
from shared.statement import Row, Statement

# A person is to look within a month; what is judged a disguised permit is to be put right in the same time.
DUE_DAYS = 30

_DEFAULT = "CASE WHEN s.verdict = 'disguised' THEN 'error' ELSE 'warn' END"
_SETTLE = Statement(
    f"""
    WITH wanted AS MATERIALIZED (
        SELECT s.item_id, s.list_id, s.list_kind, s.region_code, 'name' AS element,
               g.severity,
               jsonb_build_object('suspect_id', s.id, 'pattern', s.pattern, 'score', s.score, 'verdict', s.verdict)
                   AS actual,
               '疑似变相许可：' || left(s.name, 200)
               || CASE WHEN s.verdict = 'disguised' THEN '，经人工认定，应停止实施、调整实施方式或完善设定依据'
                       ELSE '，请人工核实后作出认定' END AS message
        FROM qingdan.suspect AS s
        JOIN qingdan.item AS i ON i.id = s.item_id
        CROSS JOIN LATERAL (SELECT {levels.held("'V20'", "s.region_code", _DEFAULT)} AS severity) AS g
        WHERE s.item_id = ANY (CAST(:items AS uuid[])) AND i.state <> 'cancelled' AND g.severity <> 'off'
          AND (s.state = 'open' OR s.verdict = 'disguised')
    ), held AS MATERIALIZED (
        SELECT f.id, f.item_id, f.state FROM qingdan.finding AS f
        WHERE f.rule = 'V20' AND f.item_id = ANY (CAST(:items AS uuid[])) AND f.state <> 'closed'
    ), closed AS (
        UPDATE qingdan.finding AS f SET state = 'closed', closed_at = :now
        FROM held AS h
        WHERE f.id = h.id AND NOT EXISTS (SELECT FROM wanted AS w WHERE w.item_id = h.item_id)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    ), opened AS (
        INSERT INTO qingdan.finding AS f (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
                                          message, opened_at, due_at)
        SELECT gen_random_uuid(), 'V20', w.severity, w.list_id, w.list_kind, w.region_code, w.item_id, w.element,
               w.actual, w.message, :now, CAST(:now AS timestamptz) + CAST(:days AS integer) * interval '1 day'
        FROM wanted AS w
        ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO UPDATE
        SET actual = excluded.actual, severity = excluded.severity, message = excluded.message, state = 'open',
            waiver = NULL
        WHERE (f.actual, f.severity) IS DISTINCT FROM (excluded.actual, excluded.severity)
        RETURNING f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id
    )
    SELECT 'closed' AS change, c.* FROM closed AS c
    UNION ALL
    SELECT 'opened', o.* FROM opened AS o LEFT JOIN held AS h ON h.item_id = o.item_id
    WHERE h.state IS DISTINCT FROM 'open'
    """
)


async def settle(connection: AsyncConnection, items: Sequence[UUID], now: datetime) -> list[Row]:
    """Make the findings V20 of entries agree with the suspects; what opened and closed."""
    return await _SETTLE.rows(connection, {"items": list(items), "now": now, "days": DUE_DAYS})
