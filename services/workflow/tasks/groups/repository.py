"""SQL of tasks by cause."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.tasks.inbox.repository import CHOSEN, MAY_ACT, WAYS, Filters, Grants, given_of
from shared.statement import Row, Statement


def cause_title(cause: str) -> str:
    """An expression that names a cause as people know it: the law, the adjustment, the entry; else null."""
    id_ = f"CAST(split_part({cause}, '/', 2) AS uuid)"
    return f"""CASE split_part({cause}, '/', 1)
        WHEN 'document' THEN (SELECT d.title FROM qingdan.catalog_document_v1 AS d WHERE d.id = {id_})
        WHEN 'adjustment' THEN (SELECT j.title FROM qingdan.adjustment AS j WHERE j.id = {id_})
        WHEN 'item' THEN (SELECT i.name FROM qingdan.catalog_item_v1 AS i WHERE i.id = {id_}) END"""


# What has no cause stands alone: its subject is its key.
_GROUPS = {
    risen: Statement(
        f"""
    WITH grouped AS MATERIALIZED (
        SELECT t.kind, t.cause, coalesce(t.cause, t.subject) AS key, count(*) AS tasks,
               count(*) FILTER (WHERE t.due_at < :now) AS overdue,
               count(*) FILTER (WHERE t.assignee_id = CAST(:me AS uuid)) AS mine,
               count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned, min(t.due_at) AS next_due_at,
               min(t.opened_at) AS opened_at, min(t.title) AS title, min(CAST(t.id AS text)) AS first_id,
               count(DISTINCT t.list_id) AS lists
        {CHOSEN} {who}
        GROUP BY t.kind, t.cause, coalesce(t.cause, t.subject)
    )
    SELECT g.kind, g.cause, g.key, {cause_title("g.cause")} AS cause_title, g.tasks, g.overdue, g.mine, g.unassigned,
           g.next_due_at, g.opened_at, g.title, CAST(g.first_id AS uuid) AS first_id, g.lists
    FROM grouped AS g
    WHERE (g.kind, g.key) > (CAST(:after_kind AS text), CAST(:after_key AS text))
    ORDER BY g.kind, g.key LIMIT :limit
    """
    )
    for risen, who in WAYS
}


_ASSIGN = Statement(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT t.id, t.role, t.organ_id, t.joint_organ_ids, array_prepend(r.code, r.ancestors) AS chain
        {CHOSEN} {MAY_ACT}
        ORDER BY t.id LIMIT :limit FOR UPDATE OF t
    ), able AS MATERIALIZED (
        SELECT c.id FROM chosen AS c
        WHERE EXISTS (
            SELECT FROM qingdan.catalog_account_role_v1 AS g
            JOIN qingdan.catalog_account_v1 AS a ON a.id = g.account_id AND a.active
            WHERE g.account_id = CAST(:account_id AS uuid) AND g.role = c.role AND g.region_code = ANY(c.chain)
              AND (g.organ_id IS NULL OR g.organ_id = c.organ_id OR g.organ_id = ANY(c.joint_organ_ids)))
    ), handed AS (
        UPDATE qingdan.task AS t
        SET assignee_id = CAST(:account_id AS uuid), version = t.version + 1,
            history = t.history || CAST(:entry AS jsonb)
        FROM able AS b WHERE t.id = b.id
    )
    SELECT c.id, EXISTS (SELECT FROM able AS b WHERE b.id = c.id) AS able FROM chosen AS c ORDER BY c.id
    """
)


async def page(
    connection: AsyncConnection,
    grants: Grants,
    me: UUID,
    filters: Filters,
    *,
    now: datetime,
    after: tuple[str, str],
    limit: int,
) -> list[Row]:
    """Tasks a holder of the grants may do, one row a kind and cause."""
    given = given_of(grants, me, now) | vars(filters)
    return await _GROUPS[filters.escalated].rows(
        connection, given | {"now": now, "after_kind": after[0], "after_key": after[1], "limit": limit}
    )


async def assign(
    connection: AsyncConnection,
    grants: Grants,
    me: UUID,
    filters: Filters,
    *,
    now: datetime,
    account_id: UUID,
    entry: dict[str, Any],
    limit: int,
) -> list[Row]:
    """Give tasks of a cause to an account: id and whether it could be given, the oldest first."""
    given = given_of(grants, me, now) | vars(filters) | {"now": now, "account_id": account_id, "limit": limit}
    return await _ASSIGN.rows(connection, given | {"entry": orjson.dumps(entry, default=str).decode()})
