"""SQL of what a region has set for oversight; the nearest region that has set something counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_SETTINGS = Statement(
    f"""
    SELECT r.code, s.thresholds, s.complaint_limits, s.region_code AS set_in
    FROM qingdan.catalog_region_v1 AS r
    LEFT JOIN LATERAL (
        SELECT o.* FROM qingdan.oversight_setting AS o
        WHERE o.region_code = ANY(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text))
        ORDER BY array_position(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text), o.region_code) LIMIT 1
    ) AS s ON true
    WHERE r.code = ANY(CAST(:codes AS text[]))
    """
)
_OWN = Statement("SELECT * FROM qingdan.oversight_setting WHERE region_code = :code")
_LOCK = Statement("SELECT pg_advisory_xact_lock(hashtextextended('workflow/oversight/' || CAST(:code AS text), 0))")
_SET = Statement(
    """
    INSERT INTO qingdan.oversight_setting AS s (region_code, thresholds, complaint_limits, set_by, set_at)
    VALUES (:code, CAST(:thresholds AS jsonb), CAST(:limits AS jsonb), :set_by, :now)
    ON CONFLICT (region_code) DO UPDATE
    SET thresholds = excluded.thresholds, complaint_limits = excluded.complaint_limits, set_by = excluded.set_by,
        set_at = excluded.set_at, version = s.version + 1
    RETURNING s.version
    """
)
_ITEMS = Statement(
    """
    SELECT i.id, i.name, i.state, i.version, i.basis_digest, i.region_code, i.implementing_body AS organ_id, i.list_id
    FROM qingdan.catalog_item_v1 AS i WHERE i.id = ANY(CAST(:ids AS uuid[]))
    """
)


async def settings(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Row]:
    """What holds in regions: thresholds and complaint_limits, None where nobody has set any; set_in says where."""
    rows = await _SETTINGS.rows(connection, {"codes": sorted(set(codes))})
    return {row.code: row for row in rows}


async def own(connection: AsyncConnection, code: str) -> Row | None:
    """What a region itself has set."""
    return await _OWN.row(connection, {"code": code})


async def lock(connection: AsyncConnection, code: str) -> None:
    """Changes of one region's settings come one after another."""
    await _LOCK.rows(connection, {"code": code})


async def put(
    connection: AsyncConnection,
    code: str,
    *,
    thresholds: Sequence[Mapping[str, Any]],
    limits: Mapping[str, Any],
    set_by: str,
    now: datetime,
) -> int:
    """Replace what a region has set; the new version."""
    given = {
        "code": code, "thresholds": orjson.dumps(list(thresholds)).decode(),
        "limits": orjson.dumps(dict(limits)).decode(), "set_by": set_by, "now": now,
    }  # fmt: skip
    return int(await _SET.value(connection, given))


async def items(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Entries as they are now."""
    return {row.id: row for row in await _ITEMS.rows(connection, {"ids": sorted(set(ids))})}
