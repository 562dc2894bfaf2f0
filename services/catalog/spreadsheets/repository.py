"""SQL of the spreadsheets: the organs a cell may name, and the entries of a list page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.spreadsheets.rules import Organ

# More names than this help nobody in a drop-down, and one province has some 50,000 organs.
MOST_ORGANS = 100_000


async def organs_around(connection: AsyncConnection, region_code: str) -> list[Organ]:
    """Active organs of a region, of those below it, and of those above it; the region's own first, by name."""
    rows = await connection.execute(
        text(
            """
            SELECT o.id, o.name, o.credit_code
            FROM qingdan.organ AS o JOIN qingdan.region AS r ON r.code = o.region_code
            WHERE o.state = 'active' AND (r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)] OR r.code IN (
                SELECT unnest(g.ancestors) FROM qingdan.region AS g WHERE g.code = :region))
            ORDER BY r.code <> :region, o.name, o.id LIMIT :most
            """
        ),
        {"region": region_code, "most": MOST_ORGANS},
    )
    return [Organ(row.id, row.name, row.credit_code) for row in rows]


async def own_organs(connection: AsyncConnection, region_code: str, limit: int) -> list[str]:
    """Names of a region's active organs, for a drop-down."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT name FROM qingdan.organ WHERE region_code = :region AND state = 'active'"
            " ORDER BY name LIMIT :limit"
        ),
        {"region": region_code, "limit": limit},
    )
    return list(rows.scalars())


async def entries(
    connection: AsyncConnection, list_id: UUID, *, at: datetime, cancelled: bool, after: UUID, size: int
) -> Sequence[Row[Any]]:
    """The next entries of a list as they were at an instant: (id, elements as JSON text), by id."""
    rows = await connection.execute(
        text(
            """
            SELECT i.id, CAST(v.elements AS text) AS elements
            FROM qingdan.item AS i
            CROSS JOIN LATERAL (
                SELECT v.elements FROM qingdan.item_version AS v
                WHERE v.item_id = i.id AND v.effective_from <= CAST(:at AS timestamptz)
                ORDER BY v.effective_from DESC LIMIT 1
            ) AS v
            WHERE i.list_id = :list_id AND i.id > :after
              AND (CAST(:cancelled AS boolean) OR v.elements ->> 'state' IS DISTINCT FROM 'cancelled')
            ORDER BY i.id LIMIT :size
            """
        ),
        {"list_id": list_id, "at": at, "cancelled": cancelled, "after": after, "size": size},
    )
    return rows.all()


async def in_order(
    connection: AsyncConnection, list_id: UUID, *, at: datetime, orders: Mapping[str, Sequence[str]]
) -> list[UUID]:
    """Entries of a list as they were at an instant, by the order of their values (`Profile.orders`), then by id."""
    places = {key: {value: place for place, value in enumerate(values, 1)} for key, values in orders.items()}
    rows = await connection.execute(
        text(
            """
            SELECT i.id
            FROM qingdan.item AS i
            CROSS JOIN LATERAL (
                SELECT v.elements FROM qingdan.item_version AS v
                WHERE v.item_id = i.id AND v.effective_from <= CAST(:at AS timestamptz)
                ORDER BY v.effective_from DESC LIMIT 1
            ) AS v
            WHERE i.list_id = :list_id
            ORDER BY ARRAY(
                SELECT coalesce(CAST(CAST(:places AS jsonb) -> k.key ->> (v.elements ->> k.key) AS integer), 0)
                FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS k (key, nth) ORDER BY k.nth), i.id
            """
        ),
        {"list_id": list_id, "at": at, "keys": list(places), "places": orjson.dumps(places).decode()},
    )
    return list(rows.scalars())


async def entries_by_id(
    connection: AsyncConnection, ids: Sequence[UUID], *, at: datetime, cancelled: bool
) -> Sequence[Row[Any]]:
    """Entries as they were at an instant: (id, elements as JSON text), in the order of the ids."""
    rows = await connection.execute(
        text(
            """
            SELECT g.id, CAST(v.elements AS text) AS elements
            FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS g (id, nth)
            CROSS JOIN LATERAL (
                SELECT v.elements FROM qingdan.item_version AS v
                WHERE v.item_id = g.id AND v.effective_from <= CAST(:at AS timestamptz)
                ORDER BY v.effective_from DESC LIMIT 1
            ) AS v
            WHERE CAST(:cancelled AS boolean) OR v.elements ->> 'state' IS DISTINCT FROM 'cancelled'
            ORDER BY g.nth
            """
        ),
        {"ids": list(ids), "at": at, "cancelled": cancelled},
    )
    return rows.all()
