"""SQL of the directory: read from what is published, so it says what the guides say and follows them at once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# A page of organs first, then the entries of those alone are opened, each once: unless what they say is kept apart, it
# is read again from the body for every figure it is used in.
_PAGE = Statement(
    """
    WITH shown AS MATERIALIZED (
        SELECT l.list_id, l.region_code FROM qingdan.published_list AS l
        LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE l.region_code = :region OR :below AND r.ancestors && ARRAY[CAST(:region AS text)]
    ), organ AS MATERIALIZED (
        SELECT DISTINCT p.organ_id FROM qingdan.published_item AS p
        WHERE p.list_id IN (SELECT list_id FROM shown) AND p.to_revision IS NULL AND p.state <> 'cancelled'
          AND p.organ_id > :after
        ORDER BY p.organ_id LIMIT :limit
    ), said AS MATERIALIZED (
        SELECT p.organ_id, s.region_code,
               nullif(btrim(convert_from(p.body, 'UTF8')::jsonb #>> '{elements,complaint_phone}'), '') AS phone
        FROM organ AS g
        JOIN qingdan.published_item AS p ON p.organ_id = g.organ_id AND p.to_revision IS NULL AND p.state <> 'cancelled'
        JOIN shown AS s ON s.list_id = p.list_id
    ), told AS (
        SELECT d.organ_id, d.phone, min(d.region_code) AS region_code, count(*) AS entries
        FROM said AS d GROUP BY d.organ_id, d.phone
    )
    SELECT d.organ_id, o.name, o.credit_code, min(d.region_code) AS region_code,
           array_agg(d.phone ORDER BY d.phone) FILTER (WHERE d.phone IS NOT NULL) AS phones,
           CAST(sum(d.entries) AS bigint) AS entries,
           coalesce(CAST(sum(d.entries) FILTER (WHERE d.phone IS NULL) AS bigint), 0) AS without
    FROM told AS d JOIN qingdan.catalog_organ_v1 AS o ON o.id = d.organ_id
    GROUP BY d.organ_id, o.name, o.credit_code ORDER BY d.organ_id
    """
)


async def page(connection: AsyncConnection, region: str, *, below: bool, after: UUID, limit: int) -> list[Row]:
    """Organs with published entries in a region, each with the numbers these name."""
    return await _PAGE.rows(connection, {"region": region, "below": below, "after": after, "limit": limit})
