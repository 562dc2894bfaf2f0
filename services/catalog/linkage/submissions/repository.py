"""SQL of proposed changes: what entries would be, and what their validators need to know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.catalog import organ

# Changes with the entry as it would be: what is in force, with the proposed elements over it.
_PROPOSED = """
SELECT c.item_id, l.id AS list_id, l.kind, l.region_code, r.ancestors, c.operation, i.id IS NULL AS new,
       CAST(p.patch AS text) AS patch, CAST(n.elements AS text) AS elements, n.elements ->> 'state' AS state,
       CASE WHEN i.id IS NULL THEN '{{}}' ELSE ARRAY(
           SELECT e.key FROM jsonb_each(p.patch) AS e
           WHERE nullif(e.value, 'null') IS DISTINCT FROM nullif(v.elements -> e.key, 'null')) END AS touched
FROM ({changes}) AS c (item_id, list_id, operation, proposed)
LEFT JOIN qingdan.item AS i ON i.id = c.item_id
LEFT JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
JOIN qingdan.list AS l ON l.id = coalesce(i.list_id, c.list_id)
JOIN qingdan.region AS r ON r.code = l.region_code
CROSS JOIN LATERAL (
    SELECT c.proposed || CASE c.operation WHEN 'suspend' THEN '{{"state": "suspended"}}'
        WHEN 'resume' THEN '{{"state": "in_use"}}' WHEN 'cancel' THEN '{{"state": "cancelled"}}' ELSE '{{}}' END::jsonb
        AS patch
) AS p
CROSS JOIN LATERAL (
    SELECT jsonb_build_object('state', 'in_use') || coalesce(jsonb_object_agg(key, value), '{{}}') AS elements
    FROM jsonb_each(coalesce(v.elements, '{{}}') || p.patch) WHERE value <> 'null'
) AS n
ORDER BY c.item_id"""

_OF_ADJUSTMENT = _PROPOSED.format(
    changes="""SELECT item_id, list_id, operation, proposed FROM qingdan.workflow_change_v1
      WHERE adjustment_id = :adjustment_id"""
)
_GIVEN = _PROPOSED.format(
    changes="""SELECT * FROM unnest(CAST(:item_ids AS uuid[]), CAST(:list_ids AS uuid[]), CAST(:operations AS text[]),
      CAST(:proposed AS jsonb[]))"""
)


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> Sequence[Row[Any]]:
    """The changes of an adjustment that are still to be made."""
    return (await connection.execute(text(_OF_ADJUSTMENT), {"adjustment_id": adjustment_id})).all()


async def given(
    connection: AsyncConnection,
    *,
    item_ids: Sequence[UUID],
    list_ids: Sequence[UUID],
    operations: Sequence[str],
    proposed: Sequence[str],
) -> Sequence[Row[Any]]:
    """The same for changes somebody only thinks of; lists that do not exist are left out."""
    parameters = {
        "item_ids": list(item_ids),
        "list_ids": list(list_ids),
        "operations": list(operations),
        "proposed": list(proposed),
    }
    return (await connection.execute(text(_GIVEN), parameters)).all()


async def organ_facts(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Any]:
    """Organs by id."""
    rows = await connection.execute(
        select(organ.c.id, organ.c.name, organ.c.credit_code, organ.c.administrative_subject).where(
            organ.c.id.in_(list(ids))
        )
    )
    return list(rows.all())


async def held_codes(
    connection: AsyncConnection, item_ids: Sequence[UUID], kinds: Sequence[str], codes: Sequence[str]
) -> dict[UUID, dict[str, bool]]:
    """For each entry (item, its kind, its whole code): the code when another item has it; True when it is retired."""
    rows = await connection.execute(
        text(
            """
            SELECT g.item_id, g.code, k.valid_until IS NOT NULL AS retired
            FROM unnest(CAST(:item_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:codes AS text[]))
                 AS g (item_id, kind, code)
            JOIN qingdan.list_kind AS lk ON lk.code = g.kind AND lk.unique_code = 'implementation'
            JOIN qingdan.item_code AS k ON k.space = g.kind AND k.code = g.code AND k.item_id <> g.item_id
            """
        ),
        {"item_ids": list(item_ids), "kinds": list(kinds), "codes": list(codes)},
    )
    found: dict[UUID, dict[str, bool]] = defaultdict(dict)
    for row in rows:
        found[row.item_id][row.code] = row.retired
    return found
