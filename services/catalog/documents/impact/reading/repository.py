"""SQL that reads the impact of documents: which entries rest on them, which have dates to be settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.documents.rules import TEMPORARY_PERMIT_NOTICE_DAYS, TEMPORARY_PERMIT_YEARS
from shared.statement import Row, Statement

_ENTRIES_OF = Statement(
    """
    SELECT i.id FROM qingdan.item AS i JOIN qingdan.region AS r ON r.code = i.region_code
    WHERE (r.code = :region OR :region = ANY (r.ancestors)) AND i.state <> 'cancelled'
      AND (CAST(:after AS uuid) IS NULL OR i.id > :after)
    ORDER BY i.id LIMIT :limit
    """
)
_RESTING = Statement(
    """
    SELECT b.item_id FROM qingdan.item_basis AS b WHERE b.title_key = ANY (CAST(:title_keys AS text[]))
    UNION
    SELECT b.item_id FROM qingdan.item_basis AS b WHERE b.number = ANY (CAST(:numbers AS text[]))
    ORDER BY item_id
    """
)
# Documents that changed, or of which a day has come since they were settled: they begin or cease to hold, or a
# temporary permit that a provincial rule sets comes near its end, or past it.
_DUE = Statement(
    """
    SELECT d.id, d.title_key, d.number FROM qingdan.normative_document AS d
    WHERE d.settled_on IS NULL OR (d.settled_on < CAST(:today AS date) AND EXISTS (
        SELECT FROM (VALUES (d.status_from), (d.effective_from), (d.expires_on + 1)) AS v (day)
        WHERE v.day > d.settled_on AND v.day <= :today
        UNION ALL
        SELECT FROM (
            SELECT CAST(coalesce(d.effective_from, d.issued_on) + :years * interval '1 year' AS date) AS day
        ) AS e
        CROSS JOIN LATERAL (VALUES (e.day - CAST(:notice_days AS integer)), (e.day + 1)) AS v (day)
        WHERE d.kind = 'provincial_rule' AND v.day > d.settled_on AND v.day <= :today
        UNION ALL
        SELECT FROM qingdan.document_article AS a
        WHERE a.document_id = d.id AND a.status_from > d.settled_on AND a.status_from <= :today
    ))
    ORDER BY d.id LIMIT :most FOR UPDATE OF d SKIP LOCKED
    """
)
_LOCK = Statement(
    """
    SELECT d.id, d.title_key, d.number FROM qingdan.normative_document AS d
    WHERE d.id = ANY (CAST(:documents AS uuid[])) ORDER BY d.id FOR UPDATE
    """
)
_SETTLED = Statement(
    """
    UPDATE qingdan.normative_document SET settled_on = CAST(:today AS date)
    WHERE id = ANY (CAST(:documents AS uuid[]))
    """
)
_IMPACT = Statement(
    """
    SELECT b.item_id, b.place, i.name, i.list_id, l.title AS list_title, i.kind AS list_kind, i.region_code,
           r.name AS region_name, i.implementing_body AS organ_id, o.name AS organ_name, i.state, b.element, b.path,
           b.cited, b.article, b.use
    FROM qingdan.normative_document AS d
    JOIN qingdan.item_basis AS b
      ON (b.title_key = d.title_key OR b.number = d.number)
     AND NOT (d.number IS NOT NULL AND b.number IS NOT NULL AND d.number <> b.number)
    JOIN qingdan.item AS i ON i.id = b.item_id
    JOIN qingdan.list AS l ON l.id = i.list_id
    JOIN qingdan.region AS r ON r.code = i.region_code
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    WHERE d.id = :document AND i.state <> 'cancelled'
      AND (d.region_code IS NULL OR d.region_code = r.code OR d.region_code = ANY (r.ancestors))
      AND (CAST(:article AS text) IS NULL OR b.article = :article OR b.article LIKE :article || '.%'
           OR :article LIKE b.article || '.%')
      AND (CAST(:kind AS text) IS NULL OR i.kind = :kind)
      AND (CAST(:within AS text) IS NULL OR r.code = :within OR :within = ANY (r.ancestors))
      AND (r.code = ANY (CAST(:seen AS text[])) OR r.ancestors && CAST(:seen AS text[]) OR CAST(:all AS boolean))
      AND (CAST(:after_item AS uuid) IS NULL
           OR (b.item_id, b.place) > (CAST(:after_item AS uuid), CAST(:after_place AS integer)))
    ORDER BY b.item_id, b.place LIMIT :limit
    """
)


async def entries_of(connection: AsyncConnection, region_code: str, *, after: UUID | None, limit: int) -> list[UUID]:
    """The next entries of a region and all below it."""
    return await _ENTRIES_OF.values(connection, {"region": region_code, "after": after, "limit": limit})


async def resting_on(connection: AsyncConnection, title_keys: Sequence[str], numbers: Sequence[str]) -> list[UUID]:
    """Entries that cite documents with these names or numbers, in id order."""
    given = {"title_keys": list(title_keys), "numbers": list(numbers)}
    return await _RESTING.values(connection, given)


async def due(connection: AsyncConnection, today: date, most: int) -> list[Row]:
    """Documents with something to settle, locked; those another process has locked are left to it."""
    given = {
        "today": today, "most": most, "years": TEMPORARY_PERMIT_YEARS, "notice_days": TEMPORARY_PERMIT_NOTICE_DAYS,
    }  # fmt: skip
    return await _DUE.rows(connection, given)


async def lock(connection: AsyncConnection, documents: Sequence[UUID]) -> list[Row]:
    """Names and numbers of documents, locked in id order."""
    return await _LOCK.rows(connection, {"documents": list(documents)})


async def settled(connection: AsyncConnection, documents: Sequence[UUID], today: date) -> None:
    """Note that what the documents' dates bring about is done up to a day."""
    await _SETTLED.rows(connection, {"documents": list(documents), "today": today})


async def impact(
    connection: AsyncConnection,
    document_id: UUID,
    *,
    article: str | None,
    kind: str | None,
    within: str | None,
    seen: Sequence[str],
    everything: bool,
    after: tuple[UUID, int] | None,
    limit: int,
) -> list[Row]:
    """Where entries of all lists cite a document, or an article of it (with what lies in it, or contains it).

    `seen` are the regions the reader may look into, with all below them.
    """
    given = {
        "document": document_id, "article": article, "kind": kind, "within": within, "seen": list(seen),
        "all": everything, "after_item": after[0] if after else None, "after_place": after[1] if after else None,
        "limit": limit,
    }  # fmt: skip
    return await _IMPACT.rows(connection, given)
