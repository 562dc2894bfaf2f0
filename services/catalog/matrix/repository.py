"""SQL of the responsibility matrix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, one_or_none
from shared.schema.catalog import list_responsibility
from shared.statement import Row, Statement

_SHOWN = """SELECT m.*, r.name AS region_name, k.title AS list_title, o.name AS lead_name, o.credit_code AS lead_code,
       ARRAY(SELECT a.name FROM unnest(m.assisting_organ_ids) WITH ORDINALITY AS g (id, nth)
             JOIN qingdan.organ AS a ON a.id = g.id ORDER BY g.nth) AS assisting, l.id AS list_id
FROM qingdan.list_responsibility AS m
JOIN qingdan.region AS r ON r.code = m.region_code
JOIN qingdan.list_kind AS k ON k.code = m.list_kind
JOIN qingdan.organ AS o ON o.id = m.lead_organ_id
LEFT JOIN qingdan.list AS l ON l.region_code = m.region_code AND l.kind = m.list_kind"""

_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE (CAST(:region AS text) IS NULL OR m.region_code = CAST(:region AS text)
           OR CAST(:below AS boolean) AND r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:list_kind AS text) IS NULL OR m.list_kind = CAST(:list_kind AS text))
      AND (CAST(:organ_id AS uuid) IS NULL OR m.lead_organ_id = CAST(:organ_id AS uuid)
           OR CAST(:organ_id AS uuid) = ANY (m.assisting_organ_ids))
      AND (CAST(:after_region AS text) IS NULL
           OR (m.region_code, m.list_kind) > (CAST(:after_region AS text), CAST(:after_kind AS text)))
    ORDER BY m.region_code, m.list_kind LIMIT :limit
    """
)

# Rows that say what is known already are no change.
_PUT = Statement(
    """
    INSERT INTO qingdan.list_responsibility AS m (region_code, list_kind, lead_organ_id, assisting_organ_ids, note,
                                                  set_by, set_at)
    SELECT g.region_code, g.list_kind, g.lead, ARRAY(SELECT CAST(jsonb_array_elements_text(g.assisting) AS uuid)),
           g.note, :actor, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS g (region_code text, list_kind text, lead uuid, assisting jsonb, note text)
    ON CONFLICT (region_code, list_kind) DO UPDATE
    SET lead_organ_id = excluded.lead_organ_id, assisting_organ_ids = excluded.assisting_organ_ids,
        note = excluded.note, set_by = excluded.set_by, set_at = excluded.set_at, version = m.version + 1
    WHERE (m.lead_organ_id, m.assisting_organ_ids, m.note)
          IS DISTINCT FROM (excluded.lead_organ_id, excluded.assisting_organ_ids, excluded.note)
    RETURNING m.region_code, m.list_kind, m.lead_organ_id, m.version = 1 AS created
    """
)

# The lists there are pass to the organ that now leads them; it is a member like every lead organ.
_LEAD = Statement(
    """
    WITH led AS (
        UPDATE qingdan.list AS l SET lead_organ_id = m.lead_organ_id, version = l.version + 1
        FROM qingdan.list_responsibility AS m
        JOIN unnest(CAST(:regions AS text[]), CAST(:kinds AS text[])) AS g (region_code, list_kind)
          ON g.region_code = m.region_code AND g.list_kind = m.list_kind
        WHERE l.region_code = m.region_code AND l.kind = m.list_kind AND l.lead_organ_id <> m.lead_organ_id
        RETURNING l.id, l.kind, l.region_code, l.lead_organ_id
    ), joined AS (
        INSERT INTO qingdan.list_member (list_id, organ_id) SELECT id, lead_organ_id FROM led ON CONFLICT DO NOTHING
    )
    SELECT * FROM led ORDER BY id
    """
)

_REGIONS = Statement(
    """
    SELECT r.code, r.name FROM qingdan.region AS r
    WHERE r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)]
    """
)
_KINDS = Statement("SELECT code, title FROM qingdan.list_kind ORDER BY code")
_ORGANS = Statement(
    """
    SELECT o.id, o.name, o.credit_code, o.region_code FROM qingdan.organ AS o
    WHERE o.state = 'active' AND (o.name = ANY (CAST(:names AS text[])) OR o.credit_code = ANY (CAST(:names AS text[])))
    """
)


async def page(
    connection: AsyncConnection,
    *,
    region: str | None,
    below: bool,
    list_kind: str | None = None,
    organ_id: UUID | None = None,
    after: tuple[str, str] | None = None,
    limit: int,
) -> list[Row]:
    """Rows of the matrix by region and kind, with the names people know."""
    first, second = after if after else (None, None)
    given = {"region": region, "below": below, "list_kind": list_kind, "organ_id": organ_id, "limit": limit}
    return await _PAGE.rows(connection, given | {"after_region": first, "after_kind": second})


async def find(connection: AsyncConnection, region: str, list_kind: str, *, lock: bool = False) -> Record | None:
    """Who leads a list."""
    table = list_responsibility
    statement = select(table).where(table.c.region_code == region, table.c.list_kind == list_kind)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def put(connection: AsyncConnection, rows: str, *, actor: str, now: datetime) -> list[Row]:
    """Store rows (JSON: region_code, list_kind, lead, assisting, note); those that changed."""
    return await _PUT.rows(connection, {"rows": rows, "actor": actor, "now": now})


async def lead(connection: AsyncConnection, places: Sequence[tuple[str, str]]) -> list[Row]:
    """Let the lists of regions and kinds be led by whom the matrix names; those that changed."""
    regions, kinds = [region for region, _ in places], [kind for _, kind in places]
    return await _LEAD.rows(connection, {"regions": regions, "kinds": kinds})


async def known(connection: AsyncConnection, region: str, names: Sequence[str]) -> dict[str, Any]:
    """What names in a table may mean: regions at or below one, all kinds, organs with these names or credit codes."""
    return {
        "regions": await _REGIONS.rows(connection, {"region": region}),
        "kinds": await _KINDS.rows(connection),
        "organs": await _ORGANS.rows(connection, {"names": list(names)}),
    }
