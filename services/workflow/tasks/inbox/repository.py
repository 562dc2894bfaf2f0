"""SQL of the inbox: reading tasks by what the caller may do, and handing them from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.clocks.rules import day_of
from shared.statement import Row, Statement

COLUMNS = """t.id, t.kind, t.region_code, t.organ_id, t.role, t.title, t.subject, t.list_id, t.adjustment_id, t.state,
    t.opened_at, t.due_at, t.closed_at, t.closed_by, t.assignee_id, t.version, t.cause, t.parent_id, t.joint_organ_ids,
    (SELECT w.grade FROM qingdan.clock AS k
     CROSS JOIN LATERAL jsonb_to_recordset(k.warnings) AS w(grade text, at timestamptz, told_at timestamptz)
     WHERE k.id = t.id AND w.told_at IS NOT NULL ORDER BY w.at DESC LIMIT 1) AS grade"""

# A grant counts where it was given and below; one limited to an organ only for tasks of that organ.
MAY_ACT = """EXISTS (
    SELECT FROM unnest(CAST(:roles AS text[]), CAST(:regions AS text[]), CAST(:organs AS uuid[]))
        AS g (role, region_code, organ_id)
    WHERE g.role = t.role AND (g.region_code = r.code OR g.region_code = ANY(r.ancestors))
      AND (g.organ_id IS NULL OR g.organ_id = t.organ_id OR g.organ_id = ANY(t.joint_organ_ids)))"""

# To whom what is late has risen: they see to it that it is done, they do not do it. An escalation counts for the
# lateness it was about.
_RISEN = """EXISTS (
    SELECT FROM qingdan.task_escalation AS e
    JOIN unnest(CAST(:roles AS text[]), CAST(:regions AS text[]), CAST(:organs AS uuid[]))
        AS g (role, region_code, organ_id) ON g.role = ANY(e.roles)
    WHERE e.task_id = t.id AND e.overdue_at = t.overdue_at
      AND (g.region_code = r.code OR g.region_code = ANY(r.ancestors))
      AND (g.organ_id IS NULL OR g.organ_id = t.organ_id))"""

# Tasks of somebody the caller stands in for today.
_STANDS_IN = """EXISTS (
    SELECT FROM qingdan.substitution AS s
    WHERE s.account_id = t.assignee_id AND s.substitute_id = CAST(:me AS uuid)
      AND CAST(:today AS date) BETWEEN s.valid_from AND s.valid_to)"""

# Those who administer or supervise a region see its tasks one by one, but they are not in their inbox.
_MAY_SEE = f"""({MAY_ACT} OR {_RISEN} OR EXISTS (
    SELECT FROM unnest(CAST(:roles AS text[]), CAST(:regions AS text[])) AS g (role, region_code)
    WHERE g.role IN ('administrator', 'auditor', 'reviewer', 'coordination_group')
      AND (g.region_code = r.code OR g.region_code = ANY(r.ancestors) OR g.region_code = '000000000000')))"""

CHOSEN = f"""
    FROM qingdan.task AS t
    JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
    WHERE t.state = :state
      AND (CAST(:kind AS text) IS NULL OR t.kind = :kind)
      AND (CAST(:adjustment_id AS uuid) IS NULL OR t.adjustment_id = :adjustment_id)
      AND (CAST(:list_id AS uuid) IS NULL OR t.list_id = :list_id)
      AND (CAST(:organ_id AS uuid) IS NULL OR t.organ_id = :organ_id)
      AND (CAST(:assignee AS text) IS NULL
           OR CASE WHEN CAST(:assignee AS text) = 'me' THEN t.assignee_id = CAST(:me AS uuid) OR {_STANDS_IN}
                   ELSE t.assignee_id IS NULL END)
      AND (CAST(:overdue AS boolean) IS NULL OR coalesce(t.due_at < :now, false) = CAST(:overdue AS boolean))
      AND (CAST(:due_before AS timestamptz) IS NULL OR t.due_at < :due_before)
      AND (CAST(:cause AS text) IS NULL OR t.cause = :cause)
      AND (CAST(:parent_id AS uuid) IS NULL OR t.parent_id = :parent_id)
      AND
