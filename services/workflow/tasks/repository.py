"""SQL of tasks: opened and closed set-based from what the catalog and the procedures leave for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.clocks.repository import STARTED, STOPPED, as_json
from services.workflow.clocks.state import Clock
from shared.statement import Row, Statement

# A task carries the id of what it is about (draft, finding, review step, adjustment): opening it twice is one task.
# Its cause is what people would deal with at once: the law that changed (K23, V30), the adjustment, the rule.
_OPEN_DRAFTS = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, adjustment_id,
                              opened_at, due_at, cause)
    SELECT d.id, 'linkage_draft', d.region_code, l.lead_organ_id, 'list_authority',
           CASE WHEN d.due_at IS NOT NULL THEN d.reason || '：'
                WHEN d.item_id IS NULL THEN '联动新增：' ELSE '联动修改：' END || l.title || ' - ' || s.name,
           'draft/' || d.id, d.list_id, d.adjustment_id, :now, d.due_at,
           coalesce('adjustment/' || d.adjustment_id, 'item/' || d.source_item_id)
    FROM qingdan.catalog_draft_v1 AS d
    JOIN qingdan.catalog_list_v1 AS l ON l.id = d.list_id
    JOIN qingdan.catalog_item_v1 AS s ON s.id = d.source_item_id
    WHERE d.id = ANY(CAST(:ids AS uuid[])) AND d.state = 'open'
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id, subject, region_code, organ_id, role, adjustment_id, due_at
    """
)

_OPEN_FINDINGS = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, adjustment_id,
                              opened_at, due_at, cause)
    SELECT f.id, 'finding', f.region_code, l.lead_organ_id, 'list_authority',
           f.rule || '：' || l.title || ' - ' || i.name || '：' || f.message,
           'finding/' || f.id, f.list_id, f.adjustment_id, :now, f.due_at,
           coalesce('document/' || CASE f.rule WHEN 'K23' THEN f.actual -> 0 ->> 'document_id'
                                      WHEN 'V30' THEN f.actual -> 'documents' ->> 0 END,
                    'adjustment/' || f.adjustment_id, 'rule/' || f.rule)
    FROM qingdan.catalog_finding_v1 AS f
    JOIN qingdan.catalog_list_v1 AS l ON l.id = f.list_id
    JOIN qingdan.catalog_item_v1 AS i ON i.id = f.item_id
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.state = 'open' AND f.severity <> 'warn'
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id, subject, region_code, organ_id, role, adjustment_id, due_at
    """
)

# The organ of the entry answers; where the entry names none, the region's reviewer. The title has none of the words.
_OPEN_FEEDBACK = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, opened_at, due_at)
    SELECT f.id, 'feedback', f.region_code, f.organ_id,
           CASE WHEN f.organ_id IS NULL THEN 'reviewer' ELSE 'compiler' END,
           '答复公众反馈：' || f.list_title || coalesce(' - ' || f.item_name, ''), 'feedback/' || f.id, f.list_id, :now,
           f.due_at
    FROM qingdan.publish_feedback_v1 AS f
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.state = 'received'
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id, subject, region_code, organ_id, role, adjustment_id, due_at
    """
)

# Whoever tends the channel: its organ, or whoever has its role in the region.
_OPEN_CHANNELS = Statement(
    """
    INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, list_id, opened_at, due_at, cause)
    SELECT f.id, 'channel', f.region_code, f.organ_id, f.role,
           CASE f.reason WHEN 'to_post' THEN '发布清单' WHEN 'lagging' THEN '渠道逾期未更新' ELSE '渠道内容不一致' END
               || '：' || f.channel_name || ' - ' || f.list_title,
           'channel/' || f.id, f.list_id, :now, f.due_at, 'channel/' || f.channel_id || '/' || f.reason
    FROM qingdan.publish_channel_finding_v1 AS f
    WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.closed_at IS NULL
    ON CONFLICT (kind, subject) DO NOTHING
    RETURNING id, subject, region_code, organ_id, role, adjustment_id, due_at
    """
)

# A conflict, a correction, offers to an organ, an obligation or what is to be put right may come back: it opens again.
# The clocks of those that have a limit begin with them.
_OPEN = Statement(
    f"""
    WITH {STARTED}
    INSERT INTO qingdan.task AS t (id, kind, region_code, organ_id, role, title, subject, list_id, adjustment_id,
                                   opened_at, due_at, parent_id)
    SELECT n.id, n.kind, n.region_code, n.organ_id, n.role, n.title, n.subject, n.list_id, n.adjustment_id, :now,
           n.due_at, n.parent_id
    FROM jsonb_to_recordset(CAST(:tasks AS jsonb)) AS n(
        id uuid, kind text, region_code text, organ_id uuid, role text, title text, subject text, list_id uuid,
        adjustment_id uuid, due_at timestamptz, parent_id uuid)
    ON CONFLICT (kind, subject) DO UPDATE
    SET state = 'open', opened_at = excluded.opened_at, due_at = excluded.due_at, closed_at = NULL, closed_by = NULL,
        region_code = excluded.region_code, organ_id = excluded.organ_id, role = excluded.role,
        title = excluded.title, assignee_id = NULL, overdue_at = NULL, version = t.version + 1,
        history = t.history || jsonb_build_object('at', CAST(:now AS timestamptz), 'act', 'reopened', 'by',
            CAST(:actor AS text), 'to', NULL, 'reason', NULL)
    WHERE t.state <> 'open'
        AND t.kind IN ('conflict', 'correction', 'claim', 'obligation', 'issue', 'guidance', 'rectification',
                       'violation', 'related_work')
    RETURNING id
    """
)

