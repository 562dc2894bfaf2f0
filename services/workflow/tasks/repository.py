"""SQL of tasks: opened and closed set-based from what the catalog and the procedures leave for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# A task carries the id of what it is about (draft, finding, review step, adjustment): opening it twice is one task.
_OPEN_DRAFTS = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, adjustment_id, opened_at)
    SELECT d.id, 'linkage_draft', d.region_code, l.lead_organ_id, 'list_authority',
           CASE WHEN d.item_id IS NULL THEN '联动新增：' ELSE '联动修改：' END || l.title || ' - ' || s.name,
           'draft/' || d.id, d.list_id, d.adjustment_id, :now
    FROM qingdan.catalog_draft_v1 AS d
    JOIN qingdan.catalog_list_v1 AS l ON l.id = d.list_id
    JOIN qingdan.catalog_item_v1 AS s ON s.id = d.source_item_id
    WHERE d.id = ANY(CAST(:ids AS uuid[])) AND d.state = 'open'
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id
    """
)

_OPEN_FINDINGS = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, adjustment_id,
                              opened_at, due_at)
    SELECT f.id, 'finding', f.region_code, l.lead_organ_id, 'list_authority',
           f.rule || '：' || l.title || ' - ' || i.name || '：' || f.message,
           'finding/' || f.id, f.list_id, f.adjustment_id, :now, f.due_at
    FROM qingdan.catalog_finding_v1 AS f
    JOIN qingdan.catalog_list_v1 AS l ON l.id = f.list_id
    JOIN qingdan.catalog_item_v1 AS i ON i.id = f.item_id
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.state = 'open' AND f.severity <> 'warn'
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id
    """
)

# A conflict may come back after a rebase: the same task opens again.
_OPEN = Statement(
    """
    INSERT INTO qingdan.task AS t (id, kind, region_code, organ_id, role, title, subject, adjustment_id, opened_at,
                                   due_at)
    SELECT n.id, n.kind, n.region_code, n.organ_id, n.role, n.title, n.subject, n.adjustment_id, :now, n.due_at
    FROM jsonb_to_recordset(CAST(:tasks AS jsonb)) AS n(
        id uuid, kind text, region_code text, organ_id uuid, role text, title text, subject text,
        adjustment_id uuid, due_at timestamptz)
    ON CONFLICT (kind, subject) DO UPDATE
    SET state = 'open', opened_at = excluded.opened_at, due_at = excluded.due_at, closed_at = NULL, closed_by = NULL,
        title = excluded.title
    WHERE t.state <> 'open'
    RETURNING id
    """
)

_CLOSE = Statement(
    """
    UPDATE qingdan.task SET state = :state, closed_at = :now, closed_by = :actor
    WHERE kind = :kind AND subject = ANY(CAST(:subjects AS text[])) AND state = 'open'
    RETURNING id
    """
)

_VOID_OF_ADJUSTMENT = Statement(
    """
    UPDATE qingdan.task SET state = 'void', closed_at = :now, closed_by = :actor
    WHERE adjustment_id = :adjustment_id AND kind IN ('review', 'conflict') AND state = 'open'
    RETURNING id
    """
)

_CLOSE_OF_ADJUSTMENT = Statement(
    """
    UPDATE qingdan.task SET state = :state, closed_at = :now, closed_by = :actor
    WHERE adjustment_id = :adjustment_id AND kind = :kind AND state = 'open'
    RETURNING id
    """
)

# A grant counts where it was given and below; one limited to an organ only for tasks of that organ.
_MINE = Statement(
    """
    SELECT t.id, t.kind, t.region_code, t.organ_id, t.role, t.title, t.subject, t.list_id, t.adjustment_id, t.state,
           t.opened_at, t.due_at, t.closed_at, t.closed_by
    FROM qingdan.task AS t
    JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
    WHERE t.state = :state
      AND (CAST(:kind AS text) IS NULL OR t.kind = :kind)
      AND (CAST(:adjustment_id AS uuid) IS NULL OR t.adjustment_id = :adjustment_id)
      AND (t.opened_at, t.id) > (:after_at, CAST(:after_id AS uuid))
      AND EXISTS (
          SELECT FROM unnest(CAST(:roles AS text[]), CAST(:regions AS text[]), CAST(:organs AS uuid[]))
              AS g (role, region_code, organ_id)
          WHERE g.role = t.role AND (g.region_code = r.code OR g.region_code = ANY(r.ancestors))
            AND (g.organ_id IS NULL OR g.organ_id = t.organ_id))
    ORDER BY t.opened_at, t.id LIMIT :limit
    """
)


async def open_from_drafts(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[UUID]:
    """A task for each draft that is still open, for the lead organ of its list."""
    return await _OPEN_DRAFTS.values(connection, {"ids": list(ids), "now": now})


async def open_from_findings(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[UUID]:
    """A task for each finding that is still open and more than a warning, for the lead organ of its list."""
    return await _OPEN_FINDINGS.values(connection, {"ids": list(ids), "now": now})


async def open_tasks(connection: AsyncConnection, tasks: Sequence[dict[str, Any]], now: datetime) -> list[UUID]:
    """Open tasks, or open them again."""
    return await _OPEN.values(connection, {"tasks": orjson.dumps(list(tasks), default=str).decode(), "now": now})


async def close(
    connection: AsyncConnection, kind: str, subjects: Sequence[str], *, state: str, actor: str, now: datetime
) -> list[UUID]:
    """Close the open tasks of a kind about `subjects` (`draft/<id>` ...); returns the ids of the tasks closed."""
    parameters = {"kind": kind, "subjects": list(subjects), "state": state, "actor": actor, "now": now}
    return await _CLOSE.values(connection, parameters)


async def void_of_adjustment(
    connection: AsyncConnection, adjustment_id: UUID, *, actor: str, now: datetime
) -> list[UUID]:
    """Close what reviewers and deciders need not do any more."""
    parameters = {"adjustment_id": adjustment_id, "actor": actor, "now": now}
    return await _VOID_OF_ADJUSTMENT.values(connection, parameters)


async def close_of_adjustment(
    connection: AsyncConnection, adjustment_id: UUID, kind: str, *, state: str, actor: str, now: datetime
) -> list[UUID]:
    """Close the open tasks of a kind that an adjustment has left, whoever they lie with."""
    parameters = {"adjustment_id": adjustment_id, "kind": kind, "state": state, "actor": actor, "now": now}
    return await _CLOSE_OF_ADJUSTMENT.values(connection, parameters)


async def mine(
    connection: AsyncConnection,
    grants: Sequence[tuple[str, str, UUID | None]],
    *,
    state: str,
    kind: str | None,
    adjustment_id: UUID | None,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[dict[str, Any]]:
    """Tasks a holder of the grants (role, region, organ) may do, the oldest first."""
    rows = await _MINE.rows(
        connection,
        {
            "roles": [role for role, _, _ in grants],
            "regions": [region for _, region, _ in grants],
            "organs": [organ for _, _, organ in grants],
            "state": state,
            "kind": kind,
            "adjustment_id": adjustment_id,
            "after_at": after[0],
            "after_id": after[1],
            "limit": limit,
        },
    )
    return [dict(row) for row in rows]
