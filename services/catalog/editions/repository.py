"""SQL of the editions of lists and of what differs between two instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.records import Record, many, one_or_none

_ADD = text(
    """
    INSERT INTO qingdan.edition (list_id, name, in_force_at, named_by, reason, named_at)
    VALUES (:list_id, :name, :in_force_at, :named_by, :reason, :named_at)
    ON CONFLICT DO NOTHING RETURNING name
    """
)
_OF_LIST = text(
    """
    SELECT e.list_id, e.name, e.in_force_at, e.named_by, e.reason, e.named_at
    FROM qingdan.edition AS e
    WHERE e.list_id = :list_id
      AND (CAST(:at AS timestamptz) IS NULL OR (e.in_force_at, e.name) < (CAST(:at AS timestamptz), :name))
    ORDER BY e.in_force_at DESC, e.name DESC LIMIT :count
    """
)
_FIND = text("SELECT name, in_force_at FROM qingdan.edition WHERE list_id = :list_id AND name = :name")
# Entries whose version at one instant is not that at the other; what was cancelled then is not in the list then.
_DIFFERENT = text(
    """
    SELECT i.id, b.number AS from_version, a.number AS to_version, b.elements AS before, a.elements AS after,
           coalesce(a.effective_from, b.effective_from) AS effective_from
    FROM qingdan.item AS i
    LEFT JOIN LATERAL (
        SELECT v.number, v.elements, v.effective_from FROM qingdan.item_version AS v
        WHERE v.item_id = i.id AND v.effective_from <= :first ORDER BY v.effective_from DESC LIMIT 1
    ) AS b ON true
    LEFT JOIN LATERAL (
        SELECT v.number, v.elements, v.effective_from FROM qingdan.item_version AS v
        WHERE v.item_id = i.id AND v.effective_from <= :second ORDER BY v.effective_from DESC LIMIT 1
    ) AS a ON true
    WHERE i.list_id = :list_id AND (CAST(:after AS uuid) IS NULL OR i.id > :after)
      AND b.number IS DISTINCT FROM a.number
      AND NOT (coalesce(b.elements ->> 'state', 'cancelled') = 'cancelled'
               AND coalesce(a.elements ->> 'state', 'cancelled') = 'cancelled')
    ORDER BY i.id LIMIT :count
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Name an edition; False when the list has one of that name."""
    return (await connection.execute(_ADD, dict(values))).one_or_none() is not None


async def of_list(
    connection: AsyncConnection, list_id: UUID, *, before: tuple[datetime, str] | None, count: int
) -> list[Record]:
    """The editions of a list, the latest first."""
    at, name = before or (None, None)
    return many(await connection.execute(_OF_LIST, {"list_id": list_id, "at": at, "name": name, "count": count}))


async def find(connection: AsyncConnection, list_id: UUID, name: str) -> Record | None:
    """One edition of a list."""
    return one_or_none(await connection.execute(_FIND, {"list_id": list_id, "name": name}))


async def different(
    connection: AsyncConnection, list_id: UUID, first: datetime, second: datetime, *, after: UUID | None, count: int
) -> Sequence[Record]:
    """Entries of a list that another version stood for at the second instant than at the first."""
    given = {"list_id": list_id, "first": first, "second": second, "after": after, "count": count}
    return many(await connection.execute(_DIFFERENT, given))
