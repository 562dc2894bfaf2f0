"""SQL of links: what published entries are at the other end, and which rows go again when links change."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Only what is public at the other end: a link never shows an entry that nobody outside may see.
_ENDS = Statement(
    """
    SELECT l.from_item_id AS item_id, l.type, p.body
    FROM qingdan.catalog_item_link_v1 AS l
    JOIN qingdan.published_item AS p ON p.item_id = l.to_item_id AND p.to_revision IS NULL
    WHERE l.from_item_id = ANY (CAST(:items AS uuid[])) AND l.type = ANY (CAST(:types AS text[]))
    ORDER BY l.from_item_id, l.type, p.base_code, p.item_id
    """
)
_LOCK = Statement(
    """
    SELECT g.peer_id FROM qingdan.peer_progress AS g JOIN qingdan.peer AS p ON p.id = g.peer_id
    WHERE jsonb_path_exists(p.mapping, '$.**.linked') ORDER BY g.peer_id FOR UPDATE OF g
    """
)
# A row that waits is read when it is sent: it needs no newer one. What was taken back stays taken back.
_AGAIN = Statement(
    """
    INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid)
    SELECT k.peer_id, k.item_id, k.task_version + 1, k.list_id, k.sequence, 'U', gen_random_uuid()
    FROM (
        SELECT DISTINCT ON (r.peer_id, r.item_id) r.* FROM qingdan.peer_row AS r
        WHERE r.peer_id = ANY (CAST(:peers AS uuid[])) AND r.item_id = ANY (CAST(:items AS uuid[]))
        ORDER BY r.peer_id, r.item_id, r.task_version DESC
    ) AS k
    WHERE k.state <> 'waiting' AND k.operation <> 'D'
    RETURNING peer_id
    """
)
# What another entry says of itself goes out with those that are linked to it. Those that follow the same entries of the
# feed by themselves wait already; an entry that was told before is passed over, as in following the feed.
_FOLLOW = Statement(
    """
    WITH changed AS MATERIALIZED (
        SELECT l.from_item_id AS item_id, max(f.sequence) AS sequence
        FROM qingdan.feed_entry AS f
        JOIN qingdan.catalog_item_link_v1 AS l
          ON l.to_item_id = f.item_id AND l.type = ANY (CAST(:types AS text[]))
        WHERE f.sequence > :after AND f.sequence <= :until AND f.item_id IS NOT NULL
        GROUP BY l.from_item_id
    )
    INSERT INTO qingdan.peer_row (peer_id, item_id, task_version, list_id, sequence, operation, row_guid)
    SELECT :peer, c.item_id, k.task_version + 1, k.list_id, c.sequence, 'U', gen_random_uuid()
    FROM changed AS c
    CROSS JOIN LATERAL (
        SELECT r.task_version, r.list_id, r.sequence, r.state, r.operation FROM qingdan.peer_row AS r
        WHERE r.peer_id = :peer AND r.item_id = c.item_id ORDER BY r.task_version DESC LIMIT 1
    ) AS k
    WHERE k.state <> 'waiting' AND k.operation <> 'D' AND k.sequence < c.sequence
    """
)


async def ends(connection: AsyncConnection, items: Sequence[UUID], types: Sequence[str]) -> list[Row]:
    """(item_id, type, body) of the published entries that items are linked with."""
    return await _ENDS.rows(connection, {"items": list(items), "types": list(types)})


async def lock_peers(connection: AsyncConnection) -> list[UUID]:
    """The peers whose mapping profile makes rows of links, with their progress held for this transaction."""
    return await _LOCK.values(connection)


async def send_again(connection: AsyncConnection, peers: Sequence[UUID], items: Sequence[UUID]) -> int:
    """Queue the next version of items that the peers have; how many."""
    return len(await _AGAIN.rows(connection, {"peers": list(peers), "items": list(items)}))


async def follow(connection: AsyncConnection, peer: UUID, types: Sequence[str], *, after: int, until: int) -> None:
    """Queue what is linked with the entries of the feed after < sequence <= until, for a peer that has it; under the
    peer's lock, after the feed itself has become rows."""
    await _FOLLOW.rows(connection, {"peer": peer, "types": list(types), "after": after, "until": until})
