"""SQL of concerns: open findings K23 brought together by the document they go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# A finding tells each place of the entry that rests on something: a document and what became of it.
_CONCERN = """concern AS (
    SELECT f.id, f.item_id, f.list_id, f.region_code, f.element, f.severity, f.message, f.due_at, i.name,
           i.implementing_body, r.name AS region_name, t.document_id, t.condition, t."from" AS day, t.article
    FROM qingdan.finding AS f
    JOIN qingdan.item AS i ON i.id = f.item_id
    JOIN qingdan.region AS r ON r.code = f.region_code
    CROSS JOIN LATERAL jsonb_to_recordset(CASE WHEN jsonb_typeof(f.actual) = 'array' THEN f.actual ELSE '[]' END)
        AS t (document_id uuid, condition text, "from" text, article text)
    WHERE f.rule = 'K23' AND f.state = 'open'
      AND (CAST(:within AS text) IS NULL OR r.code = :within OR :within = ANY (r.ancestors))
      AND (r.code = ANY (CAST(:seen AS text[])) OR r.ancestors && CAST(:seen AS text[]) OR CAST(:all AS boolean))
      AND (CAST(:organ_id AS uuid) IS NULL OR i.implementing_body = CAST(:organ_id AS uuid))
)"""
_LINES = Statement(
    f"""
    WITH {_CONCERN}
    SELECT c.document_id, d.title, d.number, c.condition, max(c.day) AS day, count(DISTINCT c.item_id) AS entries,
           count(DISTINCT c.list_id) AS lists, count(DISTINCT c.implementing_body) AS organs,
           count(DISTINCT c.id) FILTER (WHERE c.due_at < CAST(:now AS timestamptz)) AS overdue, min(c.due_at) AS due_at
    FROM concern AS c JOIN qingdan.normative_document AS d ON d.id = c.document_id
    WHERE CAST(:after AS uuid) IS NULL
       OR (c.document_id, c.condition) > (CAST(:after AS uuid), CAST(:after_why AS text))
    GROUP BY c.document_id, d.title, d.number, c.condition
    ORDER BY c.document_id, c.condition LIMIT :limit
    """
)
_BEHIND = Statement(
    f"""
    WITH {_CONCERN}
    SELECT c.id AS finding_id, c.item_id, c.name, c.list_id, l.title AS list_title, c.region_code, c.region_name,
           c.implementing_body AS organ_id, o.name AS organ_name, c.element, c.severity, c.message, c.due_at,
           array_remove(array_agg(DISTINCT c.article), NULL) AS articles
    FROM concern AS c
    JOIN qingdan.list AS l ON l.id = c.list_id
    LEFT JOIN qingdan.organ AS o ON o.id = c.implementing_body
    WHERE c.document_id = CAST(:document AS uuid)
      AND (CAST(:condition AS text) IS NULL OR c.condition = CAST(:condition AS text))
      AND (CAST(:after AS uuid) IS NULL OR c.id > CAST(:after AS uuid))
    GROUP BY c.id, c.item_id, c.name, c.list_id, l.title, c.region_code, c.region_name, c.implementing_body, o.name,
             c.element, c.severity, c.message, c.due_at
    ORDER BY c.id LIMIT :limit
    """
)


def _given(filters: Mapping[str, Any], seen: Sequence[str], *, everything: bool, limit: int) -> dict[str, Any]:
    return dict.fromkeys(("within", "organ_id")) | dict(filters) | {
        "seen": list(seen), "all": everything, "limit": limit,
    }  # fmt: skip


async def lines(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    *,
    seen: Sequence[str],
    everything: bool,
    after: tuple[UUID, str] | None,
    limit: int,
    now: datetime,
) -> list[Row]:
    """Documents with open findings, and what became of them; `filters`: within, organ_id.

    `seen` are the regions the reader may look into, with all below them.
    """
    given = _given(filters, seen, everything=everything, limit=limit)
    document, why = after if after else (None, None)
    return await _LINES.rows(connection, given | {"after": document, "after_why": why, "now": now})


async def behind(
    connection: AsyncConnection,
    document_id: UUID,
    filters: Mapping[str, Any],
    *,
    seen: Sequence[str],
    everything: bool,
    after: UUID | None,
    limit: int,
) -> list[Row]:
    """The open findings of a document by id; `filters`: within, organ_id, condition. `seen` as for `lines`."""
    given = _given(filters, seen, everything=everything, limit=limit) | {"condition": filters.get("condition")}
    return await _BEHIND.rows(connection, given | {"document": document_id, "after": after})
