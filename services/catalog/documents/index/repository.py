"""All SQL of registering an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# An area is named as people do: 山东 is 山东省, 上海 is 上海市; below a province nothing is guessed.
_AREAS = Statement(
    """
    SELECT DISTINCT ON (g.area) g.area, r.code
    FROM unnest(CAST(:areas AS text[])) AS g (area)
    JOIN qingdan.region AS r ON r.code = g.area OR r.name = g.area
      OR (r.level = 'province' AND starts_with(r.name, g.area))
    WHERE CAST(:within AS text) IS NULL OR r.code = :within OR :within = ANY (r.ancestors)
    ORDER BY g.area, r.name = g.area DESC, length(r.name), r.code
    """
)
# What is registered already stays as people have it.
_ADD = Statement(
    """
    WITH given AS (
        SELECT g.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
            id uuid, title text, title_key text, number text, agency text, year integer, serial integer, kind text,
            issuer text, region_code text, issued_on date, issued_precision text, effective_from date, status text,
            source text)
    ), added AS (
        INSERT INTO qingdan.normative_document AS d (
            id, title, title_key, number, agency, year, serial, kind, issuer, region_code, issued_on, issued_precision,
            effective_from, status, status_at, source)
        SELECT g.id, g.title, g.title_key, g.number, g.agency, g.year, g.serial, g.kind, g.issuer, g.region_code,
               g.issued_on, g.issued_precision, g.effective_from, g.status,
               CASE WHEN g.status <> 'in_force' THEN CAST(:now AS timestamptz) END, g.source
        FROM given AS g
        ON CONFLICT DO NOTHING
        RETURNING d.id, d.title
    ), kept AS (
        INSERT INTO qingdan.document_version (document_id, number, content, operation, actor, reason, recorded_at)
        SELECT a.id, 1, to_jsonb(g), 'imported', :actor, CAST(:reason AS text), CAST(:now AS timestamptz)
        FROM added AS a JOIN given AS g ON g.id = a.id
    )
    SELECT id FROM added
    """
)
_SPOOLS = Statement(
    """
    SELECT o.parameters ->> 'spool' FROM qingdan.operation AS o
    WHERE o.kind = :kind AND o.state IN ('queued', 'running')
    """
)


async def regions_of(connection: AsyncConnection, areas: Sequence[str], *, within: str | None) -> dict[str, str]:
    """Region codes of areas by the names an index gives them; those that are not registered, or lie outside the region
    whose register is kept, are left out."""
    rows: list[Row] = await _AREAS.rows(connection, {"areas": list(areas), "within": within})
    return {row.area: row.code for row in rows}


async def spools_in_use(connection: AsyncConnection, kind: str) -> set[str]:
    """Names of files that operations of a kind still need."""
    return set(await _SPOOLS.values(connection, {"kind": kind}))


async def add(
    connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, actor: str, reason: str | None, now: datetime
) -> list[UUID]:
    """Register documents; the ids of those that were not there."""
    written = orjson.dumps(list(rows), default=_plain).decode()
    return await _ADD.values(connection, {"rows": written, "actor": actor, "reason": reason, "now": now})


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
