"""SQL of telling: whom it concerns what happened to tasks, one message an account and cause, and the outbox with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.messages.rules import MOST_SINGLY, Told
from shared.statement import Row, Statement

# Who has the task is told alone; else those who hold its role nearest to it: what a county's reviewers do is no news to
# the province's. Whoever has left counts for nothing, else a task would wait for him in silence. Nobody is told of what
# he did himself, or to review what he compiled. Who stands in for somebody, or for several, is told as well, once.
# Given to somebody and taken back meanwhile: what holds now is told. Nothing is joined to itself: the database cannot
# know how many rows a batch names, and would go through all of them for each.
_OF_TASK = """c.act, c.actor, c.role, c.id, c.kind, c.cause, c.title, c.region_code, c.due_at, c.adjustment_id,
                   c.assignee_id, c.organs, c.chain"""
_CONCERNED = f"""
    given AS MATERIALIZED (
        SELECT g.* FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS g(act text, task_id uuid, actor text, role text)
    ), about AS MATERIALIZED (
        SELECT g.act, g.actor, coalesce(g.role, t.role) AS role, t.id, t.kind, t.cause, t.title, t.region_code,
               t.due_at, t.adjustment_id, CASE WHEN g.act = 'escalated' THEN NULL ELSE a.id END AS assignee_id,
               t.organ_id || t.joint_organ_ids AS organs, array_prepend(r.code, r.ancestors) AS chain
        FROM given AS g
        JOIN qingdan.task AS t ON t.id = g.task_id AND t.state = 'open'
        JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
        LEFT JOIN qingdan.catalog_account_v1 AS a ON a.id = t.assignee_id AND a.active
    ), holding AS (
        SELECT p.role, p.chain, p.organs, g.account_id,
               rank() OVER (PARTITION BY p.role, p.chain, p.organs
                            ORDER BY array_position(p.chain, g.region_code)) AS nearness
        FROM (SELECT DISTINCT role, chain, organs FROM about WHERE assignee_id IS NULL) AS p
        JOIN qingdan.catalog_account_role_v1 AS g
          ON g.role = p.role AND g.region_code = ANY(p.chain)
         AND (g.organ_id IS NULL OR g.organ_id = ANY(p.organs))
        JOIN qingdan.catalog_account_v1 AS a ON a.id = g.account_id AND a.active
    ), charged AS (
        SELECT b.*, b.assignee_id AS account_id FROM about AS b
        WHERE b.assignee_id IS NOT NULL AND b.act <> 'released'
        UNION ALL
        SELECT b.*, h.account_id
        FROM about AS b
        JOIN holding AS h ON h.nearness = 1 AND b.assignee_id IS NULL AND b.act <> 'assigned'
         AND h.role = b.role AND h.chain = b.chain AND h.organs = b.organs
    ), concerned AS (
        SELECT DISTINCT ON (w.id, w.act, w.account_id) w.*
        FROM (
            SELECT c.*, CAST(NULL AS uuid) AS behalf_of FROM charged AS c
            UNION ALL
            SELECT {_OF_TASK}, s.substitute_id, c.account_id
            FROM charged AS c
            JOIN qingdan.substitution AS s
              ON s.account_id = c.account_id AND CAST(:today AS date) BETWEEN s.valid_from AND s.valid_to) AS w
        ORDER BY w.id, w.act, w.account_id, w.behalf_of NULLS FIRST
    )"""

_TELL = Statement(
    f"""
    WITH {_CONCERNED}, made AS (
        INSERT INTO qingdan.message (id, account_id, act, kind, cause, task_id, tasks, title, region_code, due_at,
                                     behalf_of, made_at)
        SELECT gen_random_uuid(), c.account_id, c.act, c.kind, c.cause,
               CASE WHEN count(*) = 1 THEN CAST(min(CAST(c.id AS text)) AS uuid) END, count(*), min(c.title),
               min(c.region_code), min(c.due_at), c.behalf_of, CAST(:now AS timestamptz)
        FROM (
            SELECT d.*, count(*) OVER (PARTITION BY d.account_id, d.behalf_of, d.act, d.kind, d.cause) AS alike
            FROM concerned AS d
            JOIN qingdan.catalog_account_v1 AS a ON a.id = d.account_id AND a.active
            WHERE d.actor IS DISTINCT FROM 'account:' || d.account_id
              AND (d.kind <> 'review' OR d.act = 'escalated' OR NOT EXISTS (
                  SELECT FROM qingdan.adjustment AS j
                  WHERE j.id = d.adjustment_id AND j.compiled_by ? CAST(d.account_id AS text)))) AS c
        GROUP BY c.account_id, c.behalf_of, c.act, c.kind, c.cause,
                 CASE WHEN c.cause IS NULL AND c.alike <= CAST(:singly AS int) THEN c.id END
        RETURNING id, account_id, act, kind, tasks, due_at
    ), leaving AS (
        INSERT INTO qingdan.message_delivery (id, account_id, channel, about, content, made_at, next_at)
        SELECT gen_random_uuid(), m.account_id, w.channel, 'message/' || m.id,
               jsonb_build_object('lines', jsonb_build_array(jsonb_build_object(
                   'act', m.act, 'kind', m.kind, 'tasks', m.tasks, 'due_at', m.due_at))),
               CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM made AS m
        JOIN qingdan.message_preference AS p ON p.account_id = m.account_id
        CROSS JOIN LATERAL (VALUES ('email', p.email_mode = 'each'), ('messenger', p.messenger)) AS w (channel, wanted)
        WHERE w.wanted AND w.channel = ANY(CAST(:channels AS text[]))
        RETURNING id
    )
    SELECT (SELECT count(*) FROM made) AS made, (SELECT count(*) FROM leaving) AS leaving
    """
)


async def tell(
    connection: AsyncConnection, told: Sequence[Told], *, channels: Sequence[str], today: date, now: datetime
) -> Row | None:
    """A message for everybody whom it concerns, and what is to leave through the channels; how many of each."""
    rows = [{"act": one.act, "task_id": str(one.task_id), "actor": one.actor, "role": one.role} for one in told]
    given = {"told": orjson.dumps(rows).decode(), "channels": list(channels), "today": today, "now": now}
    given["singly"] = MOST_SINGLY
    return await _TELL.row(connection, given)
