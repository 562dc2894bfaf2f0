"""SQL of the mapping sheet: lines become links between supervision items and permits, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_INSERT = """, made AS (
    INSERT INTO qingdan.item_link (id, from_item_id, to_item_id, type, note, created_at, created_by)
    SELECT gen_random_uuid(), d.item_id, d.permit_id, 'supervises', '映射关系梳理表', CAST(:at AS timestamptz), :by
    FROM (SELECT DISTINCT p.item_id, p.permit_id FROM pair AS p WHERE p.permit_id IS NOT NULL AND p.item_id IS NOT NULL)
         AS d
    ON CONFLICT (from_item_id, to_item_id, type) DO NOTHING
    RETURNING from_item_id, to_item_id
)"""

_LINES = Statement(
    f"""
    WITH line AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:numbers AS integer[]), CAST(:codes AS text[]), CAST(:bases AS text[]),
                             CAST(:bodies AS uuid[])) AS g (number, code, base_code, body)
    ), supervision AS MATERIALIZED (
        SELECT s.id, v.elements ->> 'supervision_code' AS code
        FROM qingdan.item AS s JOIN qingdan.item_version AS v ON v.item_id = s.id AND v.number = s.version
        WHERE s.kind = 'internet_supervision' AND s.region_code = CAST(:region AS text) AND s.state <> 'cancelled'
          AND v.elements ->> 'supervision_code' = ANY (CAST(:codes AS text[]))
    ), pair AS MATERIALIZED (
        SELECT l.number, s.id AS item_id, p.id AS permit_id
        FROM line AS l
        LEFT JOIN supervision AS s ON s.code = l.code
        LEFT JOIN qingdan.item AS p ON p.base_code = l.base_code AND p.kind = 'permit'
          AND p.region_code = CAST(:region AS text) AND (l.body IS NULL OR p.implementing_body = l.body)
    ){_INSERT}
    SELECT p.number, count(p.item_id) AS known_items, count(p.permit_id) AS known_permits,
           count(*) FILTER (WHERE p.item_id IS NOT NULL AND p.permit_id IS NOT NULL) AS links,
           array_agg(DISTINCT m.from_item_id) FILTER (WHERE m.from_item_id IS NOT NULL) AS linked,
           count(m.from_item_id) AS created, (SELECT count(*) FROM made) AS made
    FROM pair AS p LEFT JOIN made AS m ON m.from_item_id = p.item_id AND m.to_item_id = p.permit_id
    GROUP BY p.number ORDER BY p.number
    """
)

_STATED = Statement(
    f"""
    WITH pair AS MATERIALIZED (
        SELECT s.id AS item_id, p.id AS permit_id
        FROM qingdan.item AS s
        JOIN qingdan.item AS p ON p.kind = 'permit' AND p.region_code = s.region_code AND p.base_code = s.base_code
          AND p.implementing_body = s.implementing_body AND p.handling_item = s.handling_item
        WHERE s.kind = 'internet_supervision' AND s.region_code = CAST(:region AS text) AND s.state <> 'cancelled'
    ){_INSERT}
    SELECT (SELECT count(*) FROM pair) AS links, (SELECT count(*) FROM made) AS made,
           (SELECT array_agg(DISTINCT m.from_item_id) FROM made AS m) AS linked
    """
)


# Every permit in force, with what supervises it; one that nothing supervises has a line to be filled.
_SHEET = Statement(
    """
    SELECT v.elements ->> 'supervision_code' AS code, s.name, b.name AS supervising_body, p.base_code,
           p.name AS permit_name, o.name AS implementing_body, o.credit_code
    FROM qingdan.item AS p
    LEFT JOIN qingdan.organ AS o ON o.id = p.implementing_body
    LEFT JOIN (qingdan.item_link AS k
               JOIN qingdan.item AS s ON s.id = k.from_item_id AND s.kind = 'internet_supervision'
                AND s.state <> 'cancelled'
               JOIN qingdan.item_version AS v ON v.item_id = s.id AND v.number = s.version
               LEFT JOIN qingdan.organ AS b ON CAST(b.id AS text) = v.elements ->> 'supervising_body')
           ON k.to_item_id = p.id AND k.type = 'supervises'
    WHERE p.kind = 'permit' AND p.region_code = CAST(:region AS text) AND p.state <> 'cancelled'
    ORDER BY p.base_code, p.id, code LIMIT :limit
    """
)


_LIST = Statement("SELECT id, lead_organ_id FROM qingdan.list WHERE kind = :kind AND region_code = :region")


async def list_of(connection: AsyncConnection, kind: str, region: str) -> Row | None:
    """The list of a kind in a region and who leads it."""
    return await _LIST.row(connection, {"kind": kind, "region": region})


async def sheet(connection: AsyncConnection, region: str, *, limit: int) -> list[Row]:
    """The lines of a region's mapping sheet, in the order of its columns."""
    return await _SHEET.rows(connection, {"region": region, "limit": limit})


async def link_lines(
    connection: AsyncConnection, region: str, rows: Sequence[tuple[int, str, str, Any]], *, at: datetime, by: str
) -> list[Row]:
    """Link what lines (number, supervision code, base code, body or None) name; a row of counts for each line."""
    numbers, codes, bases, bodies = ([row[index] for row in rows] for index in range(4))
    given = {"region": region, "numbers": numbers, "codes": codes, "bases": bases, "bodies": bodies}
    return await _LINES.rows(connection, given | {"at": at, "by": by})


async def link_stated(connection: AsyncConnection, region: str, *, at: datetime, by: str) -> Row:
    """Link the pairs that entries themselves state; counts of pairs and of new links, and the items linked."""
    [row] = await _STATED.rows(connection, {"region": region, "at": at, "by": by})
    return row
