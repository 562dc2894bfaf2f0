"""SQL of the Atom feeds: what changed in a list or a region, newest first, with what may be seen of it now."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Names come from the revision that showed them; what was withdrawn has none left.
_ENTRIES = """
    SELECT f.sequence, f.id, f.type, f.list_id, f.item_id, f.revision, f.changed, f.effective_at, f.recorded_at,
           l.title, b.name, EXISTS (SELECT FROM qingdan.published_item AS c
                                    WHERE c.item_id = f.item_id AND c.to_revision IS NULL) AS shown
    FROM qingdan.feed_entry AS f
    JOIN qingdan.published_list AS l ON l.list_id = f.list_id
    LEFT JOIN LATERAL (
        SELECT p.name FROM qingdan.published_item AS p
        WHERE p.item_id = f.item_id AND p.from_revision >= f.revision AND f.type <> 'item.withdrawn'
          AND (p.to_revision IS NULL OR p.to_revision > p.from_revision)
        ORDER BY p.from_revision LIMIT 1
    ) AS b ON true
    WHERE {chosen} AND (CAST(:before AS bigint) IS NULL OR f.sequence < CAST(:before AS bigint))
    ORDER BY f.sequence DESC LIMIT :limit
"""
_OF_LIST = Statement(_ENTRIES.format(chosen="f.list_id = :list"))
_OF_REGION = Statement(_ENTRIES.format(chosen="l.region_code = :region"))
_LIST = Statement(
    """
    SELECT l.title, coalesce(r.name, l.region_code) AS region_name, l.published_at
    FROM qingdan.published_list AS l LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE l.list_id = :list
    """
)
_REGION = Statement(
    """
    SELECT r.name, max(l.published_at) AS published_at
    FROM qingdan.catalog_region_v1 AS r JOIN qingdan.published_list AS l ON l.region_code = r.code
    WHERE r.code = :region GROUP BY r.name
    """
)


async def of_list(connection: AsyncConnection, list_id: UUID, *, before: int | None, limit: int) -> list[Row]:
    """Changes of a list below a sequence."""
    return await _OF_LIST.rows(connection, {"list": list_id, "before": before, "limit": limit})


async def of_region(connection: AsyncConnection, region: str, *, before: int | None, limit: int) -> list[Row]:
    """Changes of a region's lists below a sequence."""
    return await _OF_REGION.rows(connection, {"region": region, "before": before, "limit": limit})


async def published_list(connection: AsyncConnection, list_id: UUID) -> Row | None:
    """Title, region_name and published_at of a list; None when it is not published."""
    return await _LIST.row(connection, {"list": list_id})


async def region(connection: AsyncConnection, code: str) -> Row | None:
    """Name of a region and published_at of its newest list; None when it has published none."""
    return await _REGION.row(connection, {"region": code})
