"""SQL of comparisons: what is published for a peer, in order of item ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Items published for the peer, and items with a row that are published no longer: both in a stretch of ids. What was
# answered since the platform was asked, or is still in the feed, counts as on its way.
_OURS = Statement(
    """
    WITH in_scope AS MATERIALIZED (
        SELECT l.list_id FROM qingdan.published_list AS l
        LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE l.kind = ANY (CAST(:kinds AS text[])) AND l.list_id IS DISTINCT FROM CAST(:mirror AS uuid)
          AND (l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))
    ), shown AS (
        SELECT p.item_id, p.list_id, p.body FROM qingdan.published_item AS p
        WHERE p.to_revision IS NULL AND p.list_id IN (SELECT list_id FROM in_scope)
          AND p.item_id > :after AND p.item_id <= :until ORDER BY p.item_id LIMIT :limit
    ), gone AS (
        SELECT DISTINCT k.item_id, k.list_id FROM qingdan.peer_row AS k
        WHERE k.peer_id = :peer AND k.item_id > :after AND k.item_id <= :until
          AND NOT EXISTS (SELECT FROM qingdan.published_item AS p WHERE p.item_id = k.item_id
                            AND p.to_revision IS NULL AND p.list_id IN (SELECT list_id FROM in_scope))
        ORDER BY k.item_id LIMIT :limit
    ), either AS (
        SELECT item_id, list_id, body, true AS published FROM shown
        UNION ALL SELECT item_id, list_id, NULL, false FROM gone
        ORDER BY item_id LIMIT :limit
    )
    SELECT e.item_id, e.list_id, e.body, e.published,
           CASE WHEN k.answered_at > :asked_at OR e.item_id IN (
               SELECT f.item_id FROM qingdan.feed_entry AS f
               WHERE f.item_id IS NOT NULL
                 AND f.sequence > (SELECT g.position FROM qingdan.peer_progress AS g WHERE g.peer_id = :peer)
           ) THEN 'waiting' ELSE k.state END AS state, k.task_version
    FROM either AS e
    LEFT JOIN LATERAL (
        SELECT n.state, n.answered_at, n.task_version FROM qingdan.peer_row AS n
        WHERE n.peer_id = :peer AND n.item_id = e.item_id ORDER BY n.task_version DESC LIMIT 1
    ) AS k ON true
    ORDER BY e.item_id
    """
)


async def ours(
    connection: AsyncConnection,
    peer: UUID,
    *,
    kinds: Sequence[str],
    regions: Sequence[str],
    mirror: UUID | None,
    after: UUID,
    until: UUID,
    limit: int,
    asked_at: datetime,
) -> list[Row]:
    """Items with after < id <= until, at most `limit`, each with state and version of its last row.

    `asked_at` : when the platform was asked for what this is compared with.
    """
    return await _OURS.rows(
        connection,
        {
            "peer": peer, "kinds": list(kinds), "regions": list(regions), "mirror": mirror, "after": after,
            "until": until, "limit": limit, "asked_at": asked_at,
        },
    )  # fmt: skip
