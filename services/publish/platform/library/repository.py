"""SQL of the item library: moments that stand for positions of the feed, and what changed between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

# Entries of the feed between two moments at most: an answer is that much longer than it was asked for.
SEGMENT = 200
# Entries that get their moments in one transaction at most: a feed that is there already takes a few.
MOST = 100_000

_LOCK = Statement("SELECT pg_advisory_xact_lock(hashtextextended('qingdan.library_instant', 0))")
# Moments rise with the feed whatever the clock does and however many entries share a millisecond: each is the later of
# its own time and the one after the moment before it.
_ADVANCE = Statement(
    """
    WITH last AS MATERIALIZED (
        SELECT coalesce(max(i.stamp), 0) AS stamp, coalesce(max(i.sequence), 0) AS sequence
        FROM qingdan.library_instant AS i
    ), fresh AS (
        SELECT f.sequence, CAST(floor(extract(epoch FROM f.recorded_at) * 1000) AS bigint) AS at,
               row_number() OVER (ORDER BY f.sequence) AS place, max(f.sequence) OVER () AS head
        FROM (SELECT n.sequence, n.recorded_at FROM qingdan.feed_entry AS n
              WHERE n.sequence > (SELECT l.sequence FROM last AS l) ORDER BY n.sequence LIMIT :most) AS f
    ), ends AS (
        SELECT f.sequence, f.at, row_number() OVER (ORDER BY f.sequence) AS n
        FROM fresh AS f WHERE f.place % :segment = 0 OR f.sequence = f.head
    )
    INSERT INTO qingdan.library_instant (stamp, sequence)
    SELECT e.n + greatest(l.stamp, max(e.at - e.n) OVER (ORDER BY e.n)), e.sequence FROM ends AS e CROSS JOIN last AS l
    """
)
# Whoever comes with a moment of his own gets what followed the last one before it: again, and nothing is left out.
_PAGE = Statement(
    """
    WITH start AS MATERIALIZED (
        SELECT coalesce(max(i.sequence), 0) AS sequence FROM qingdan.library_instant AS i WHERE i.stamp <= :stamp
    ), wanted AS NOT MATERIALIZED (
        SELECT f.sequence, f.item_id, f.list_id, f.version
        FROM qingdan.feed_entry AS f
        JOIN qingdan.published_list AS l ON l.list_id = f.list_id
        LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
        WHERE f.sequence > (SELECT s.sequence FROM start AS s) AND f.item_id IS NOT NULL AND f.list_kind = :kind
          AND (CAST(:region AS text) IS NULL OR l.region_code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)])
    ), ending AS MATERIALIZED (
        SELECT i.stamp, i.sequence FROM qingdan.library_instant AS i
        WHERE i.sequence > (SELECT s.sequence FROM start AS s)
          AND i.sequence >= coalesce(
              (SELECT w.sequence FROM wanted AS w ORDER BY w.sequence OFFSET :skip LIMIT 1),
              (SELECT max(m.sequence) FROM qingdan.library_instant AS m))
        ORDER BY i.sequence LIMIT 1
    ), newest AS (
        SELECT DISTINCT ON (w.item_id) w.item_id, w.list_id, w.version, w.sequence
        FROM wanted AS w WHERE w.sequence <= (SELECT e.sequence FROM ending AS e)
        ORDER BY w.item_id, w.sequence DESC
    )
    SELECT n.item_id, n.version, p.body, e.stamp
    FROM ending AS e LEFT JOIN newest AS n ON true
    LEFT JOIN qingdan.published_item AS p
      ON p.list_id = n.list_id AND p.item_id = n.item_id AND p.to_revision IS NULL
    ORDER BY n.sequence
    """
)


@dataclass(frozen=True)
class Changed:
    """An item that changed, with what the public sees of it now; None: nothing."""

    item_id: UUID
    version: int
    body: dict[str, Any] | None


async def advance(connection: AsyncConnection) -> None:
    """Give the feed's new entries their moments."""
    await _LOCK.rows(connection)
    await _ADVANCE.rows(connection, {"segment": SEGMENT, "most": MOST})


async def page(
    connection: AsyncConnection, *, stamp: int, kind: str, region: str | None, limit: int
) -> tuple[list[Changed], int]:
    """What changed after a moment, some `limit` items of a kind in a region and below; and the moment reached."""
    given = {"stamp": stamp, "kind": kind, "region": region, "skip": limit - 1}
    rows = await _PAGE.rows(connection, given)
    found = [
        Changed(row.item_id, row.version, orjson.loads(row.body) if row.body else None)
        for row in rows
        if row.item_id is not None
    ]
    return found, rows[0].stamp if rows else stamp
