"""SQL of the published lists."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

_SUMMARY = """
    SELECT l.list_id, l.kind, coalesce(k.title, l.kind) AS kind_title, l.region_code,
           coalesce(r.name, l.region_code) AS region_name, l.title, l.revision, l.hash, l.entries, l.published_at
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.catalog_kind_v1 AS k ON k.code = l.kind
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
"""
_LISTS = text(
    _SUMMARY
    + """
    WHERE l.list_id > :after AND (CAST(:kind AS text) IS NULL OR l.kind = :kind)
      AND (CAST(:region AS text) IS NULL OR l.region_code = :region)
    ORDER BY l.list_id LIMIT :count
    """
)
_LIST = text(_SUMMARY + "WHERE l.list_id = :list")
_EDITIONS = text(
    "SELECT name, revision, named_at FROM qingdan.list_edition WHERE list_id = :list ORDER BY revision, name"
)
_REVISIONS = text(
    """
    SELECT v.revision, v.hash, v.entries, v.purged, v.decision, v.adjustment_id, v.effective_at, v.published_at,
           p.number AS publication
    FROM qingdan.list_revision AS v LEFT JOIN qingdan.publication AS p ON p.id = v.publication_id
    WHERE v.list_id = :list AND v.revision < :before
    ORDER BY v.revision DESC LIMIT :count
    """
)
_REVISION = text(
    """
    SELECT l.list_id, l.revision AS current, v.revision, v.hash, v.entries, v.purged
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v ON v.list_id = l.list_id AND v.revision = coalesce(:revision, l.revision)
    WHERE l.list_id = :list
    """
)
_NAMED_REVISION = text(
    """
    SELECT l.list_id, v.revision
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v ON v.list_id = l.list_id AND v.revision =
        CASE WHEN CAST(:edition AS text) IS NOT NULL
             THEN (SELECT e.revision FROM qingdan.list_edition AS e WHERE e.list_id = l.list_id AND e.name = :edition)
             ELSE coalesce(CAST(:number AS int), l.revision) END
    WHERE l.list_id = :list
    """
)
# Of a list's rows those that one of two revisions shows and the other does not; the two of an entry stand together.
_DIFFERENT = text(
    """
    SELECT p.item_id, (array_agg(p.body) FILTER (WHERE p.old))[1] AS before,
           (array_agg(p.body) FILTER (WHERE p.new))[1] AS after
    FROM (
        SELECT i.item_id, i.body,
               i.from_revision <= :first AND (i.to_revision IS NULL OR i.to_revision > :first) AS old,
               i.from_revision <= :second AND (i.to_revision IS NULL OR i.to_revision > :second) AS new
        FROM qingdan.published_item AS i WHERE i.list_id = :list AND i.item_id > :after
    ) AS p
    WHERE p.old <> p.new
    GROUP BY p.item_id ORDER BY p.item_id LIMIT :count
    """
)
_BUCKETS_NOW = text(
    "SELECT bucket, hash, entries FROM qingdan.list_bucket WHERE list_id = :list AND entries > 0 ORDER BY bucket"
)
_BUCKETS_THEN = text(
    """
    SELECT bucket, sha256(string_agg(hash, ''::bytea ORDER BY item_id)) AS hash, count(*) AS entries
    FROM qingdan.published_item
    WHERE list_id = :list AND from_revision <= :revision AND (to_revision IS NULL OR to_revision > :revision)
    GROUP BY bucket ORDER BY bucket
    """
)


async def lists(
    connection: AsyncConnection, *, kind: str | None, region: str | None, after: UUID, count: int
) -> Sequence[RowMapping]:
    """Published lists after an id."""
    rows = await connection.execute(_LISTS, {"kind": kind, "region": region, "after": after, "count": count})
    return rows.mappings().all()


async def one(connection: AsyncConnection, list_id: UUID) -> RowMapping | None:
    """One published list."""
    return (await connection.execute(_LIST, {"list": list_id})).mappings().one_or_none()


async def editions(connection: AsyncConnection, list_id: UUID) -> Sequence[RowMapping]:
    """The named editions of a list, oldest first."""
    return (await connection.execute(_EDITIONS, {"list": list_id})).mappings().all()


async def revisions(connection: AsyncConnection, list_id: UUID, *, before: int, count: int) -> Sequence[RowMapping]:
    """Revisions of a list, newest first, below a number."""
    rows = await connection.execute(_REVISIONS, {"list": list_id, "before": before, "count": count})
    return rows.mappings().all()


async def revision(connection: AsyncConnection, list_id: UUID, number: int | None) -> RowMapping | None:
    """One revision (the present one when None); its `revision` is None when there is none of that number."""
    return (await connection.execute(_REVISION, {"list": list_id, "revision": number})).mappings().one_or_none()


async def named_revision(
    connection: AsyncConnection, list_id: UUID, *, edition: str | None, number: int | None
) -> RowMapping | None:
    """The revision an edition or number names, else the present one; `revision` is None when there is none such."""
    given = {"list": list_id, "edition": edition, "number": number}
    return (await connection.execute(_NAMED_REVISION, given)).mappings().one_or_none()


async def different(
    connection: AsyncConnection, list_id: UUID, first: int, second: int, *, after: UUID, count: int
) -> Sequence[RowMapping]:
    """Entries that two revisions show differently, with the bodies of both, in item order."""
    given = {"list": list_id, "first": first, "second": second, "after": after, "count": count}
    return (await connection.execute(_DIFFERENT, given)).mappings().all()


async def buckets(connection: AsyncConnection, list_id: UUID, number: int, *, current: bool) -> Sequence[RowMapping]:
    """The buckets of a revision that are not empty: kept for the present one, hashed anew for earlier ones."""
    if current:
        return (await connection.execute(_BUCKETS_NOW, {"list": list_id})).mappings().all()
    return (await connection.execute(_BUCKETS_THEN, {"list": list_id, "revision": number})).mappings().all()
