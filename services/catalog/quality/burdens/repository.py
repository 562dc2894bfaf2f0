"""SQL of the burdens: what entries said before and after an adjustment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# What was applied: what an adjustment made of each entry, in its own list and in those that followed. The cascade may
# have written several versions of one: what counts is what was there before the first and after the last.
_APPLIED = Statement(
    """
    SELECT i.id AS item_id, i.name, i.kind, i.list_id, CAST(b.elements AS text) AS before,
           CAST(l.elements AS text) AS after
    FROM (SELECT v.item_id, min(v.number) AS first, max(v.number) AS last
          FROM (SELECT DISTINCT unnest(e.item_ids) AS id FROM qingdan.event AS e
                WHERE e.adjustment_id = CAST(:id AS uuid) AND e.type LIKE 'item.%') AS g
          JOIN qingdan.item_version AS v ON v.item_id = g.id AND v.adjustment_id = CAST(:id AS uuid)
          WHERE v.item_id > CAST(:after AS uuid)
          GROUP BY v.item_id ORDER BY v.item_id LIMIT CAST(:size AS integer)) AS c
    JOIN qingdan.item AS i ON i.id = c.item_id
    JOIN qingdan.item_version AS l ON l.item_id = c.item_id AND l.number = c.last
    LEFT JOIN qingdan.item_version AS b ON b.item_id = c.item_id AND b.number = c.first - 1
    ORDER BY i.id
    """
)
# What is proposed and not applied yet, over what is in force.
_PROPOSED = Statement(
    """
    SELECT c.item_id, coalesce(c.proposed ->> 'name', i.name, '') AS name, l.kind, l.id AS list_id,
           CAST(v.elements AS text) AS before,
           CAST(coalesce(v.elements, '{}') || c.proposed
                || CASE c.operation WHEN 'cancel' THEN CAST('{"state": "cancelled"}' AS jsonb) ELSE '{}' END AS text)
               AS after
    FROM qingdan.workflow_change_v1 AS c
    LEFT JOIN qingdan.item AS i ON i.id = c.item_id
    LEFT JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    JOIN qingdan.list AS l ON l.id = coalesce(i.list_id, c.list_id)
    WHERE c.adjustment_id = CAST(:id AS uuid) AND c.item_id > CAST(:after AS uuid)
    ORDER BY c.item_id LIMIT CAST(:size AS integer)
    """
)


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID, *, after: UUID, size: int) -> list[Row]:
    """Entries an adjustment changed, or would change while it is under way: elements before and after as JSON text."""
    given = {"id": adjustment_id, "after": after, "size": size}
    return await _PROPOSED.rows(connection, given) or await _APPLIED.rows(connection, given)
