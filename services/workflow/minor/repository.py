"""SQL of minor changes: what a region has freed from review, and submissions that take this path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COLUMNS = "m.id, m.region_code, m.list_kind, m.element, m.valid_from, m.valid_to, m.source, m.created_by, m.created_at"
_ADD = Statement(
    """
    INSERT INTO qingdan.minor_element (id, region_code, list_kind, element, valid_from, valid_to, source, created_by,
                                       created_at)
    SELECT n.id, :region, :list_kind, n.element, :valid_from, :valid_to, :source, :actor, :now
    FROM jsonb_to_recordset(CAST(:elements AS jsonb)) AS n(id uuid, element text)
    """
)
_IN_FORCE = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.minor_element AS m
    WHERE m.region_code = ANY (CAST(:chain AS text[])) AND m.valid_from <= :day
      AND (m.valid_to IS NULL OR m.valid_to >= :day)
    ORDER BY m.element, m.id LIMIT 1000
    """
)
_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.minor_element AS m WHERE m.id = :id FOR UPDATE")
_END = Statement("UPDATE qingdan.minor_element SET valid_to = :last_day WHERE id = :id")
# Decided by the region's own rule; the scheduler announces it like everything that is decided for an instant.
_DECIDE = Statement(
    """
    UPDATE qingdan.adjustment AS a
    SET state = 'scheduled', decided_at = :now, effective_at = greatest(a.effective_at, :now),
        decision = jsonb_build_object('meeting', CAST(:meeting AS text), 'date', CAST(:day AS text),
                                      'number', s.receipt_number),
        version = a.version + 1, updated_at = :now
    FROM qingdan.submission AS s
    WHERE a.id = ANY (CAST(:ids AS uuid[])) AND s.adjustment_id = a.id AND s.number = a.submission
    RETURNING a.id, a.decision, ARRAY(SELECT c.item_id FROM qingdan.change AS c WHERE c.adjustment_id = a.id
                                        AND coalesce(c.outcome, 'conflict') = 'conflict') AS item_ids
    """
)


async def add(
    connection: AsyncConnection,
    elements: Sequence[dict[str, Any]],
    values: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Free elements (id, element) from review; `values`: region, list_kind, valid_from, valid_to, source."""
    given = {"elements": orjson.dumps(list(elements), default=str).decode(), "actor": actor, "now": now}
    await _ADD.rows(connection, values | given)


async def in_force(connection: AsyncConnection, chain: Sequence[str], day: date) -> list[Row]:
    """What a region (first of the chain) and those above have freed from review on a day."""
    return await _IN_FORCE.rows(connection, {"chain": list(chain), "day": day})


async def find(connection: AsyncConnection, id_: UUID) -> Row | None:
    """One of them, locked."""
    return await _FIND.row(connection, {"id": id_})


async def end(connection: AsyncConnection, id_: UUID, last_day: date) -> None:
    """Let one end."""
    await _END.rows(connection, {"id": id_, "last_day": last_day})


async def decide(
    connection: AsyncConnection, ids: Sequence[UUID], *, meeting: str, day: date, now: datetime
) -> list[Row]:
    """Let checked minor changes take effect: id, decision, item_ids of each."""
    given = {"ids": list(ids), "meeting": meeting, "day": day.isoformat(), "now": now}
    return await _DECIDE.rows(connection, given)
