"""SQL of documents: published entries with what they rest on, and how their elements are called."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.statement import Row, Statement

# Bodies only as everybody may see them.
# The revision is the one that first showed the entry so: what others change in the list changes no document of it.
_SOURCES = Statement(
    """
    SELECT p.item_id, p.body, p.hash, p.state, p.list_id, p.kind, p.region_code,
           p.from_revision AS revision, v.hash AS list_hash,
           array_prepend(p.region_code, coalesce(p.ancestors, '{}')) AS chain,
           p.permit_id, p.permit_body, p.permit_hash
    FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, place)
    JOIN qingdan.publish_specified_v1 AS p ON p.item_id = g.id
    JOIN qingdan.list_revision AS v ON v.list_id = p.list_id AND v.revision = p.from_revision
    ORDER BY g.place
    """
)
_WORDING = Statement(
    """
    SELECT p.kind, p.elements, coalesce(p.replaced_from > CAST(:today AS date), true) AS counts
    FROM qingdan.catalog_profile_v1 AS p
    WHERE p.kind = ANY (CAST(:kinds AS text[]))
      AND (p.region_code IS NULL OR p.region_code = ANY (CAST(:regions AS text[])))
    ORDER BY p.region_code IS NOT NULL, p.number
    """
)
_REGION = Statement(
    """
    SELECT code, name, array_prepend(code, ancestors) AS chain
    FROM qingdan.catalog_region_v1 WHERE code = CAST(:code AS text)
    """
)
_BASE = Statement(
    """
    SELECT p.item_id, p.name, p.state, l.list_id, l.title AS list_title, l.region_code, o.name AS organ
    FROM qingdan.published_item AS g
    JOIN qingdan.published_list AS k ON k.list_id = g.list_id
    JOIN qingdan.published_item AS p ON p.base_code = g.base_code AND p.to_revision IS NULL AND p.state <> 'cancelled'
    JOIN qingdan.published_list AS l ON l.list_id = p.list_id AND l.kind = 'implementation'
    JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = p.organ_id
    WHERE g.item_id = :id AND g.to_revision IS NULL AND g.base_code IS NOT NULL
      AND (l.region_code = k.region_code OR k.region_code = ANY (r.ancestors))
      AND (CAST(:after AS uuid) IS NULL OR p.item_id > CAST(:after AS uuid))
    ORDER BY p.item_id LIMIT :limit
    """
)


async def sources(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Row]:
    """Published entries as they are shown now, each with its specification, in the order of the ids.

    What is not public is not among them.
    """
    return await _SOURCES.rows(connection, {"ids": list(ids)})


async def wording(connection: AsyncConnection, kinds: Sequence[str], regions: Sequence[str]) -> list[Row]:
    """(kind, elements, counts) of all profiles that apply somewhere along the regions; what explains best comes last.

    `counts`: it says today what is public, as it does for publication; earlier ones only explain what is shown.
    """
    today = clock.now().astimezone(clock.ZONE).date()
    return await _WORDING.rows(connection, {"kinds": list(kinds), "regions": list(regions), "today": today})


async def region(connection: AsyncConnection, code: str) -> Row | None:
    """A region: code, name, chain of itself and those above it."""
    return await _REGION.row(connection, {"code": code})


async def of_matter(connection: AsyncConnection, item_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """Published implementation entries of the matter of an entry, in its region and those below it (ZL-20)."""
    return await _BASE.rows(connection, {"id": item_id, "after": after, "limit": limit})
