"""SQL of the tasks of claiming: which organs have something to do, and which have a task already."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# The organs of an event as they stand now, so that an event read late opens no task for what is done.
_WORK = Statement(
    """
    WITH given AS (
        SELECT DISTINCT g.region_code, g.list_kind, g.organ_id
        FROM unnest(CAST(:regions AS text[]), CAST(:kinds AS text[]), CAST(:organs AS uuid[]))
             AS g (region_code, list_kind, organ_id)
    ), wanted AS (
        SELECT g.region_code, g.list_kind, g.organ_id,
               CASE WHEN g.organ_id IS NULL THEN 'reviewer' ELSE 'compiler' END AS role,
               'claim/' || g.region_code || '/' || g.list_kind || '/' || coalesce(CAST(g.organ_id AS text), 'nobody')
                   AS subject, coalesce(w.open, 0) AS open, w.due_at, '认领上级事项：' AS words
        FROM given AS g
        LEFT JOIN qingdan.catalog_claim_work_v1 AS w
          ON w.region_code = g.region_code AND w.list_kind = g.list_kind
         AND w.organ_id IS NOT DISTINCT FROM g.organ_id
        UNION ALL
        SELECT g.region_code, g.list_kind, NULL, 'decider',
               'claim/' || g.region_code || '/' || g.list_kind || '/disputed', coalesce(sum(w.disputed), 0), NULL,
               '裁定认领争议：'
        FROM (SELECT DISTINCT region_code, list_kind FROM given) AS g
        LEFT JOIN qingdan.catalog_claim_work_v1 AS w
          ON w.region_code = g.region_code AND w.list_kind = g.list_kind
        GROUP BY g.region_code, g.list_kind
    )
    SELECT w.region_code, w.organ_id, w.role, w.subject, w.open > 0 AS waits, w.due_at, l.id AS list_id,
           w.words || r.name || k.title AS title, t.id AS task_id, coalesce(t.state = 'open', false) AS told,
           m.fixed_at AS dated
    FROM wanted AS w
    JOIN qingdan.catalog_region_v1 AS r ON r.code = w.region_code
    JOIN qingdan.catalog_kind_v1 AS k ON k.code = w.list_kind
    LEFT JOIN qingdan.catalog_list_v1 AS l ON l.region_code = w.region_code AND l.kind = w.list_kind
    LEFT JOIN qingdan.task AS t ON t.kind = 'claim' AND t.subject = w.subject
    LEFT JOIN qingdan.clock AS m ON m.id = t.id AND m.state <> 'stopped'
    """
)


async def work(connection: AsyncConnection, places: Sequence[tuple[str, str, UUID | None]]) -> list[Row]:
    """What is to be done by organs (region, kind of list, organ; None: nobody's yet), and whether a task tells them.

    Rows: region_code, organ_id, role, subject, waits, due_at (of what is due first), list_id, title, task_id, told,
    dated (the day its clock runs to).
    """
    given = {
        "regions": [region for region, _, _ in places],
        "kinds": [kind for _, kind, _ in places],
        "organs": [organ for _, _, organ in places],
    }
    return await _WORK.rows(connection, given)
