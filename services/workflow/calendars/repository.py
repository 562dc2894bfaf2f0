"""SQL of the calendar register."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.calendars.rules import Registered, registered
from shared.codes.region_code import NATION
from shared.statement import Row, Statement

# The nearest region that has set thresholds wins; a day's overrides all come along, the calendar knows who wins.
_REGIONS = Statement(
    f"""
    SELECT r.code, r.ancestors, o.overrides, y.years, t.thresholds
    FROM qingdan.catalog_region_v1 AS r
    CROSS JOIN LATERAL (SELECT array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text) AS codes) AS c
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]'::jsonb) AS overrides
        FROM qingdan.calendar_override AS d WHERE d.region_code = ANY(c.codes)) AS o
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(n.year), '[]'::jsonb) AS years
        FROM qingdan.calendar_year AS n WHERE n.region_code = ANY(c.codes) AND n.announced) AS y
    LEFT JOIN LATERAL (
        SELECT h.thresholds FROM qingdan.clock_threshold AS h WHERE h.region_code = ANY(c.codes)
        ORDER BY array_position(c.codes, h.region_code) LIMIT 1) AS t ON true
    WHERE r.code = ANY(CAST(:codes AS text[]))
    """
)

_YEAR = Statement(
    """
    SELECT y.region_code, y.year, y.announced, y.source, y.version, y.set_by, y.set_at
    FROM qingdan.calendar_year AS y WHERE y.region_code = :region_code AND y.year = CAST(:year AS int)
    """
)

_LOCK = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/calendar/' || CAST(:region_code AS text), 0))"
)

# What is set replaces what was there for the year.
_SET_YEAR = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:days AS jsonb)) AS d(day date, working boolean, name text)
    ), gone AS (
        DELETE FROM qingdan.calendar_override AS o
        WHERE o.region_code = :region_code AND o.day >= make_date(:year, 1, 1) AND o.day <= make_date(:year, 12, 31)
          AND o.day NOT IN (SELECT g.day FROM given AS g)
    ), put AS (
        INSERT INTO qingdan.calendar_override (region_code, day, working, name, source)
        SELECT :region_code, g.day, g.working, g.name, :source FROM given AS g
        ON CONFLICT (region_code, day) DO UPDATE
        SET working = excluded.working, name = excluded.name, source = excluded.source
    )
    INSERT INTO qingdan.calendar_year AS y (region_code, year, announced, source, set_by, set_at)
    VALUES (:region_code, :year, :announced, :source, :set_by, :now)
    ON CONFLICT (region_code, year) DO UPDATE
    SET announced = excluded.announced, source = excluded.source, set_by = excluded.set_by, set_at = excluded.set_at,
        version = y.version + 1
    RETURNING y.version
    """
)

_THRESHOLDS = Statement(
    "SELECT t.thresholds, t.version FROM qingdan.clock_threshold AS t WHERE t.region_code = :region_code"
)

_SET_THRESHOLDS = Statement(
    """
    INSERT INTO qingdan.clock_threshold AS t (region_code, thresholds, set_by, set_at)
    VALUES (:region_code, CAST(:thresholds AS jsonb), :set_by, :now)
    ON CONFLICT (region_code) DO UPDATE
    SET thresholds = excluded.thresholds, set_by = excluded.set_by, set_at = excluded.set_at, version = t.version + 1
    RETURNING t.version
    """
)


async def regions(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Registered]:
    """What the register says of these regions, by code; regions that are not registered are left out."""
    rows = await _REGIONS.rows(connection, {"codes": sorted(set(codes))})
    return {row.code: registered(row.code, row.ancestors, row.overrides, row.years, row.thresholds) for row in rows}


async def year(connection: AsyncConnection, region_code: str, number: int) -> Row | None:
    """A year as the region itself set it."""
    return await _YEAR.row(connection, {"region_code": region_code, "year": number})


async def lock(connection: AsyncConnection, region_code: str) -> None:
    """Changes of one region's calendar come one after another."""
    await _LOCK.rows(connection, {"region_code": region_code})


async def set_year(
    connection: AsyncConnection,
    region_code: str,
    number: int,
    *,
    announced: bool,
    source: str,
    days: Sequence[dict[str, Any]],
    set_by: str,
    now: datetime,
) -> int:
    """Replace a region's overrides of a year; returns the new version."""
    given = {
        "region_code": region_code,
        "year": number,
        "announced": announced,
        "source": source,
        "days": orjson.dumps(list(days)).decode(),
        "set_by": set_by,
        "now": now,
    }
    return int(await _SET_YEAR.value(connection, given))


async def thresholds(connection: AsyncConnection, region_code: str) -> Row | None:
    """The thresholds the region itself set."""
    return await _THRESHOLDS.row(connection, {"region_code": region_code})


async def set_thresholds(
    connection: AsyncConnection, region_code: str, found: Sequence[dict[str, Any]], *, set_by: str, now: datetime
) -> int:
    """Replace a region's thresholds; returns the new version."""
    given = {
        "region_code": region_code,
        "thresholds": orjson.dumps(list(found)).decode(),
        "set_by": set_by,
        "now": now,
    }
    return int(await _SET_THRESHOLDS.value(connection, given))
