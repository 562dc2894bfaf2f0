"""SQL of full pushes: what is in a peer's scope is queued stretch by stretch, and counted until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_IN_SCOPE = """
    SELECT l.list_id FROM qingdan.published_list AS l
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE l.kind = ANY (CAST(:kinds AS text[])) AND l.list_id IS DISTINCT FROM CAST(:mirror AS uuid)
      AND (l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))
"""
# What has been queued since the push began, by it or by a change, is passed over: the push may begin again anywhere.
_QUEUE = Statement(
    f"""
    WITH in_scope AS MATERIALIZED ({_IN_SCOPE}), stretch AS MATERIALIZED (
        SELECT p.item_id, p.list_id FROM qingdan.published_item AS p
        WHERE p.to_revision IS NULL AND p.list_id IN (SELECT s.list_id FROM in_scope AS s) AND p.item_id > :after
        ORDER BY p.item_id LIMIT :limit
    ), queued AS (
        INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid, queued_at)
        SELECT :peer, s.item_id, coalesce(k.task_version, 0) + 1, s.list_id, g.position,
               CASE WHEN coalesce(k.operation, 'D') = 'D' THEN 'I' ELSE 'U' END, gen_random_uuid(), :now
        FROM stretch AS s
        JOIN qingdan.peer_progress AS g ON g.peer_id = :peer
        LEFT JOIN LATERAL (
            SELECT n.task_version, n.operation, n.state, n.queued_at FROM qingdan.peer_row AS n
            WHERE n.peer_id = :peer AND n.item_id = s.item_id ORDER BY n.task_version DESC LIMIT 1
        ) AS k ON true
        WHERE k.task_version IS NULL OR k.state NOT IN ('waiting', 'sending') AND k.queued_at < :started
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM stretch) AS seen, (SELECT count(*) FROM queued) AS queued,
           (SELECT s.item_id FROM stretch AS s ORDER BY s.item_id DESC LIMIT 1) AS last
    """
)
_COUNT = Statement(
    f"""
    WITH in_scope AS MATERIALIZED ({_IN_SCOPE})
    SELECT count(*) FROM qingdan.published_item AS p
    WHERE p.to_revision IS NULL AND p.list_id IN (SELECT s.list_id FROM in_scope AS s)
    """
)
_LEFT = Statement("SELECT count(*) FROM qingdan.peer_row WHERE peer_id = :peer AND state IN ('waiting', 'sending')")
_REJECTED = Statement(
    "SELECT count(*) FROM qingdan.peer_row WHERE peer_id = :peer AND state = 'rejected' AND queued_at >= :started"
)


def _scope(kinds: Sequence[str], regions: Sequence[str], mirror: UUID | None) -> dict[str, object]:
    return {"kinds": list(kinds), "regions": list(regions), "mirror": mirror}


async def queue(
    connection: AsyncConnection, peer: UUID, *, kinds: Sequence[str], regions: Sequence[str], mirror: UUID | None,
    after: UUID, limit: int, started: datetime, now: datetime,
) -> Row:  # fmt: skip
    """Queue the next items behind an id, under the peer's lock: (seen, queued, last id)."""
    given = {"peer": peer, "after": after, "limit": limit, "started": started, "now": now}
    (row,) = await _QUEUE.rows(connection, given | _scope(kinds, regions, mirror))
    return row


async def count(
    connection: AsyncConnection, *, kinds: Sequence[str], regions: Sequence[str], mirror: UUID | None
) -> int:
    """Items published for a peer."""
    return int(await _COUNT.value(connection, _scope(kinds, regions, mirror)) or 0)


async def left(connection: AsyncConnection, peer: UUID) -> int:
    """Rows without an answer."""
    return int(await _LEFT.value(connection, {"peer": peer}) or 0)


async def rejected(connection: AsyncConnection, peer: UUID, started: datetime) -> int:
    """Rows that were queued since and rejected."""
    return int(await _REJECTED.value(connection, {"peer": peer, "started": started}) or 0)
