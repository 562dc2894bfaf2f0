"""SQL of public annexes: a revision with its cover, the order of its entries, and their bodies."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_REVISION = Statement(
    """
    SELECT l.kind, l.title, l.region_code, v.revision, v.decision, v.effective_at, v.entries, v.purged,
           encode(v.hash, 'hex') AS hash,
           coalesce(o.name, '') AS issuer, array_prepend(l.region_code, coalesce(r.ancestors, '{}')) AS chain,
           a.columns AS layout
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v ON v.list_id = l.list_id AND v.revision =
        CASE WHEN CAST(:revision AS int) IS NOT NULL THEN CAST(:revision AS int)
             WHEN CAST(:edition AS text) IS NULL THEN l.revision
             ELSE (SELECT e.revision FROM qingdan.list_edition AS e
                   WHERE e.list_id = l.list_id AND e.name = CAST(:edition AS text)) END
    LEFT JOIN qingdan.catalog_list_v1 AS c ON c.id = l.list_id
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = c.lead_organ_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    LEFT JOIN qingdan.catalog_annex_layout_v1 AS a ON a.kind = l.kind
    WHERE l.list_id = :list
    """
)
_IN = "p.from_revision <= :revision AND (p.to_revision IS NULL OR p.to_revision > :revision)"
# Unit by unit, then by code, then by name; entries without a unit come last.
_ORDER = Statement(
    f"""
    SELECT p.item_id, p.from_revision, coalesce(o.name, '') AS unit
    FROM qingdan.published_item AS p LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = p.organ_id
    WHERE p.list_id = :list AND {_IN} AND p.state <> 'cancelled'
    ORDER BY o.name NULLS LAST, p.organ_id, p.base_code NULLS LAST, p.name, p.item_id
    LIMIT CAST(:most AS bigint)
    """
)
_BODIES = Statement(
    """
    SELECT p.item_id, p.body
    FROM unnest(CAST(:items AS uuid[]), CAST(:revisions AS int[])) WITH ORDINALITY AS g (item_id, revision, place)
    JOIN qingdan.published_item AS p
      -- Found by list and entry: the index of the revisions has all entries of a first one under one key.
      ON p.list_id = :list AND p.item_id = g.item_id AND p.from_revision + 0 = g.revision AND octet_length(p.body) > 0
    ORDER BY g.place
    """
)


async def revision(
    connection: AsyncConnection, list_id: UUID, *, revision: int | None, edition: str | None
) -> Row | None:
    """A revision with what its cover tells; `revision` in it is None when there is no such revision or edition."""
    return await _REVISION.row(connection, {"list": list_id, "revision": revision, "edition": edition})


async def order(connection: AsyncConnection, list_id: UUID, revision: int, *, most: int | None) -> list[Row]:
    """(item_id, from_revision, unit) of what a revision shows, in the order of an annex; at most so many."""
    return await _ORDER.rows(connection, {"list": list_id, "revision": revision, "most": most})


async def bodies(connection: AsyncConnection, list_id: UUID, entries: Sequence[Row]) -> list[Row]:
    """(item_id, body) of entries of `order`, as far as they are still to be read, in that order."""
    items, revisions = [one.item_id for one in entries], [one.from_revision for one in entries]
    return await _BODIES.rows(connection, {"list": list_id, "items": items, "revisions": revisions})
