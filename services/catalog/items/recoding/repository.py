"""SQL of what became of entries and of the codes inside them.

A transfer ends the codes of materials and gives new ones; merging and splitting leave successors. Codes of the entry
itself are kept by the statement that writes its versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

_CODES = """
        SELECT w.item_id, w.list_id, m.nth, m.row ->> 'code' AS code, w.{since} AS since, w.effective_from,
               w.adjustment_id, w.operation
        FROM written AS w
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(w.{elements} -> 'materials') WHEN 'array' THEN w.{elements} -> 'materials' ELSE '[]' END
        ) WITH ORDINALITY AS m (row, nth)
        WHERE m.row ->> 'code' <> ''"""

_RECORD = Statement(
    f"""
    WITH written AS MATERIALIZED (
        SELECT i.id AS item_id, i.list_id, v.effective_from, v.adjustment_id, v.operation, v.elements AS after,
               b.elements AS before, b.effective_from AS since
        FROM unnest(CAST(:item_ids AS uuid[]), CAST(:versions AS integer[])) AS g (item_id, number)
        JOIN qingdan.item AS i ON i.id = g.item_id
        JOIN qingdan.item_version AS v ON v.item_id = g.item_id AND v.number = g.number
        JOIN qingdan.item_version AS b ON b.item_id = g.item_id AND b.number = g.number - 1
    ), former AS MATERIALIZED ({_CODES.format(since="since", elements="before")}
    ), present AS MATERIALIZED ({_CODES.format(since="effective_from", elements="after")}
    ), ended AS (
        SELECT DISTINCT ON (f.item_id, f.code) f.*, p.code AS successor
        FROM former AS f
        LEFT JOIN present AS p ON p.item_id = f.item_id AND p.code <> f.code
                              AND (right(p.code, 3) = right(f.code, 3) OR p.nth = f.nth)
        WHERE NOT EXISTS (SELECT FROM present AS s WHERE s.item_id = f.item_id AND s.code = f.code)
        -- The serial says which material it is; where it was taken, the place in the list does.
        ORDER BY f.item_id, f.code, right(p.code, 3) = right(f.code, 3) DESC NULLS LAST, p.nth
    )
    INSERT INTO qingdan.item_code AS k
        (item_id, scheme, code, list_id, valid_from, valid_until, successor, ended_by, adjustment_id)
    SELECT item_id, 'material', code, list_id, since, effective_from, successor, operation, adjustment_id FROM ended
    UNION ALL
    SELECT DISTINCT ON (item_id, code) item_id, 'material', code, list_id, since, CAST(NULL AS timestamptz), NULL, NULL,
           CAST(NULL AS uuid)
    FROM present
    ON CONFLICT (item_id, scheme, code) DO UPDATE
    SET valid_until = excluded.valid_until, successor = excluded.successor, ended_by = excluded.ended_by,
        adjustment_id = excluded.adjustment_id
    """
)


_SUCCEED = Statement(
    """
    INSERT INTO qingdan.item_successor (item_id, successor_id, since, adjustment_id)
    SELECT * FROM unnest(CAST(:item_ids AS uuid[]), CAST(:successor_ids AS uuid[]), CAST(:since AS timestamptz[]),
                         CAST(:adjustment_ids AS uuid[]))
    ON CONFLICT (item_id, successor_id) DO UPDATE
    SET since = excluded.since, adjustment_id = excluded.adjustment_id
    """
)


async def record_successors(
    connection: AsyncConnection, successors: Mapping[UUID, Sequence[UUID]], roots: Mapping[UUID, tuple[UUID, datetime]]
) -> None:
    """Note what took the place of entries that are cancelled; `roots` are their adjustment and instant of effect."""
    pairs = [(item_id, successor) for item_id, heirs in successors.items() for successor in dict.fromkeys(heirs)]
    given = {
        "item_ids": [item_id for item_id, _ in pairs],
        "successor_ids": [successor for _, successor in pairs],
        "since": [roots[item_id][1] for item_id, _ in pairs],
        "adjustment_ids": [roots[item_id][0] for item_id, _ in pairs],
    }
    await _SUCCEED.rows(connection, given)


async def record_materials(connection: AsyncConnection, item_ids: Sequence[UUID], versions: Sequence[int]) -> None:
    """Note what the materials' codes were before these versions and are since."""
    await _RECORD.rows(connection, {"item_ids": list(item_ids), "versions": list(versions)})
