"""SQL of the issue log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.reports.repository import Overseer
from shared.statement import Row, Statement

_INSERT = Statement(
    """
    INSERT INTO qingdan.campaign_issue (id, campaign_id, region_code, organ_id, list_kind, list_id, item_id, severity,
                                        title, description, due_at, reported_by, reported_at)
    VALUES (:id, :campaign_id, :region_code, :organ_id, :list_kind, :list_id, :item_id, :severity, :title,
            :description, :due_at, :actor, :now)
    """
)
# What an issue names of the catalog is shown only as far as staff may read it: never an entry's elements.
_SHOWN = """SELECT i.id, i.campaign_id, i.region_code, i.organ_id, i.list_kind, i.list_id, i.item_id, i.severity,
       i.title, i.description, i.state, i.owner_id, i.due_at, i.history, i.reported_by, i.reported_at, i.resolution,
       i.resolved_by, i.resolved_at, i.version, coalesce(c.region_code, i.region_code) AS home, c.title AS campaign,
       n.name AS organ_name, w.name AS owner_name, w.region_code AS owner_region, l.title AS list_title,
       e.name AS item_name
FROM qingdan.campaign_issue AS i
JOIN qingdan.catalog_region_v1 AS r ON r.code = i.region_code
LEFT JOIN qingdan.campaign AS c ON c.id = i.campaign_id
LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = i.organ_id
LEFT JOIN qingdan.catalog_organ_v1 AS w ON w.id = i.owner_id
LEFT JOIN qingdan.catalog_list_v1 AS l ON l.id = i.list_id
LEFT JOIN qingdan.catalog_item_v1 AS e ON e.id = i.item_id"""
_SEEN = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:overseen AS text[]))
    OR r.ancestors && CAST(:overseen AS text[]) OR i.organ_id = ANY (CAST(:organs AS uuid[]))
    OR i.owner_id = ANY (CAST(:organs AS uuid[])) OR i.reported_by = :actor)"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_SEEN} AND (CAST(:campaign_id AS uuid) IS NULL OR i.campaign_id = CAST(:campaign_id AS uuid))
      AND (CAST(:region_code AS text) IS NULL OR r.code = :region_code OR :region_code = ANY (r.ancestors))
      AND (CAST(:owner_id AS uuid) IS NULL OR i.owner_id = CAST(:owner_id AS uuid))
      AND (CAST(:list_id AS uuid) IS NULL OR i.list_id = CAST(:list_id AS uuid))
      AND (CAST(:state AS text) IS NULL OR i.state = :state)
      AND (CAST(:severity AS text) IS NULL OR i.severity = :severity)
      AND (CAST(:overdue AS boolean) IS NULL
           OR (i.state = 'open' AND i.due_at < :now) = CAST(:overdue AS boolean))
      AND (CAST(:before AS uuid) IS NULL OR i.id < CAST(:before AS uuid))
    ORDER BY i.id DESC LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE i.id = :id AND {_SEEN}")
_LOCK = Statement("SELECT i.version FROM qingdan.campaign_issue AS i WHERE i.id = :id FOR UPDATE")
_SAVE = Statement(
    """
    UPDATE qingdan.campaign_issue
    SET state = :state, owner_id = :owner_id, due_at = :due_at, resolution = :resolution, resolved_by = :resolved_by,
        resolved_at = :resolved_at, history = history || CAST(:entry AS jsonb), version = version + 1
    WHERE id = :id
    """
)
# The region's own people before those above, who would act in their stead; the first of the roles before the others.
_ROLE = Statement(
    """
    SELECT g.role FROM qingdan.catalog_account_role_v1 AS g
    JOIN qingdan.catalog_account_v1 AS a ON a.id = g.account_id AND a.active
    WHERE g.role = ANY (CAST(:roles AS text[])) AND g.region_code = ANY (CAST(:chain AS text[])) AND g.organ_id IS NULL
    ORDER BY array_position(CAST(:chain AS text[]), g.region_code), array_position(CAST(:roles AS text[]), g.role)
    LIMIT 1
    """
)
_ABOUT = Statement(
    """
    SELECT l.id AS list_id, l.kind, l.region_code, e.id AS item_id, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.catalog_list_v1 AS l
    JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    LEFT JOIN qingdan.catalog_item_v1 AS e ON e.list_id = l.id AND e.id = CAST(:item_id AS uuid)
    WHERE l.id = CAST(:list_id AS uuid)
    """
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a page of the issue log is limited to; empty ones do not count."""

    campaign_id: UUID | None = None
    region_code: str | None = None
    owner_id: UUID | None = None
    list_id: UUID | None = None
    state: str | None = None
    severity: str | None = None
    overdue: bool | None = None


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store an issue."""
    await _INSERT.rows(connection, values)


async def page(
    connection: AsyncConnection, overseer: Overseer, filters: Filters, *, actor: str, now: datetime,
    before: UUID | None, limit: int,
) -> list[Row]:  # fmt: skip
    """Issues somebody may read, the newest first."""
    given = {"actor": actor, "now": now, "before": before, "limit": limit}
    return await _PAGE.rows(connection, given | vars(filters) | overseer.given())


async def find(connection: AsyncConnection, issue_id: UUID, overseer: Overseer, *, actor: str) -> Row | None:
    """An issue somebody may read."""
    return await _FIND.row(connection, overseer.given() | {"id": issue_id, "actor": actor})


async def lock(connection: AsyncConnection, issue_id: UUID) -> None:
    """Hold an issue until the transaction ends."""
    await _LOCK.rows(connection, {"id": issue_id})


async def save(connection: AsyncConnection, issue: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    """Store where an issue stands, with a line of its history."""
    names = ("id", "state", "owner_id", "due_at", "resolution", "resolved_by", "resolved_at")
    given = {name: issue[name] for name in names}
    await _SAVE.rows(connection, given | {"entry": orjson.dumps(entry, default=str).decode()})


async def role_there(connection: AsyncConnection, roles: Sequence[str], chain: Sequence[str]) -> str | None:
    """The first of the roles that somebody holds in a region, or else above it; None when nobody does."""
    given = {"roles": list(roles), "chain": list(chain)}
    found: str | None = await _ROLE.value(connection, given)
    return found


async def about(connection: AsyncConnection, list_id: UUID, item_id: UUID | None) -> Row | None:
    """A list and an entry of it: kind, region_code, chain; item_id is empty where the list has no such entry."""
    return await _ABOUT.row(connection, {"list_id": list_id, "item_id": item_id})
