"""SQL of one item's exchange: its newest row at each peer, and how it would go out again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_OF_ITEM = Statement(
    """
    SELECT p.code AS peer, p.name AS peer_name, p.transport, p.state AS peer_state, k.item_id, k.task_version,
           k.operation, k.row_guid, k.state, k.batch, k.err_type, k.remark, k.queued_at, k.answered_at,
           (SELECT max(a.task_version) FROM qingdan.peer_row AS a
            WHERE a.peer_id = p.id AND a.item_id = k.item_id AND a.state = 'accepted') AS accepted_version,
           (SELECT count(*) FROM qingdan.peer_row AS a WHERE a.peer_id = p.id AND a.item_id = k.item_id) AS versions
    FROM qingdan.peer AS p
    CROSS JOIN LATERAL (
        SELECT n.* FROM qingdan.peer_row AS n
        WHERE n.peer_id = p.id AND n.item_id = :item ORDER BY n.task_version DESC LIMIT 1
    ) AS k
    WHERE CAST(:peer AS text) IS NULL OR p.code = :peer
    ORDER BY p.code
    """
)
_PLACE = Statement(
    """
    SELECT array_prepend(l.region_code, r.ancestors) AS chain, i.implementing_body AS organ_id
    FROM qingdan.catalog_item_v1 AS i
    JOIN qingdan.catalog_list_v1 AS l ON l.id = i.list_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE i.id = :item
    """
)
_AGAIN = Statement(
    """
    SELECT k.task_version, k.list_id,
           CASE WHEN NOT EXISTS (SELECT FROM qingdan.published_item AS p WHERE p.list_id = k.list_id
                                   AND p.item_id = k.item_id AND p.to_revision IS NULL) THEN 'D'
                WHEN EXISTS (SELECT FROM qingdan.peer_row AS a WHERE a.peer_id = :peer AND a.item_id = :item
                               AND a.state = 'accepted' AND a.operation <> 'D') THEN 'U'
                ELSE 'I' END AS operation
    FROM qingdan.peer_row AS k WHERE k.peer_id = :peer AND k.item_id = :item ORDER BY k.task_version DESC LIMIT 1
    """
)
_NEWEST = Statement(
    """
    SELECT k.item_id, k.task_version, k.list_id, p.name, k.operation, k.row_guid, k.state, k.batch, k.err_type,
           k.remark, k.queued_at, k.answered_at
    FROM qingdan.peer_row AS k
    LEFT JOIN qingdan.published_item AS p
      ON p.list_id = k.list_id AND p.item_id = k.item_id AND p.to_revision IS NULL
    WHERE k.peer_id = :peer AND k.item_id = :item ORDER BY k.task_version DESC LIMIT 1
    """
)


async def of_item(connection: AsyncConnection, item: UUID, peer: str | None) -> list[Row]:
    """The newest row of an item at each peer, or at one."""
    return await _OF_ITEM.rows(connection, {"item": item, "peer": peer})


async def place(connection: AsyncConnection, item: UUID) -> Row | None:
    """The regions above an item's list, and the organ it belongs to; None when there is no such item."""
    return await _PLACE.row(connection, {"item": item})


async def again(connection: AsyncConnection, peer: UUID, item: UUID) -> Row | None:
    """How an item would go out again: (task_version, list_id, operation)."""
    return await _AGAIN.row(connection, {"peer": peer, "item": item})


async def newest(connection: AsyncConnection, peer: UUID, item: UUID) -> Row:
    """An item's newest row at a peer."""
    (row,) = await _NEWEST.rows(connection, {"peer": peer, "item": item})
    return row
