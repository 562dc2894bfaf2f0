"""SQL of the public search: bodies that are shown now, and the feed that tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.search.repository import SearchTables
from shared.statement import Row, Statement

# A row counts only while the body it was made of is the one shown: what was hidden or withdrawn a moment ago cannot be
# found, however far behind the consumer is. The sum keeps the planner from the index of the revisions, which looks as
# good to it and has all entries of a first revision under one key.
TABLES = SearchTables(
    entry="published_search",
    phrase="published_phrase",
    shown="JOIN qingdan.published_item AS p ON p.list_id = f.list_id AND p.item_id = f.item_id"
    " AND p.from_revision + 0 = f.stamp AND p.to_revision IS NULL",
)

_BODIES = """
    SELECT p.item_id, p.list_id, p.from_revision AS stamp, l.kind, p.state, p.item_type, p.level, p.organ_id,
           l.region_code, coalesce(r.ancestors, '{{}}') AS ancestors, p.body
    FROM qingdan.published_item AS p
    JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE p.to_revision IS NULL AND {where}
    ORDER BY {order}
"""
_OF_ITEMS = Statement(_BODIES.format(where="p.item_id = ANY (CAST(:items AS uuid[]))", order="p.item_id"))
_NEXT = Statement(
    _BODIES.format(
        where="(CAST(:list AS uuid) IS NULL OR (p.list_id, p.item_id) > (CAST(:list AS uuid), CAST(:item AS uuid)))",
        order="p.list_id, p.item_id LIMIT :count",
    )
)
_OF_REGIONS = Statement(
    _BODIES.format(
        where="(CAST(:list AS uuid) IS NULL OR (p.list_id, p.item_id) > (CAST(:list AS uuid), CAST(:item AS uuid)))"
        " AND (l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))",
        order="p.list_id, p.item_id LIMIT :count",
    )
)
_FEED = Statement(
    """
    SELECT f.sequence, f.item_id FROM qingdan.feed_entry AS f
    WHERE f.sequence > :after ORDER BY f.sequence LIMIT :count
    """
)
_FOLLOWED = Statement("SELECT sequence FROM qingdan.published_search_fill WHERE id = 1 FOR UPDATE")
_FOLLOWED_TO = Statement("UPDATE qingdan.published_search_fill SET sequence = :sequence WHERE id = 1")
_FILL = Statement(
    """
    SELECT after_list, after_item FROM qingdan.published_search_fill
    WHERE id = 1 AND NOT filled FOR UPDATE SKIP LOCKED
    """
)
_FILLED_TO = Statement(
    """
    UPDATE qingdan.published_search_fill
    SET after_list = coalesce(:list, after_list), after_item = coalesce(:item, after_item), filled = :filled
    WHERE id = 1
    """
)
_SHOWN = Statement(
    """
    SELECT p.item_id, p.body, p."row" AS line, l.title AS list_title, l.kind, l.region_code, l.revision
    FROM unnest(CAST(:items AS uuid[])) WITH ORDINALITY AS n(id, place)
    JOIN qingdan.published_item AS p ON p.item_id = n.id AND p.to_revision IS NULL
    JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    ORDER BY n.place
    """
)
_ORGANS_NAMED = Statement(
    "SELECT id FROM qingdan.catalog_organ_v1 WHERE credit_code = :organ OR name = :organ ORDER BY id LIMIT 20"
)
_ORGANS = Statement(
    "SELECT id, name, credit_code FROM qingdan.catalog_organ_v1 WHERE id = ANY (CAST(:organs AS uuid[]))"
)


async def of_items(connection: AsyncConnection, items: Sequence[UUID]) -> list[Row]:
    """What is shown now of items."""
    return await _OF_ITEMS.rows(connection, {"items": list(items)})


async def next_bodies(connection: AsyncConnection, after: tuple[UUID, UUID] | None, count: int) -> list[Row]:
    """Bodies shown now, by list and item, after a place."""
    place = after or (None, None)
    return await _NEXT.rows(connection, {"list": place[0], "item": place[1], "count": count})


async def of_regions(
    connection: AsyncConnection, regions: Sequence[str], after: tuple[UUID, UUID] | None, count: int
) -> list[Row]:
    """The same of lists of regions and of those below them."""
    place = after or (None, None)
    given = {"regions": list(regions), "list": place[0], "item": place[1], "count": count}
    return await _OF_REGIONS.rows(connection, given)


async def feed_since(connection: AsyncConnection, after: int, count: int) -> list[Row]:
    """Numbers and items of the feed after a number."""
    return await _FEED.rows(connection, {"after": after, "count": count})


async def followed(connection: AsyncConnection) -> int:
    """The number of the feed that search has followed to, locked."""
    return int(await _FOLLOWED.value(connection) or 0)


async def followed_to(connection: AsyncConnection, sequence: int) -> None:
    """Note how far search has followed."""
    await _FOLLOWED_TO.rows(connection, {"sequence": sequence})


async def fill_place(connection: AsyncConnection) -> Row | None:
    """Where the first filling stands, locked; None when it is done or another worker is at it."""
    return await _FILL.row(connection)


async def filled_to(connection: AsyncConnection, place: tuple[UUID, UUID] | None, *, done: bool) -> None:
    """Note how far the first filling is."""
    list_id, item_id = place or (None, None)
    await _FILLED_TO.rows(connection, {"list": list_id, "item": item_id, "filled": done})


async def shown(connection: AsyncConnection, items: Sequence[UUID]) -> list[Row]:
    """What a page shows of items, in the order given; an item is public in one list."""
    return await _SHOWN.rows(connection, {"items": list(items)})


async def organs_named(connection: AsyncConnection, organ: str) -> list[UUID]:
    """Organs by credit code or name."""
    return await _ORGANS_NAMED.values(connection, {"organ": organ})


async def organs(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[str, Row]:
    """Name and credit code of organs by id as text."""
    return {str(row.id): row for row in await _ORGANS.rows(connection, {"organs": list(ids)})}
