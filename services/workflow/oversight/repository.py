"""SQL of what regions have set for oversight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.oversight.rules import Held, held
from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_SETTINGS = Statement(
    f"""
    SELECT r.code, coalesce(s.found, '[]') AS found
    FROM qingdan.catalog_region_v1 AS r
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(to_jsonb(o) ORDER BY array_position(
                   array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text), o.region_code)) AS found
        FROM qingdan.oversight_setting AS o
        WHERE o.region_code = ANY(array_prepend(r.code, r.ancestors) || CAST('{NATION}' AS text))
    ) AS s ON true
    WHERE r.code = ANY(CAST(:codes AS text[]))
    """
)
_OWN = Statement("SELECT * FROM qingdan.oversight_setting WHERE region_code = :code")
_LOCK = Statement("SELECT pg_advisory_xact_lock(hashtextextended('workflow/oversight/' || CAST(:code AS text), 0))")
_SET = Statement(
    """
    INSERT INTO qingdan.oversight_setting AS s (region_code, thresholds, complaint_limits, retention_months, set_by,
                                                set_at)
    VALUES (:code, CAST(:thresholds AS jsonb), CAST(:limits AS jsonb), CAST(:months AS int), :set_by, :now)
    ON CONFLICT (region_code) DO UPDATE
    SET thresholds = excluded.thresholds, complaint_limits = excluded.complaint_limits,
        retention_months = excluded.retention_months, set_by = excluded.set_by, set_at = excluded.set_at,
        version = s.version + 1
    RETURNING s.version
    """
)
_ITEMS = Statement(
    """
    SELECT i.id, i.name, i.state, i.version, i.basis_digest, i.region_code, i.implementing_body AS organ_id, i.list_id
    FROM qingdan.catalog_item_v1 AS i WHERE i.id = ANY(CAST(:ids AS uuid[]))
    """
)


async def settings(connection: AsyncConnection, codes: Collection[str]) -> dict[str, Held]:
    """What holds in regions: what each of them has set, or the nearest above it."""
    rows = await _SETTINGS.rows(connection, {"codes": sorted(set(codes))})
    return {row.code: held(row.found) for row in rows}


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
    thresholds: Sequence[Mapping[str, Any]] | None,
    limits: Mapping[str, Any],
    retention_months: int | None,
    set_by: str,
    now: datetime,
) -> int:
    """Replace what a region has set; the new version."""
    given = {
        "code": code, "thresholds": None if thresholds is None else orjson.dumps(list(thresholds)).decode(),
        "limits": orjson.dumps(dict(limits)).decode(), "months": retention_months, "set_by": set_by, "now": now,
    }  # fmt: skip
    return int(await _SET.value(connection, given))


async def items(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Entries as they are now."""
    return {row.id: row for row in await _ITEMS.rows(connection, {"ids": sorted(set(ids))})}