# The clocks first: whoever ticks holds a clock before its task. Both in one statement, since everybody waits for the
# decision it is part of.
_CLOSE = """
    WITH {stopped}
    UPDATE qingdan.task AS t SET state = :state, closed_at = :now, closed_by = :actor, version = t.version + 1
    WHERE {condition} AND (SELECT count(*) FROM stopped) >= 0
    RETURNING t.id, EXISTS (SELECT FROM stopped AS s WHERE s.id = t.id) AS timed
    """


def _closing(condition: str) -> Statement:
    chosen = f"SELECT t.id FROM qingdan.task AS t WHERE {condition}"
    return Statement(_CLOSE.format(stopped=STOPPED.format(chosen=chosen), condition=condition))


_CLOSE_SUBJECTS = _closing("t.kind = :kind AND t.subject = ANY(CAST(:subjects AS text[])) AND t.state = 'open'")
# What rests ends with its adjustment, too.
_CLOSE_OF_ADJUSTMENT = _closing(
    "t.adjustment_id = :adjustment_id AND t.kind = ANY(CAST(:kinds AS text[])) AND t.state IN ('open', 'parked')"
    " AND coalesce(t.organ_id <> ALL(CAST(:but AS uuid[])), true)"
)


@dataclass(frozen=True)
class Closed:
    """Tasks that were closed, and those among them whose clock was stopped."""

    ids: list[UUID]
    timed: list[UUID]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Closed:
        """From the rows of a closing statement."""
        return cls([row.id for row in rows], [row.id for row in rows if row.timed])


async def open_from_drafts(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[Row]:
    """A task for each draft that is still open, for the lead organ of its list."""
    return await _OPEN_DRAFTS.rows(connection, {"ids": list(ids), "now": now})


async def open_from_findings(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[Row]:
    """A task for each finding that is still open and more than a warning, for the lead organ of its list."""
    return await _OPEN_FINDINGS.rows(connection, {"ids": list(ids), "now": now})


async def open_from_feedback(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[Row]:
    """A task for each piece of public feedback nobody has answered yet, for the organ of the entry."""
    return await _OPEN_FEEDBACK.rows(connection, {"ids": list(ids), "now": now})


async def open_from_channels(connection: AsyncConnection, ids: Collection[UUID], now: datetime) -> list[Row]:
    """A task for each finding about a channel that is still open, for whoever tends the channel."""
    return await _OPEN_CHANNELS.rows(connection, {"ids": list(ids), "now": now})


async def open_tasks(
    connection: AsyncConnection,
    tasks: Sequence[dict[str, Any]],
    clocks: Sequence[Clock],
    *,
    actor: str,
    now: datetime,
) -> list[UUID]:
    """Open tasks, or open them again, and start their clocks."""
    given = {
        "tasks": orjson.dumps(list(tasks), default=str).decode(),
        "clocks": as_json(clocks),
        "actor": actor,
        "now": now,
    }
    return await _OPEN.values(connection, given)


async def close(
    connection: AsyncConnection, kind: str, subjects: Sequence[str], *, state: str, actor: str, now: datetime
) -> Closed:
    """Close the open tasks of a kind about `subjects` (`draft/<id>` ...), and stop their clocks."""
    parameters = {"kind": kind, "subjects": list(subjects), "state": state, "actor": actor, "now": now}
    return Closed.of(await _CLOSE_SUBJECTS.rows(connection, parameters))


async def close_of_adjustment(
    connection: AsyncConnection,
    adjustment_id: UUID,
    kinds: Sequence[str],
    *,
    state: str,
    actor: str,
    now: datetime,
    but: Collection[UUID] = (),
) -> Closed:
    """Close the open tasks of some kinds that an adjustment has left, and stop their clocks.

    Whoever they lie with, except for the organs in `but`.
    """
    parameters = {"adjustment_id": adjustment_id, "kinds": list(kinds), "but": list(but)}
    closing = {"state": state, "actor": actor, "now": now}
    return Closed.of(await _CLOSE_OF_ADJUSTMENT.rows(connection, parameters | closing))
