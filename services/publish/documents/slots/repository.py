"""SQL of the slots: uploaded review rules, the register's word on documents, and which entries lack something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.documents.slots.rules import POLICIES, SPECIFIED, STANDARDS
from shared.statement import Row, Statement

_FILE = "f.id, f.item_id, f.number, f.file_name, f.media_type, f.sha256, f.size, f.state, f.uploaded_at"
_CURRENT = Statement(
    f"SELECT {_FILE} FROM qingdan.review_rules_file AS f WHERE f.item_id = :item AND f.state = 'current'"
)
_NEWEST = Statement(
    f"""
    SELECT {_FILE} FROM qingdan.review_rules_file AS f WHERE f.item_id = :item
    ORDER BY f.number DESC LIMIT 1 FOR UPDATE
    """
)
_CONTENT = Statement("SELECT content FROM qingdan.review_rules_file WHERE id = :id")
_ADD = Statement(
    """
    INSERT INTO qingdan.review_rules_file (id, item_id, number, file_name, media_type, content, sha256, size, state,
                                           uploaded_by, uploaded_at)
    VALUES (:id, :item_id, :number, :file_name, :media_type, :content, :sha256, :size, 'current', :uploaded_by,
            :uploaded_at)
    """
)
_CLOSE = Statement("UPDATE qingdan.review_rules_file SET state = :state WHERE item_id = :item AND state = 'current'")
_PLACE = Statement(
    """
    SELECT p.item_id, p.organ_id, l.list_id, l.kind, l.region_code,
           array_prepend(l.region_code, coalesce(r.ancestors, '{}')) AS chain
    FROM qingdan.published_item AS p JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE p.item_id = :item AND p.to_revision IS NULL
    """
)
_REGISTER = Statement(
    r"""
    SELECT d.id, d.title, d.number, d.status, d.effective_from, d.expires_on
    FROM qingdan.catalog_document_v1 AS d
    WHERE (d.region_code IS NULL OR d.region_code = ANY (CAST(:chain AS text[])))
      AND (d.number = ANY (CAST(:numbers AS text[]))
           OR regexp_replace(regexp_replace(d.title, '[《》\s]', '', 'g'), '^中华人民共和国', '')
              = ANY (CAST(:titles AS text[])))
    ORDER BY d.status IN ('in_force', 'amended'), d.issued_on NULLS FIRST, d.id
    """
)


def _said(paths: Sequence[str]) -> str:
    """Whether an entry or its specification says something at one of the paths."""
    return " OR ".join(f"e.own @? '{path}' OR e.above @? '{path}'" for path in paths)


_SPECIFIED = " AND ".join(f"coalesce({_said([path])}, false)" for path in SPECIFIED)
# What is there, entry by entry: of the implementation list the three public slots, of permits what is made of them.
_JUDGED = f"""
    WITH e AS MATERIALIZED (
        SELECT p.item_id, p.name, p.organ_id, p.kind, p.own, p.above, p.missing
        FROM qingdan.publish_guide_v1 AS p
        WHERE p.region_code = CAST(:region AS text) AND p.kind IN ('implementation', 'permit')
          AND (CAST(:organ AS uuid) IS NULL OR p.organ_id = CAST(:organ AS uuid))
    ), j AS (
        SELECT e.item_id, e.name, e.organ_id, e.kind, e.missing,
               coalesce({_said(POLICIES)}, false) AS policies,
               coalesce({_said(STANDARDS)}, false) OR EXISTS (
                   SELECT FROM qingdan.review_rules_file AS f WHERE f.item_id = e.item_id AND f.state = 'current'
               ) AS review,
               {_SPECIFIED} AS specified
        FROM e
    ), g AS (
        SELECT j.*, CASE j.kind
            WHEN 'implementation' THEN array_remove(ARRAY[
                CASE WHEN NOT j.policies THEN 'policy_documents' END,
                CASE WHEN cardinality(j.missing) > 0 THEN 'guide' END,
                CASE WHEN NOT j.review THEN 'review_rules' END], NULL)
            ELSE array_remove(ARRAY[
                CASE WHEN NOT j.specified THEN 'specification' END,
                CASE WHEN NOT j.specified THEN 'manual' END,
                CASE WHEN cardinality(j.missing) > 0 THEN 'guide' END], NULL) END AS lacking
        FROM j
    )
"""
_COVERAGE = Statement(
    _JUDGED
    + """
    SELECT g.kind, g.organ_id, o.name AS organ, count(*) AS entries,
           count(*) FILTER (WHERE 'policy_documents' = ANY (g.lacking)) AS policy_documents,
           count(*) FILTER (WHERE 'guide' = ANY (g.lacking)) AS guide,
           count(*) FILTER (WHERE 'review_rules' = ANY (g.lacking)) AS review_rules,
           count(*) FILTER (WHERE 'specification' = ANY (g.lacking)) AS specification,
           count(*) FILTER (WHERE 'manual' = ANY (g.lacking)) AS manual
    FROM g LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.organ_id
    GROUP BY g.kind, g.organ_id, o.name ORDER BY g.kind, o.name NULLS LAST, g.organ_id
    """
)
_LACKING = Statement(
    _JUDGED
    + """
    SELECT g.item_id, g.name, g.kind, g.organ_id, o.name AS organ, g.lacking, g.missing
    FROM g LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.organ_id
    WHERE cardinality(g.lacking) > 0 AND (CAST(:slot AS text) IS NULL OR CAST(:slot AS text) = ANY (g.lacking))
      AND (CAST(:kind AS text) IS NULL OR g.kind = CAST(:kind AS text))
      AND (CAST(:after AS uuid) IS NULL OR g.item_id > CAST(:after AS uuid))
    ORDER BY g.item_id LIMIT :limit
    """
)


async def current(connection: AsyncConnection, item_id: UUID) -> Row | None:
    """The uploaded review rules of an entry, without the file."""
    return await _CURRENT.row(connection, {"item": item_id})


async def newest(connection: AsyncConnection, item_id: UUID) -> Row | None:
    """The upload numbered last, whatever became of it; locked until the transaction ends."""
    return await _NEWEST.row(connection, {"item": item_id})


async def content(connection: AsyncConnection, file_id: UUID) -> bytes:
    """The file of an upload."""
    found: bytes = await _CONTENT.value(connection, {"id": file_id})
    return found


async def close(connection: AsyncConnection, item_id: UUID, state: str) -> None:
    """End the upload that counts: replaced or removed."""
    await _CLOSE.rows(connection, {"item": item_id, "state": state})


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep an upload; it counts from now on."""
    await _ADD.rows(connection, values)


async def place(connection: AsyncConnection, item_id: UUID) -> Row | None:
    """Where a published entry stands: organ, list, kind, region with its chain."""
    return await _PLACE.row(connection, {"item": item_id})


async def register(
    connection: AsyncConnection, chain: Sequence[str], *, numbers: Sequence[str], titles: Sequence[str]
) -> list[Row]:
    """What the register says of documents of these numbers or title keys; what counts most comes last."""
    given = {"chain": list(chain), "numbers": list(numbers), "titles": list(titles)}
    return await _REGISTER.rows(connection, given)


async def coverage(connection: AsyncConnection, region: str, *, organ: UUID | None) -> list[Row]:
    """By kind and organ: entries, and how many lack each thing."""
    return await _COVERAGE.rows(connection, {"region": region, "organ": organ})


async def lacking(
    connection: AsyncConnection, region: str, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[Row]:
    """Entries that lack something, with what, and which elements of the guide nobody has said."""
    return await _LACKING.rows(connection, {"region": region, "after": after, "limit": limit} | dict(filters))