"""

# By whether what has risen to the caller is asked for, or what he may do himself.
WAYS = ((False, MAY_ACT), (True, _RISEN))
_PAGE = {
    risen: Statement(
        f"""
    SELECT {COLUMNS} {CHOSEN} {who} AND (t.opened_at, t.id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY t.opened_at, t.id LIMIT :limit
    """
    )
    for risen, who in WAYS
}

_SUMMARY = {
    risen: Statement(
        f"""
    SELECT t.kind, count(*) AS open, count(*) FILTER (WHERE t.due_at < :now) AS overdue,
           count(*) FILTER (WHERE t.assignee_id = CAST(:me AS uuid)) AS mine,
           count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned, min(t.due_at) AS next_due_at
    {CHOSEN} {who}
    GROUP BY t.kind ORDER BY t.kind
    """
    )
    for risen, who in WAYS
}

_FIND = Statement(
    f"""
    SELECT {COLUMNS}, t.history, t.overdue_at, {MAY_ACT} AS may_act, {_RISEN} AS risen, {_STANDS_IN} AS stands_in,
           array_prepend(r.code, r.ancestors) AS chain,
           c.pauses, c.extensions, c.warnings
    FROM qingdan.task AS t
    JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
    LEFT JOIN qingdan.clock AS c ON c.id = t.id
    WHERE t.id = :id AND {_MAY_SEE}
    """
)

_LOCK = Statement("SELECT t.id, t.version, t.state, t.assignee_id FROM qingdan.task AS t WHERE t.id = :id FOR UPDATE")

# The roles an account holds today, as the token of its next sign-in will say; and whether it compiled what is reviewed.
_ABLE = Statement(
    """
    SELECT a.active,
           EXISTS (
               SELECT FROM qingdan.catalog_account_role_v1 AS g
               WHERE g.account_id = a.id AND g.role = CAST(:role AS text)
                 AND g.region_code = ANY(CAST(:chain AS text[]))
                 AND (g.organ_id IS NULL OR g.organ_id = CAST(:organ_id AS uuid)
                      OR g.organ_id = ANY(CAST(:joint_organ_ids AS uuid[])))) AS able,
           EXISTS (
               SELECT FROM qingdan.adjustment AS j
               WHERE j.id = CAST(:adjustment_id AS uuid) AND CAST(:kind AS text) = 'review'
                 AND j.compiled_by ? CAST(a.id AS text)) AS compiled
    FROM qingdan.catalog_account_v1 AS a WHERE a.id = :account_id
    """
)

_HAND = Statement(
    f"""
    UPDATE qingdan.task AS t
    SET assignee_id = CAST(:assignee_id AS uuid), version = t.version + 1, history = t.history || CAST(:entry AS jsonb)
    WHERE t.id = :id
    RETURNING {COLUMNS}
    """
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a page or a summary of the inbox is limited to; empty ones do not count."""

    state: str = "open"
    kind: str | None = None
    adjustment_id: UUID | None = None
    list_id: UUID | None = None
    organ_id: UUID | None = None
    assignee: str | None = None
    cause: str | None = None
    parent_id: UUID | None = None
    escalated: bool = False
    overdue: bool | None = None
    due_before: datetime | None = None


Grants = Sequence[tuple[str, str, UUID | None]]
_OF_TASK = ("role", "chain", "organ_id", "joint_organ_ids", "adjustment_id", "kind")


async def page(
    connection: AsyncConnection,
    grants: Grants,
    me: UUID,
    filters: Filters,
    *,
    now: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[dict[str, Any]]:
    """Tasks a holder of the grants (role, region, organ) may do, the oldest first."""
    given = given_of(grants, me, now) | vars(filters) | {"now": now, "after_at": after[0], "after_id": after[1]}
    return [dict(row) for row in await _PAGE[filters.escalated].rows(connection, given | {"limit": limit})]


async def summary(
    connection: AsyncConnection, grants: Grants, me: UUID, filters: Filters, now: datetime
) -> list[dict[str, Any]]:
    """How many tasks of each kind a holder of the grants has."""
    given = given_of(grants, me, now) | vars(filters) | {"now": now}
    return [dict(row) for row in await _SUMMARY[filters.escalated].rows(connection, given)]


async def find(connection: AsyncConnection, grants: Grants, me: UUID, task_id: UUID, now: datetime) -> Row | None:
    """A task a holder of the grants may see, with what happened to it and to its clock."""
    return await _FIND.row(connection, given_of(grants, me, now) | {"id": task_id})


async def lock(connection: AsyncConnection, task_id: UUID) -> Row | None:
    """A task, locked: its version, its state and who has it."""
    return await _LOCK.row(connection, {"id": task_id})


async def able(connection: AsyncConnection, task: Row | dict[str, Any], account_id: UUID) -> Row | None:
    """Whether an account could do a task: active, able (has the role there), compiled it; None: unknown."""
    given = {name: task[name] for name in _OF_TASK}
    return await _ABLE.row(connection, given | {"account_id": account_id})


async def hand(
    connection: AsyncConnection, task_id: UUID, assignee_id: UUID | None, entry: dict[str, Any]
) -> dict[str, Any]:
    """Give a task to an account, or to nobody, and write that into its history."""
    row = await _HAND.row(
        connection,
        {"id": task_id, "assignee_id": assignee_id, "entry": orjson.dumps(entry, default=str).decode()},
    )
    assert row is not None  # it is locked
    return dict(row)


def given_of(grants: Grants, me: UUID, now: datetime) -> dict[str, Any]:
    """What statements of the inbox are given of who asks: his grants (role, region, organ), his account, the day."""
    return {
        "roles": [role for role, _, _ in grants],
        "regions": [region for _, region, _ in grants],
        "organs": [organ for _, _, organ in grants],
        "me": me,
        "today": day_of(now),
    }
