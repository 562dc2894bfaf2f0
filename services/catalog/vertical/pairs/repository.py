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
_PAIRS = Statement(
    f"""
    WITH chosen AS MATERIALIZED (
        SELECT r.code, r.ancestors, l.id AS list_id
        FROM qingdan.region AS r JOIN qingdan.list AS l ON l.region_code = r.code AND l.kind = CAST(:kind AS text)
        WHERE r.code = CAST(:region AS text)
           OR CAST(:below AS boolean) AND r.ancestors @> ARRAY[CAST(:region AS text)] AND r.kind <> 'zone'
    ), candidate AS MATERIALIZED (
        SELECT t.id, t.version, t.name, t.region_code, t.list_id, t.base_code, t.implementation_code, t.handling_item,
               t.implementing_body, s.id AS superior_id, s.version AS superior_version, s.name AS superior_name,
               s.region_code AS superior_region, s.handling_item AS superior_handling_item, s.named,
               count(*) OVER (PARTITION BY t.id) AS candidates,
               bool_or(s.named) OVER (PARTITION BY t.id) AS any_named,
               row_number() OVER (PARTITION BY t.id ORDER BY s.named DESC, s.handling_item, s.id) AS nth
        FROM chosen AS c
        JOIN qingdan.item AS t ON t.list_id = c.list_id AND t.state <> 'cancelled' AND t.base_code IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT u.id, u.version, u.name, u.region_code, u.handling_item,
                   {normal("u.name")} = {normal("t.name")} AS named,
                   rank() OVER (ORDER BY array_position(c.ancestors, u.region_code)) AS distance
            FROM qingdan.item AS u
            WHERE u.kind = CAST(:kind AS text) AND u.base_code = t.base_code AND u.state = 'in_use'
              AND u.region_code = ANY (c.ancestors)
        ) AS s
        WHERE s.distance = 1 AND (CAST(:after AS uuid) IS NULL OR t.id > CAST(:after AS uuid))
    ), pair AS MATERIALIZED (
        SELECT p.*, CASE WHEN p.candidates = 1 THEN 'only' WHEN p.any_named THEN 'name' ELSE 'to_map' END AS pairing
        FROM candidate AS p WHERE p.candidates = 1 OR NOT p.any_named OR p.nth = 1
    ), beside AS (
        SELECT p.*, x.s -> 'statutory_limit' AS theirs, x.t -> 'statutory_limit' AS ours,
               {days("t")} AS our_days, {days("s")} AS their_days
        FROM pair AS p
        JOIN qingdan.item_version AS tv ON tv.item_id = p.id AND tv.number = p.version
        JOIN qingdan.item_version AS sv ON sv.item_id = p.superior_id AND sv.number = p.superior_version
        CROSS JOIN LATERAL (SELECT sv.elements AS s, tv.elements AS t) AS x
        WHERE CAST(:pairing AS text) IS NULL OR p.pairing = CAST(:pairing AS text)
    )
    SELECT * FROM (
        SELECT b.id AS item_id, b.region_code, b.list_id, b.name, b.base_code, b.implementation_code, b.handling_item,
               b.implementing_body, b.pairing, b.ours AS statutory_limit,
               bool_and(b.our_days <> b.their_days) AS limit_differs,
               jsonb_agg(jsonb_build_object(
                   'item_id', b.superior_id, 'region_code', b.superior_region, 'name', b.superior_name,
                   'handling_item', b.superior_handling_item, 'statutory_limit', b.theirs) ORDER BY b.nth) AS superiors
        FROM beside AS b
        GROUP BY b.id, b.region_code, b.list_id, b.name, b.base_code, b.implementation_code, b.handling_item,
                 b.implementing_body, b.pairing, b.ours
    ) AS shown
    WHERE CAST(:limit_differs AS boolean) IS NULL OR shown.limit_differs = CAST(:limit_differs AS boolean)
    ORDER BY shown.item_id LIMIT :limit
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
