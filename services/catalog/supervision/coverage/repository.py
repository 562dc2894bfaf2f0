"""SQL of the coverage report: what stands beside what, counted for one region."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.fragments import Look
from services.catalog.linkage.supervised import repository as supervised
from services.catalog.supervision.stated import V17
from shared.statement import Row, Statement

# Random inspections, powers to inspect and sub-items of supervision, each with whether it has its counterpart.
_PARTS = """
inspection AS MATERIALIZED (
    SELECT i.id, i.base_code, i.implementing_body, i.handling_item,
           nullif(v.elements ->> 'check_list_code', '') AS check_list_code
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.kind = 'random_inspection' AND i.region_code = CAST(:region AS text) AND i.state <> 'cancelled'
), power AS MATERIALIZED (
    SELECT p.id, p.name, p.implementing_body, EXISTS (
               SELECT FROM inspection AS n WHERE n.base_code = p.base_code AND n.handling_item = p.handling_item
                 AND n.implementing_body = p.implementing_body) AS covered
    FROM qingdan.item AS p
    WHERE p.kind = 'power' AND p.region_code = CAST(:region AS text) AND p.item_type = '06' AND p.state = 'in_use'
), sub_item AS MATERIALIZED (
    SELECT s.id, r.value ->> 'name' AS name, s.implementing_body, r.nth, r.value ->> 'check_list_code' AS code,
           EXISTS (SELECT FROM inspection AS n WHERE n.check_list_code = r.value ->> 'check_list_code') AS covered
    FROM qingdan.item AS s
    JOIN qingdan.item_version AS v ON v.item_id = s.id AND v.number = s.version
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(v.elements -> 'sub_items')
        WHEN 'array' THEN v.elements -> 'sub_items' ELSE '[]' END) WITH ORDINALITY AS r (value, nth)
    WHERE s.kind = 'internet_supervision' AND s.region_code = CAST(:region AS text) AND s.state = 'in_use'
      AND coalesce(r.value ->> 'in_use', 'true') <> 'false'
)"""

_COUNTS = Statement(
    f"""
    WITH {_PARTS}, permit AS MATERIALIZED (
        SELECT {supervised.stated(V17, Look(everything=True))}
        FROM qingdan.item AS t JOIN qingdan.item_version AS tv ON tv.item_id = t.id AND tv.number = t.version
        WHERE t.kind = 'permit' AND t.region_code = CAST(:region AS text) AND t.state = 'in_use'
    )
    SELECT 'inspection_powers' AS what, count(*) FILTER (WHERE covered) AS covered, count(*) AS total FROM power
    UNION ALL
    SELECT 'supervision_sub_items', count(*) FILTER (WHERE covered), count(*) FROM sub_item
    UNION ALL
    SELECT 'random_inspections', count(*) FILTER (WHERE EXISTS (
               SELECT FROM qingdan.item AS p WHERE p.kind = 'power' AND p.region_code = CAST(:region AS text)
                 AND p.base_code = n.base_code AND p.implementing_body = n.implementing_body
                 AND p.handling_item = n.handling_item AND p.item_type = '06' AND p.state <> 'cancelled')
               AND EXISTS (SELECT FROM sub_item AS s WHERE s.code = n.check_list_code)), count(*)
    FROM inspection AS n
    UNION ALL SELECT 'permits_with_body', count(*) FILTER (WHERE supervising_body), count(*) FROM permit
    UNION ALL SELECT 'permits_with_items', count(*) FILTER (WHERE supervision_items), count(*) FROM permit
    UNION ALL SELECT 'permits_with_measures', count(*) FILTER (WHERE supervision_measures), count(*) FROM permit
    """
)

_BY_ORGAN = Statement(
    f"""
    WITH {_PARTS}
    SELECT o.id, o.name, count(*) FILTER (WHERE p.covered) AS covered, count(*) AS total
    FROM power AS p JOIN qingdan.organ AS o ON o.id = p.implementing_body
    GROUP BY o.id, o.name ORDER BY o.name, o.id LIMIT 1000
    """
)

_UNCOVERED = Statement(
    f"""
    WITH {_PARTS}
    SELECT 'inspection_power' AS kind, p.id AS item_id, p.name, p.implementing_body AS organ_id, 0 AS nth
    FROM power AS p WHERE NOT p.covered
    UNION ALL
    SELECT 'supervision_sub_item', s.id, coalesce(s.name, ''), s.implementing_body, s.nth FROM sub_item AS s
    WHERE NOT s.covered
    ORDER BY kind, item_id, nth LIMIT :limit
    """
)


async def counts(connection: AsyncConnection, region: str) -> list[Row]:
    """(what, covered, total) for each figure of the report."""
    return await _COUNTS.rows(connection, {"region": region})


async def by_organ(connection: AsyncConnection, region: str) -> list[Row]:
    """Powers of inspection of each organ."""
    return await _BY_ORGAN.rows(connection, {"region": region})


async def uncovered(connection: AsyncConnection, region: str, *, limit: int) -> list[Row]:
    """Powers of inspection and sub-items that no random inspection covers."""
    return await _UNCOVERED.rows(connection, {"region": region, "limit": limit})
