"""SQL of the preview: the same condition as the matcher's, over a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.subscriptions.matching.repository import EVERYWHERE, LISTS, WANTED_CONTENT, WITHIN
from services.publish.subscriptions.repository import FILTER
from shared.statement import Row, Statement

# Entries that are counted; whoever would receive more knows enough.
MOST = 100_000


def _counted(what: str, title: str = "NULL::text", of: str = "found AS w") -> str:
    return f"""(
        SELECT coalesce(jsonb_agg(jsonb_build_object('name', c.name, 'title', {title}, 'events', c.events)
                                  ORDER BY c.events DESC, c.name), '[]')
        FROM (SELECT {what} AS name, count(*) AS events FROM {of} GROUP BY 1) AS c)"""


_KIND = "(SELECT k.title FROM qingdan.catalog_kind_v1 AS k WHERE k.code = c.name)"
_REGION = "(SELECT r.name FROM qingdan.catalog_region_v1 AS r WHERE r.code = c.name)"
_OF_LISTS = "found AS w JOIN qingdan.published_list AS l ON l.list_id = w.list_id"
# The index of instants finds the time, and with it the numbers that lie in it (`+ 0`: it alone, not the index of
# numbers from the beginning of the feed). From the first of them on everything is gone through in its order until
# enough is found, so neither how much is older nor how much is newer costs anything. Lists of the regions are looked up
# once, not for each entry as the matcher does for a few.
_PREVIEW = Statement(
    f"""
    WITH o AS MATERIALIZED (
        SELECT {", ".join(f"CAST(:{name} AS {kind}) AS {name}" for name, kind in FILTER.items())}
    ), stretch AS MATERIALIZED (
        SELECT min(f.sequence + 0) AS first, max(f.sequence + 0) AS last
        FROM qingdan.feed_entry AS f WHERE f.recorded_at >= :since AND f.recorded_at < :until
    ), found AS MATERIALIZED (
        SELECT f.sequence, f.type, f.list_kind, f.list_id
        FROM qingdan.feed_entry AS f
        CROSS JOIN o
        WHERE f.sequence >= (SELECT s.first FROM stretch AS s) AND f.sequence <= (SELECT s.last FROM stretch AS s)
          AND f.recorded_at >= :since AND f.recorded_at < :until AND {WANTED_CONTENT}
          AND ({EVERYWHERE} OR f.list_id IN (SELECT l.list_id FROM o CROSS JOIN {LISTS} WHERE {WITHIN}))
        ORDER BY f.sequence LIMIT {MOST + 1}
    )
    SELECT (SELECT count(*) FROM found) AS events, {_counted("w.type")} AS types,
           {_counted("w.list_kind", _KIND)} AS kinds, {_counted("l.region_code", _REGION, _OF_LISTS)} AS regions,
           ARRAY(SELECT w.sequence FROM found AS w ORDER BY w.sequence LIMIT :limit) AS first
    """
)


async def preview(
    connection: AsyncConnection, wanted: Mapping[str, Any], *, since: datetime, until: datetime, limit: int
) -> Row:
    """What a filter chooses of the entries recorded between two instants: events, types, kinds, regions, first."""
    (row,) = await _PREVIEW.rows(connection, dict(wanted) | {"since": since, "until": until, "limit": limit})
    return row
