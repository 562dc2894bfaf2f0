"""SQL of the staff's search: what is read of entries to make their search rows, and what a page shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.search.repository import SearchTables
from shared.statement import Row, Statement

TABLES = SearchTables(entry="item_search", phrase="item_phrase")

_ENTRIES = Statement(
    """
    SELECT i.id AS item_id, i.list_id, i.version AS stamp, i.kind, i.state, i.item_type, i.level,
           i.implementing_body AS organ_id, o.name AS organ_name, i.region_code, r.ancestors,
           CAST(v.elements AS text) AS elements,
           ARRAY(SELECT c.code FROM qingdan.item_code AS c WHERE c.item_id = i.id AND c.scheme <> 'material'
                 ORDER BY c.code) AS codes
    FROM unnest(CAST(:items AS uuid[])) AS n(id)
    JOIN qingdan.item AS i ON i.id = n.id
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    JOIN qingdan.region AS r ON r.code = i.region_code
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    ORDER BY i.id
    """
)
_NEXT = Statement(
    "SELECT i.id FROM qingdan.item AS i WHERE CAST(:after AS uuid) IS NULL OR i.id > :after ORDER BY i.id LIMIT :count"
)
# A renamed organ or a region under another parent concerns entries by the thousand, once in some years.
_CONCERNED = Statement(
    """
    SELECT i.id FROM qingdan.item AS i
    WHERE (CAST(:after AS uuid) IS NULL OR i.id > :after)
      AND (i.implementing_body = ANY (CAST(:organs AS uuid[]))
           OR i.region_code IN (SELECT r.code FROM qingdan.region AS r
                                WHERE r.code = ANY (CAST(:regions AS text[]))
                                   OR r.ancestors && CAST(:regions AS text[])))
    ORDER BY i.id LIMIT :count
    """
)
_FILL = Statement("SELECT after_item FROM qingdan.item_search_fill WHERE id = 1 AND NOT filled FOR UPDATE SKIP LOCKED")
_FILLED_TO = Statement(
    "UPDATE qingdan.item_search_fill SET after_item = coalesce(:after, after_item), filled = :filled WHERE id = 1"
)
_SHOWN = Statement(
    """
    SELECT i.id, i.list_id, l.title AS list_title, i.kind, i.region_code, r.name AS region_name, i.version,
           i.effective_from, i.name, i.base_code, i.implementation_code, i.handling_item, i.item_type, i.level,
           i.implementing_body, o.name AS organ_name, i.permit_name, i.state, i.audience,
           CAST(v.elements AS text) AS elements
    FROM unnest(CAST(:items AS uuid[])) WITH ORDINALITY AS n(id, place)
    JOIN qingdan.item AS i ON i.id = n.id
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    JOIN qingdan.list AS l ON l.id = i.list_id
    LEFT JOIN qingdan.region AS r ON r.code = i.region_code
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    ORDER BY n.place
    """
)
_ORGANS = Statement("SELECT id, name FROM qingdan.organ WHERE id = ANY (CAST(:organs AS uuid[]))")


async def entries(connection: AsyncConnection, items: Sequence[UUID]) -> list[Row]:
    """Current versions of entries with what they are found by."""
    return await _ENTRIES.rows(connection, {"items": list(items)})


async def next_items(connection: AsyncConnection, after: UUID | None, count: int) -> list[UUID]:
    """Ids of entries after an id, in order."""
    return await _NEXT.values(connection, {"after": after, "count": count})


async def concerned(
    connection: AsyncConnection, *, organs: Sequence[UUID], regions: Sequence[str], after: UUID | None, count: int
) -> list[UUID]:
    """Entries of organs, or of regions and those below them, after an id."""
    given = {"organs": list(organs), "regions": list(regions), "after": after, "count": count}
    return await _CONCERNED.values(connection, given)


async def fill_place(connection: AsyncConnection) -> Row | None:
    """Where the first filling stands, locked; None when it is done or another worker is at it."""
    return await _FILL.row(connection)


async def filled_to(connection: AsyncConnection, after: UUID | None, *, done: bool) -> None:
    """Note how far the first filling is."""
    await _FILLED_TO.rows(connection, {"after": after, "filled": done})


async def shown(connection: AsyncConnection, items: Sequence[UUID]) -> list[Row]:
    """What a page shows of entries, in the order given."""
    return await _SHOWN.rows(connection, {"items": list(items)})


async def organ_names(connection: AsyncConnection, organs: Sequence[UUID]) -> dict[str, str]:
    """Names of organs by id as text."""
    rows = await _ORGANS.rows(connection, {"organs": list(organs)})
    return {str(row.id): row.name for row in rows}


__all__ = [
    "TABLES", "concerned", "entries", "fill_place", "filled_to", "next_items", "organ_names", "shown",
]  # fmt: skip
