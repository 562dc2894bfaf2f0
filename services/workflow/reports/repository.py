"""SQL of monthly reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.statement import Row, Statement

# One campaign whose reports of this month are still to be opened; it is held while they are.
_NEXT = Statement(
    """
    SELECT c.id, c.title, c.region_code, c.report_day, c.report_rule, c.reports_begun
    FROM qingdan.campaign AS c
    WHERE c.state = 'running' AND c.report_day IS NOT NULL
      AND c.reports_begun < date_trunc('month', CAST(:today AS date))
    ORDER BY c.id LIMIT 1 FOR UPDATE
    """
)
_BEGUN = Statement("UPDATE qingdan.campaign SET reports_begun = CAST(:month AS date) WHERE id = :id")
_OPEN = Statement(
    """
    INSERT INTO qingdan.monthly_report (id, campaign_id, region_code, organ_id, month, due_at, figures, progress)
    SELECT g.id, g.campaign_id, g.region_code, g.organ_id, g.month, g.due_at, g.figures, g.progress
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        id uuid, campaign_id uuid, region_code text, organ_id uuid, month date, due_at timestamptz, figures jsonb,
        progress text)
    ON CONFLICT ON CONSTRAINT uq_monthly_report_campaign_id_of_whom DO NOTHING
    RETURNING id
    """
)

_SHOWN = """SELECT p.id, p.campaign_id, p.region_code, p.organ_id, p.month, p.due_at, p.state, p.figures, p.progress,
       p.difficulties, p.next_steps, p.submitted_at, p.submitted_by, p.version, c.title AS campaign,
       c.state AS campaign_state, c.region_code AS campaign_region, r.name AS region_name, n.name AS organ_name
FROM qingdan.monthly_report AS p
JOIN qingdan.campaign AS c ON c.id = p.campaign_id
JOIN qingdan.catalog_region_v1 AS r ON r.code = p.region_code
LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = p.organ_id"""
# What a unit reports is read by who oversees its region, and by the unit itself.
_SEEN = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:overseen AS text[]))
    OR r.ancestors && CAST(:overseen AS text[]) OR p.organ_id = ANY (CAST(:organs AS uuid[])))"""
_STANDING = """CASE WHEN p.submitted_at > p.due_at THEN 'late'
    WHEN p.state = 'open' AND p.due_at < :now THEN 'missing' ELSE p.state END"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_SEEN} AND (CAST(:campaign_id AS uuid) IS NULL OR p.campaign_id = CAST(:campaign_id AS uuid))
      AND (CAST(:month AS date) IS NULL OR p.month = CAST(:month AS date))
      AND (CAST(:standing AS text) IS NULL OR {_STANDING} = CAST(:standing AS text))
      AND (p.due_at, p.id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY p.due_at, p.id LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE p.id = :id AND {_SEEN}")
_LOCK = Statement("SELECT p.version FROM qingdan.monthly_report AS p WHERE p.id = :id FOR UPDATE")
_SUBMIT = Statement(
    """
    UPDATE qingdan.monthly_report
    SET state = 'submitted', progress = :progress, difficulties = :difficulties, next_steps = :next_steps,
        submitted_at = :now, submitted_by = :actor, version = version + 1
    WHERE id = :id
    """
)
_WAITING = Statement("SELECT p.id FROM qingdan.monthly_report AS p WHERE p.campaign_id = :id AND p.state = 'open'")


@dataclass(frozen=True)
class Overseer:
    """Who reads reports: the regions somebody oversees, and the organs he acts for."""

    overseen: tuple[str, ...]
    organs: tuple[UUID, ...]

    @classmethod
    def of(cls, principal: Principal, roles: Sequence[str]) -> Overseer:
        """From the grants of a person; `roles` oversee, unless they are limited to an organ."""
        places = {grant.region_code for grant in principal.grants if grant.role in roles and grant.organ_id is None}
        organs = {principal.organ_id, *(grant.organ_id for grant in principal.grants)} - {None}
        return cls(tuple(sorted(places)), tuple(sorted(organ for organ in organs if organ)))

    def given(self) -> dict[str, Any]:
        """As parameters."""
        return {"overseen": list(self.overseen), "organs": list(self.organs), "everywhere": NATION in self.overseen}


async def next_campaign(connection: AsyncConnection, today: date) -> Row | None:
    """A campaign that has not opened this month's reports, locked."""
    return await _NEXT.row(connection, {"today": today})


async def save_begun(connection: AsyncConnection, campaign_id: UUID, month: date) -> None:
    """Note the last month whose reports were opened."""
    await _BEGUN.rows(connection, {"id": campaign_id, "month": month})


async def open_reports(connection: AsyncConnection, reports: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Store reports that are not there yet; their ids."""
    return await _OPEN.values(connection, {"rows": orjson.dumps(list(reports), default=str).decode()})


async def page(
    connection: AsyncConnection,
    overseer: Overseer,
    *,
    campaign_id: UUID | None,
    month: date | None,
    standing: str | None,
    now: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Row]:
    """Reports somebody may read, the first due first."""
    given = {"campaign_id": campaign_id, "month": month, "standing": standing, "now": now, "limit": limit}
    return await _PAGE.rows(connection, given | overseer.given() | {"after_at": after[0], "after_id": after[1]})


async def find(connection: AsyncConnection, report_id: UUID, overseer: Overseer) -> Row | None:
    """A report somebody may read."""
    return await _FIND.row(connection, overseer.given() | {"id": report_id})


async def lock(connection: AsyncConnection, report_id: UUID) -> None:
    """Hold a report until the transaction ends."""
    await _LOCK.rows(connection, {"id": report_id})


async def submit(connection: AsyncConnection, report_id: UUID, values: Mapping[str, Any]) -> None:
    """Hand a report in: progress, difficulties, next_steps, actor, now."""
    await _SUBMIT.rows(connection, dict(values) | {"id": report_id})


async def waiting(connection: AsyncConnection, campaign_id: UUID) -> list[UUID]:
    """Reports of a campaign that were not handed in."""
    return await _WAITING.values(connection, {"id": campaign_id})
