"""SQL of violations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COLUMNS = """v.*, h.number, h.name, h.accepted_at, o.name AS organ_name, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.violation AS v
    JOIN qingdan.handling_record AS h ON h.id = v.record_id
    JOIN qingdan.catalog_region_v1 AS r ON r.code = v.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = v.organ_id"""
_FIND = Statement(f"SELECT {_COLUMNS} WHERE v.id = :id")
_LOCK = Statement(f"SELECT {_COLUMNS} WHERE v.id = :id FOR UPDATE OF v")
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE (r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:organ AS uuid) IS NULL OR v.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR v.item_id = CAST(:item AS uuid))
      AND (CAST(:kind AS text) IS NULL OR v.kind = CAST(:kind AS text))
      AND (CAST(:severity AS text) IS NULL OR v.severity = CAST(:severity AS text))
      AND (CAST(:state AS text) IS NULL OR v.state = CAST(:state AS text))
      AND (CAST(:after AS uuid) IS NULL OR v.id < CAST(:after AS uuid))
    ORDER BY v.id DESC LIMIT :limit
    """
)
_CLOSE = Statement(
    """
    UPDATE qingdan.violation
    SET state = :state, closed_at = :now, closed_by = :actor, reason = CAST(:reason AS text), version = version + 1
    WHERE id = :id AND state = 'open'
    """
)
_REMAINING = Statement(
    """
    SELECT g.organ_id, g.kind FROM unnest(CAST(:organs AS uuid[]), CAST(:kinds AS text[])) AS g(organ_id, kind)
    WHERE EXISTS (SELECT FROM qingdan.violation AS v
                  WHERE v.organ_id = g.organ_id AND v.state = 'open' AND v.kind = g.kind)
    """
)

# Whoever finds violations and whoever closes them take turns, or a task would be closed beside one just found.
_TAKE_TURNS = Statement(
    """
    SELECT count(pg_advisory_xact_lock(hashtextextended('workflow/' || t.subject, 0)))
    FROM (SELECT s.subject FROM unnest(CAST(:subjects AS text[])) AS s(subject) ORDER BY s.subject) AS t
    """
)


async def take_turns(connection: AsyncConnection, subjects: Sequence[str]) -> None:
    """Wait until nobody else finds or closes violations of these tasks; until the transaction ends."""
    await _TAKE_TURNS.rows(connection, {"subjects": list(subjects)})


async def find(connection: AsyncConnection, violation_id: UUID, *, lock: bool = False) -> Row | None:
    """A violation with its record, its organ's name and the regions above as `chain`."""
    return await (_LOCK if lock else _FIND).row(connection, {"id": violation_id})


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """Violations of a region and all below it, the newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"after": after, "limit": limit})


async def close(
    connection: AsyncConnection, violation_id: UUID, *, state: str, reason: str | None, actor: str, now: datetime
) -> None:
    """It is dismissed, or was put right."""
    given = {"id": violation_id, "state": state, "reason": reason, "actor": actor, "now": now}
    await _CLOSE.rows(connection, given)


async def remaining(connection: AsyncConnection, places: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Those organs and kinds of which any violation is still open."""
    given = {"organs": [organ for organ, _ in places], "kinds": [kind for _, kind in places]}
    return {(row.organ_id, row.kind) for row in await _REMAINING.rows(connection, given)}
