"""SQL of justifications: which materials an adjustment adds, and what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.justifications.rules import AddedMaterial
from shared.statement import Row, Statement

# Materials are known by name; the first that has the code of one that goes has only been renamed. A code says nothing
# where the material it belonged to stays, or where another one has taken it already. A new entry argues for itself.
_ADDED = Statement(
    """
    SELECT c.number, c.item_id, c.organ_id, CAST(m.place - 1 AS int) AS place, m.value ->> 'name' AS material,
           EXISTS (SELECT FROM qingdan.material_justification AS j
                   WHERE j.adjustment_id = c.adjustment_id AND j.item_id = c.item_id
                     AND j.material = m.value ->> 'name') AS justified
    FROM qingdan.change AS c
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(c.proposed -> 'materials') = 'array' THEN c.proposed -> 'materials'
             ELSE '[]'::jsonb END) WITH ORDINALITY AS m (value, place)
    WHERE c.adjustment_id = :adjustment_id AND c.operation <> 'add' AND c.proposed ? 'materials'
      AND coalesce(c.outcome, 'conflict') = 'conflict' AND m.value ->> 'name' IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM jsonb_array_elements(
              CASE WHEN jsonb_typeof(c.base -> 'materials') = 'array' THEN c.base -> 'materials'
                   ELSE '[]'::jsonb END) AS b (value)
          WHERE b.value ->> 'name' = m.value ->> 'name'
             OR (m.value ->> 'code' <> '' AND b.value ->> 'code' = m.value ->> 'code'
                 AND NOT EXISTS (
                     SELECT FROM jsonb_array_elements(c.proposed -> 'materials') WITH ORDINALITY AS p (value, place)
                     WHERE p.value ->> 'name' = b.value ->> 'name'
                        OR (p.value ->> 'code' = m.value ->> 'code' AND p.place < m.place))))
    ORDER BY c.number, m.place
    """
)
_SAVE = Statement(
    """
    INSERT INTO qingdan.material_justification AS j (id, adjustment_id, item_id, material, justification, consulted,
                                                     evidence, recorded_by, recorded_at)
    SELECT n.id, :adjustment_id, n.item_id, n.material, n.justification, n.consulted, n.evidence, :actor, :now
    FROM jsonb_to_recordset(CAST(:justifications AS jsonb)) AS n(
        id uuid, item_id uuid, material text, justification text, consulted jsonb, evidence jsonb)
    ON CONFLICT (adjustment_id, item_id, material) DO UPDATE
    SET justification = excluded.justification, consulted = excluded.consulted, evidence = excluded.evidence,
        recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at
    """
)
_OF = Statement(
    """
    SELECT j.id, j.item_id, j.material, j.justification, j.consulted, j.evidence, j.recorded_by, j.recorded_at
    FROM qingdan.material_justification AS j WHERE j.adjustment_id = :adjustment_id ORDER BY j.item_id, j.material
    """
)


async def added(connection: AsyncConnection, adjustment_id: UUID) -> list[AddedMaterial]:
    """The materials an adjustment adds to entries that are there, and whether they are justified."""
    rows = await _ADDED.rows(connection, {"adjustment_id": adjustment_id})
    return [AddedMaterial(**row) for row in rows]


async def save(
    connection: AsyncConnection,
    adjustment_id: UUID,
    justifications: Sequence[dict[str, Any]],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Keep justifications; one for the same material takes the place of the earlier one."""
    given = orjson.dumps(list(justifications), default=str).decode()
    values = {"adjustment_id": adjustment_id, "justifications": given, "actor": actor, "now": now}
    await _SAVE.rows(connection, values)


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """All justifications of an adjustment."""
    return await _OF.rows(connection, {"adjustment_id": adjustment_id})
