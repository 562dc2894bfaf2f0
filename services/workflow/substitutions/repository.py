"""SQL of substitutions."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COLUMNS = "s.id, s.account_id, s.substitute_id, s.valid_from, s.valid_to, s.reason, s.created_by, s.created_at"

# A role of the absent one that the substitute holds there as well, or above, or without limit to an organ.
_PAIR = Statement(
    """
    SELECT b.id IS NOT NULL AS known, coalesce(b.active, false) AS active,
           EXISTS (
               SELECT FROM qingdan.catalog_account_role_v1 AS g
               JOIN qingdan.catalog_region_v1 AS r ON r.code = g.region_code
               JOIN qingdan.catalog_account_role_v1 AS h
                 ON h.role = g.role AND (h.region_code = r.code OR h.region_code = ANY(r.ancestors))
                AND (h.organ_id IS NULL OR h.organ_id = g.organ_id)
               WHERE g.account_id = CAST(:account_id AS uuid) AND h.account_id = b.id) AS shared
    FROM (SELECT CAST(:substitute_id AS uuid) AS id) AS w
    LEFT JOIN qingdan.catalog_account_v1 AS b ON b.id = w.id
    """
)

# Regions in which somebody holds roles, each with those above it: who administers all of them may act for him.
_PLACES = Statement(
    """
    SELECT DISTINCT array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.catalog_account_role_v1 AS g
    JOIN qingdan.catalog_region_v1 AS r ON r.code = g.region_code
    WHERE g.account_id = CAST(:account_id AS uuid)
    """
)

_LOCK = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/substitution/' || CAST(:account_id AS text), 0))"
)

_OVERLAPPING = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.substitution AS s
    WHERE s.account_id = CAST(:account_id AS uuid) AND s.valid_from <= s.valid_to
      AND s.valid_from <= CAST(:valid_to AS date) AND s.valid_to >= CAST(:valid_from AS date)
    LIMIT 1
    """
)

_ADD = Statement(
    """
    INSERT INTO qingdan.substitution (id, account_id, substitute_id, valid_from, valid_to, reason, created_by,
                                      created_at)
    VALUES (:id, :account_id, :substitute_id, :valid_from, :valid_to, :reason, :created_by, :created_at)
    """
)

_PAGE = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.substitution AS s
    WHERE (s.account_id = CAST(:account_id AS uuid) OR s.substitute_id = CAST(:account_id AS uuid))
      AND (CAST(:on_day AS date) IS NULL OR CAST(:on_day AS date) BETWEEN s.valid_from AND s.valid_to)
      AND (CAST(:before AS uuid) IS NULL OR s.id < CAST(:before AS uuid))
    ORDER BY s.id DESC LIMIT :limit
    """
)

_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.substitution AS s WHERE s.id = :id FOR UPDATE")
_END = Statement("UPDATE qingdan.substitution SET valid_to = CAST(:last_day AS date) WHERE id = :id")


async def pair(connection: AsyncConnection, account_id: UUID, substitute_id: UUID) -> Row:
    """Whether the substitute is known and active, and shares a role with the account."""
    row = await _PAIR.row(connection, {"account_id": account_id, "substitute_id": substitute_id})
    assert row is not None  # one row, whatever is known
    return row


async def places(connection: AsyncConnection, account_id: UUID) -> list[list[str]]:
    """Where somebody holds roles: chains of regions, nearest first."""
    return await _PLACES.values(connection, {"account_id": account_id})


async def lock(connection: AsyncConnection, account_id: UUID) -> None:
    """Substitutions of one account come one after another."""
    await _LOCK.rows(connection, {"account_id": str(account_id)})


async def overlapping(connection: AsyncConnection, account_id: UUID, valid_from: date, valid_to: date) -> Row | None:
    """A substitution of the account that holds on one of these days."""
    given = {"account_id": account_id, "valid_from": valid_from, "valid_to": valid_to}
    return await _OVERLAPPING.row(connection, given)


async def add(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Store a substitution."""
    await _ADD.rows(connection, values)


async def page(
    connection: AsyncConnection, account_id: UUID, *, on: date | None, before: UUID | None, limit: int
) -> list[Row]:
    """Substitutions of an account, and those in which it stands in; the youngest first."""
    return await _PAGE.rows(connection, {"account_id": account_id, "on_day": on, "before": before, "limit": limit})


async def find(connection: AsyncConnection, id_: UUID) -> Row | None:
    """One substitution, locked."""
    return await _FIND.row(connection, {"id": id_})


async def end(connection: AsyncConnection, id_: UUID, last_day: date) -> None:
    """Give a substitution another last day."""
    await _END.rows(connection, {"id": id_, "last_day": last_day})
