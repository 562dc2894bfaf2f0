"""SQL of pairs: each entry with the row above that corresponds, or with all it can be when no name says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.burden.repository import days
from services.catalog.linkage.fragments import normal
from shared.statement import Row, Statement

# The pairs of the rule that an entry may ask no more than its superior's (K22): in the nearest region above that has
# the matter in use, the only row, else the one of the same name. Of several rows without that name none is chosen.
# All of an entry is found beside the entry itself: a page stops when it is full, however many regions lie below.
_PAIRS = Statement(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT r.code, r.ancestors, l.id AS list_id
        FROM qingdan.region AS r JOIN qingdan.list AS l ON l.region_code = r.code AND l.kind = CAST(:kind AS text)
        WHERE r.code = CAST(:region AS text)
           OR CAST(:below AS boolean) AND r.ancestors @> ARRAY[CAST(:region AS text)] AND r.kind <> 'zone'
    )
    SELECT t.id AS item_id, t.region_code, t.list_id, t.name, t.base_code, t.implementation_code, t.handling_item,
           t.implementing_body, tv.elements -> 'statutory_limit' AS statutory_limit, p.pairing, p.limit_differs,
           p.superiors
    FROM chosen AS c
    JOIN qingdan.item AS t ON t.list_id = c.list_id AND t.state <> 'cancelled' AND t.base_code IS NOT NULL
    JOIN qingdan.item_version AS tv ON tv.item_id = t.id AND tv.number = t.version
    CROSS JOIN LATERAL (
        SELECT min(s.pairing) AS pairing, bool_and(d.ours <> d.theirs) AS limit_differs,
               jsonb_agg(jsonb_build_object(
                   'item_id', s.id, 'region_code', s.region_code, 'name', s.name, 'handling_item', s.handling_item,
                   'statutory_limit', x.s -> 'statutory_limit') ORDER BY s.nth) AS superiors
        FROM (
            SELECT n.*, row_number() OVER (ORDER BY n.named DESC, n.handling_item, n.id) AS nth,
                   CASE WHEN count(*) OVER () = 1 THEN 'only' WHEN bool_or(n.named) OVER () THEN 'name'
                        ELSE 'to_map' END AS pairing
            FROM (
                SELECT u.id, u.version, u.name, u.region_code, u.handling_item,
                       {normal("u.name")} = {normal("t.name")} AS named,
                       rank() OVER (ORDER BY array_position(c.ancestors, u.region_code)) AS distance
                FROM qingdan.item AS u
                WHERE u.kind = CAST(:kind AS text) AND u.base_code = t.base_code AND u.state = 'in_use'
                  AND u.region_code = ANY (c.ancestors)
            ) AS n
            WHERE n.distance = 1
        ) AS s
        JOIN qingdan.item_version AS sv ON sv.item_id = s.id AND sv.number = s.version
        CROSS JOIN LATERAL (SELECT sv.elements AS s, tv.elements AS t) AS x
        CROSS JOIN LATERAL (SELECT {days("t")} AS ours, {days("s")} AS theirs) AS d
        WHERE s.pairing <> 'name' OR s.nth = 1
    ) AS p
    WHERE p.pairing IS NOT NULL AND (CAST(:after AS uuid) IS NULL OR t.id > CAST(:after AS uuid))
      AND (CAST(:pairing AS text) IS NULL OR p.pairing = CAST(:pairing AS text))
      AND (CAST(:limit_differs AS boolean) IS NULL OR p.limit_differs = CAST(:limit_differs AS boolean))
    ORDER BY t.id LIMIT :limit
    """
)


async def page(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    *,
    after: UUID | None,
    limit: int,
) -> list[Row]:
    """Entries of a kind that a superior lists as well, with its rows, by age.

    `filters`: region, below, kind; pairing (only, name or to_map) and limit_differs, which may be None.
    `limit_differs` of an entry: its statutory limit amounts to as many working days as that of none of these rows;
    None where the limits cannot be compared.
    """
    return await _PAIRS.rows(connection, {**filters, "after": after, "limit": limit})
