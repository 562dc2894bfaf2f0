"""SQL of validity and history, over published rows alone: what was never public is not found here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

# A version holds from its instant, but never before its list was in force.
_CODE = """
    WITH carrying AS (
        SELECT DISTINCT p.list_id, p.item_id FROM qingdan.published_item AS p
        WHERE p.{column} = :code AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
    )
    SELECT c.item_id, c.list_id, l.kind, l.title AS list_title, l.region_code,
           now_shown.name, held.version, held.state, held.effective_from, held.code AS held_code,
           ended.at AS valid_until,
           CASE WHEN now_shown.code <> :code THEN now_shown.code END AS later_code,
           heirs.known AS heirs,
           giving.unique_code IS NOT NULL AS gives_codes
    FROM carrying AS c
    JOIN qingdan.published_list AS l ON l.list_id = c.list_id
    JOIN qingdan.catalog_kind_v1 AS giving ON giving.code = l.kind
    JOIN qingdan.list_revision AS first ON first.list_id = c.list_id AND first.revision = 1
    JOIN LATERAL (
        SELECT p.name, p.{column} AS code FROM qingdan.published_item AS p
        WHERE p.list_id = c.list_id AND p.item_id = c.item_id AND p.to_revision IS NULL
    ) AS now_shown ON true
    LEFT JOIN LATERAL (
        SELECT p.version, p.state, p.{column} AS code, greatest(p.effective_from, first.effective_at) AS effective_from
        FROM qingdan.published_item AS p
        WHERE p.item_id = c.item_id AND p.list_id = c.list_id
          AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
          AND greatest(p.effective_from, first.effective_at) <= :at
        ORDER BY p.effective_from DESC, p.from_revision DESC LIMIT 1
    ) AS held ON true
    LEFT JOIN LATERAL (
        SELECT min(p.effective_from) AS at FROM qingdan.published_item AS p
        WHERE p.item_id = c.item_id AND p.list_id = c.list_id
          AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
          AND p.effective_from > (
            SELECT max(q.effective_from) FROM qingdan.published_item AS q
            WHERE q.item_id = c.item_id AND q.list_id = c.list_id AND q.{column} = :code AND q.state <> 'cancelled'
              AND (q.to_revision IS NULL OR q.to_revision > q.from_revision))
    ) AS ended ON true
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('item_id', s.item_id, 'name', s.name, 'code', s.{column})
                         ORDER BY s.item_id)::text AS known
        FROM qingdan.catalog_item_successor_v1 AS h
        JOIN qingdan.published_item AS s ON s.item_id = h.successor_id AND s.to_revision IS NULL
        WHERE h.item_id = c.item_id AND h.since <= :at
    ) AS heirs ON true
    WHERE CAST(:kind AS text) IS NULL OR l.kind = :kind
    ORDER BY l.kind, c.item_id LIMIT :count
"""
_CODES = {column: text(_CODE.format(column=column)) for column in ("base_code", "implementation_code")}
_HISTORY = text(
    """
    SELECT p.version, p.from_revision AS revision, p.state, p.effective_from, p.hash, p.body, earlier.body AS before,
           r.published_at, r.hash AS list_hash, v.adjustment_id, coalesce(a.decision,
               CASE WHEN p.from_revision = 1 THEN r.decision END)::text AS decision
    FROM qingdan.published_item AS p
    JOIN qingdan.list_revision AS r ON r.list_id = p.list_id AND r.revision = p.from_revision
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = p.item_id AND v.number = p.version
    LEFT JOIN qingdan.workflow_adjustment_v1 AS a ON a.id = v.adjustment_id
    LEFT JOIN LATERAL (
        SELECT e.body FROM qingdan.published_item AS e
        WHERE e.item_id = p.item_id AND e.from_revision < p.from_revision AND e.to_revision > e.from_revision
        ORDER BY e.from_revision DESC LIMIT 1
    ) AS earlier ON true
    WHERE p.item_id = :item AND p.from_revision < :before
      AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
    ORDER BY p.from_revision DESC LIMIT :count
    """
)


async def code(
    connection: AsyncConnection, value: str, *, column: str, kind: str | None, at: datetime, count: int
) -> Sequence[RowMapping]:
    """Items that carry or carried a code, with the version that held at an instant."""
    rows = await connection.execute(_CODES[column], {"code": value, "kind": kind, "at": at, "count": count})
    return rows.mappings().all()


async def history(connection: AsyncConnection, item_id: UUID, *, before: int, count: int) -> Sequence[RowMapping]:
    """What was published of an item, newest first, with the body before each."""
    rows = await connection.execute(_HISTORY, {"item": item_id, "before": before, "count": count})
    return rows.mappings().all()
