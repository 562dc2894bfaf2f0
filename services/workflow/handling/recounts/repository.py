"""SQL of limits that are counted anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# In the order in which batches lock them, so that neither waits for the other for ever.
_MARK_REGION = Statement(
    """
    WITH meant AS MATERIALIZED (
        SELECT h.id FROM qingdan.handling_record AS h
        JOIN qingdan.catalog_region_v1 AS r ON r.code = h.region_code
        WHERE h.state <> 'completed' AND NOT h.recount AND coalesce(h.statutory_due_at, h.due_at) >= :since
          AND (CAST(:everywhere AS boolean) OR r.code = CAST(:region AS text)
               OR CAST(:region AS text) = ANY(r.ancestors))
        ORDER BY h.client_id, h.number FOR UPDATE OF h
    )
    UPDATE qingdan.handling_record AS h SET recount = true FROM meant AS m WHERE m.id = h.id
    """
)
_MARK_PROVISIONAL = Statement(
    """
    WITH meant AS MATERIALIZED (
        SELECT h.id FROM qingdan.handling_record AS h
        WHERE h.provisional AND h.state <> 'completed' AND NOT h.recount
          AND date_part('year', h.due_at AT TIME ZONE 'Asia/Shanghai') <= CAST(:year AS int)
        ORDER BY h.client_id, h.number FOR UPDATE
    )
    UPDATE qingdan.handling_record AS h SET recount = true FROM meant AS m WHERE m.id = h.id
    """
)
_WANTED = Statement("SELECT EXISTS (SELECT FROM qingdan.handling_record WHERE recount)")
# What a platform is just telling of is counted by its batch.
_STALE = Statement(
    """
    SELECT h.id, h.region_code, h.standing, h.item_id, h.item_version AS version, h.accepted_at, h.completed_at,
           h.pauses, h.warnings
    FROM qingdan.handling_record AS h WHERE h.recount ORDER BY h.id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
# A limit that was found overrun and is not after all is noted beside the violation; a person judges that.
_SAVE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(
            id uuid, due_at timestamptz, statutory_due_at timestamptz, provisional boolean, warnings jsonb,
            next_at timestamptz, overrun text[])
    ), corrected AS (
        UPDATE qingdan.violation AS x SET corrected_at = :now, version = x.version + 1
        FROM given AS g
        WHERE x.record_id = g.id AND x.state = 'open' AND x.corrected_at IS NULL
          AND x.kind IN ('limit_exceeded', 'statutory_limit_exceeded') AND x.kind <> ALL (g.overrun)
    )
    UPDATE qingdan.handling_record AS h
    SET due_at = g.due_at, statutory_due_at = g.statutory_due_at, provisional = g.provisional, warnings = g.warnings,
        next_at = g.next_at, recount = false, updated_at = :now
    FROM given AS g WHERE h.id = g.id
    """
)


async def mark_region(connection: AsyncConnection, region: str, since: datetime, *, everywhere: bool) -> None:
    """Have the running records of a region and below that are due from then on counted anew."""
    await _MARK_REGION.rows(connection, {"region": region, "since": since, "everywhere": everywhere})


async def mark_provisional(connection: AsyncConnection, year: int) -> None:
    """Have counted anew what was counted without the holidays of a year that is announced by now."""
    await _MARK_PROVISIONAL.rows(connection, {"year": year})


async def is_wanted(connection: AsyncConnection) -> bool:
    """Whether any record is to be counted anew."""
    return bool(await _WANTED.value(connection))


async def stale(connection: AsyncConnection, limit: int) -> list[Row]:
    """Records to be counted anew, locked."""
    return await _STALE.rows(connection, {"limit": limit})


async def save(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Write the limits of records: id, those of a course, and `overrun`, the kinds of limit that have run out."""
    await _SAVE.rows(connection, {"rows": orjson.dumps(list(rows), default=str).decode(), "now": now})
