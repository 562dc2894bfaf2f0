"""SQL of the issue log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.reports.repository import Overseer
from shared.statement import Row, Statement

_INSERT = Statement(
    """
    INSERT INTO qingdan.campaign_issue (id, campaign_id, region_code, organ_id, list_kind, severity, title,
                                        description, reported_by, reported_at)
    VALUES (:id, :campaign_id, :region_code, :organ_id, :list_kind, :severity, :title, :description, :actor, :now)
    """
)
_SHOWN = """SELECT i.id, i.campaign_id, i.region_code, i.organ_id, i.list_kind, i.severity, i.title, i.description,
       i.state, i.reported_by, i.reported_at, i.resolution, i.resolved_by, i.resolved_at, i.version,
       c.region_code AS campaign_region, n.name AS organ_name
FROM qingdan.campaign_issue AS i
JOIN qingdan.campaign AS c ON c.id = i.campaign_id
JOIN qingdan.catalog_region_v1 AS r ON r.code = i.region_code
LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = i.organ_id"""
_SEEN = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:overseen AS text[]))
    OR r.ancestors && CAST(:overseen AS text[]) OR i.organ_id = ANY (CAST(:organs AS uuid[]))
    OR i.reported_by = :actor)"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE i.campaign_id = :campaign_id AND {_SEEN} AND (CAST(:state AS text) IS NULL OR i.state = :state)
      AND (CAST(:severity AS text) IS NULL OR i.severity = :severity)
      AND (CAST(:before AS uuid) IS NULL OR i.id < CAST(:before AS uuid))
    ORDER BY i.id DESC LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE i.id = :id AND {_SEEN}")
_LOCK = Statement("SELECT i.version FROM qingdan.campaign_issue AS i WHERE i.id = :id FOR UPDATE")
_RESOLVE = Statement(
    """
    UPDATE qingdan.campaign_issue SET state = 'resolved', resolution = :resolution, resolved_by = :actor,
        resolved_at = :now, version = version + 1
    WHERE id = :id
    """
)
# A region may have people for the coordinating group, or leave its work to the office that reviews.
_ROLE = Statement(
    """
    SELECT g.role FROM qingdan.catalog_account_role_v1 AS g
    WHERE g.role = ANY (CAST(:roles AS text[])) AND g.region_code = ANY (CAST(:chain AS text[]))
    ORDER BY array_position(CAST(:roles AS text[]), g.role) LIMIT 1
    """
)


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store an issue."""
    await _INSERT.rows(connection, values)


async def page(
    connection: AsyncConnection,
    campaign_id: UUID,
    overseer: Overseer,
    *,
    actor: str,
    state: str | None,
    severity: str | None,
    before: UUID | None,
    limit: int,
) -> list[Row]:
    """Issues of a campaign somebody may read, the newest first."""
    given = {"campaign_id": campaign_id, "state": state, "severity": severity, "before": before, "limit": limit}
    return await _PAGE.rows(connection, given | overseer.given() | {"actor": actor})


async def find(connection: AsyncConnection, issue_id: UUID, overseer: Overseer, *, actor: str) -> Row | None:
    """An issue somebody may read."""
    return await _FIND.row(connection, overseer.given() | {"id": issue_id, "actor": actor})


async def lock(connection: AsyncConnection, issue_id: UUID) -> None:
    """Hold an issue until the transaction ends."""
    await _LOCK.rows(connection, {"id": issue_id})


async def resolve(connection: AsyncConnection, issue_id: UUID, *, resolution: str, actor: str, now: datetime) -> None:
    """Note how an issue was solved."""
    await _RESOLVE.rows(connection, {"id": issue_id, "resolution": resolution, "actor": actor, "now": now})


async def role_there(connection: AsyncConnection, roles: Sequence[str], chain: Sequence[str]) -> str:
    """The first of the roles that somebody holds in a region; the last when nobody does."""
    given = {"roles": list(roles), "chain": list(chain)}
    return str(await _ROLE.value(connection, given) or roles[-1])
