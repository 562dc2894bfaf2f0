"""SQL of campaigns: the plan with its phases, milestones and targets, written and read as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.campaigns.bounds import Superior
from services.workflow.campaigns.rules import Campaign, Milestone, Phase, Target
from shared.codes.region_code import NATION
from shared.statement import Row, Statement

_COLUMNS = """c.id, c.region_code, c.title, c.source, c.superior_id, c.state, c.starts_on, c.due_on, c.report_day,
    c.report_rule, c.source_document_id, c.version"""
_MILESTONE = """m.id, m.number, m.phase, m.title, m.subject, m.kinds, m.levels, m.region_kinds, m.unit, m.organ_ids,
    m.due_on, m.completion, m.filing, m.attachment"""

_INSERT = Statement(
    """
    INSERT INTO qingdan.campaign (id, region_code, title, source, superior_id, starts_on, due_on, report_day,
                                  report_rule, source_document_id, created_by, created_at)
    VALUES (:id, :region_code, :title, :source, :superior_id, :starts_on, :due_on, :report_day,
            :report_rule, CAST(:source_document_id AS uuid), :actor, :now)
    """
)
_REPLACE = Statement(
    """
    UPDATE qingdan.campaign SET title = :title, source = :source, superior_id = :superior_id, starts_on = :starts_on,
        due_on = :due_on, report_day = :report_day, report_rule = :report_rule,
        source_document_id = CAST(:source_document_id AS uuid), version = version + 1
    WHERE id = :id
    """
)
_WITHOUT_GUIDE = Statement(
    """
    SELECT g.name, coalesce(o.name, r.name, g.region_code) AS organ, g.missing, count(*) OVER ()::int AS entries
    FROM qingdan.publish_guide_gap_v1 AS g
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = g.region_code
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = g.organ_id
    WHERE g.region_code IN (
        SELECT b.code FROM qingdan.catalog_region_v1 AS b
        WHERE b.code = :region_code OR CAST(:region_code AS text) = ANY (b.ancestors))
    ORDER BY g.region_code, o.name, g.item_id LIMIT :limit
    """
)
# Parts of a plan that is still being written: what it said before is nobody's yet.
_CLEAR = Statement(
    """
    WITH phases AS (DELETE FROM qingdan.campaign_phase WHERE campaign_id = :id),
         targets AS (DELETE FROM qingdan.campaign_target WHERE campaign_id = :id)
    DELETE FROM qingdan.campaign_milestone WHERE campaign_id = :id
    """
)
_PHASES = Statement(
    """
    INSERT INTO qingdan.campaign_phase (campaign_id, number, title, act, starts_on, ends_on)
    SELECT :id, g.number, g.title, g.act, g.starts_on, g.ends_on
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (number int, title text, act text, starts_on date, ends_on date)
    """
)
_MILESTONES = Statement(
    """
    INSERT INTO qingdan.campaign_milestone (id, campaign_id, number, phase, title, subject, kinds, levels,
        region_kinds, unit, organ_ids, due_on, completion, filing, attachment)
    SELECT g.id, :id, g.number, g.phase, g.title, g.subject, g.kinds, g.levels, g.region_kinds, g.unit, g.organ_ids,
           g.due_on, g.completion, g.filing, g.attachment
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        id uuid, number int, phase int, title text, subject text, kinds text[], levels text[], region_kinds text[],
        unit text, organ_ids uuid[], due_on date, completion text, filing boolean, attachment text)
    """
)
_TARGETS = Statement(
    """
    INSERT INTO qingdan.campaign_target (campaign_id, list_class, at_least, due_on, together)
    SELECT :id, g.list_class, g.at_least, g.due_on, g.together
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (list_class text, at_least int, due_on date, together jsonb)
    """
)

_FIND = f"SELECT {_COLUMNS} FROM qingdan.campaign AS c WHERE c.id = :id"
_READ, _LOCK = Statement(_FIND), Statement(f"{_FIND} FOR UPDATE")
_PHASES_OF = Statement(
    "SELECT number, title, act, starts_on, ends_on FROM qingdan.campaign_phase WHERE campaign_id = :id ORDER BY number"
)
_MILESTONES_OF = Statement(
    f"SELECT {_MILESTONE} FROM qingdan.campaign_milestone AS m WHERE m.campaign_id = :id ORDER BY m.number"
)
_TARGETS_OF = Statement(
    """
    SELECT list_class, at_least, due_on, together FROM qingdan.campaign_target WHERE campaign_id = :id
    ORDER BY list_class
    """
)

# A plan is read by whoever works in its region or above; once it is more than a draft also below, where it binds.
_SEEN = """(CAST(:everywhere AS boolean) OR EXISTS (
    SELECT FROM unnest(CAST(:places AS text[])) AS g (code)
    JOIN qingdan.catalog_region_v1 AS p ON p.code = g.code
    WHERE p.code = r.code OR p.code = ANY (r.ancestors) OR r.code = ANY (p.ancestors) AND NOT {draft}))"""
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}, r.name AS region_name FROM qingdan.campaign AS c
    JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    WHERE {_SEEN.format(draft="c.state = 'draft'")}
      AND (CAST(:region_code AS text) IS NULL OR c.region_code = :region_code)
      AND (CAST(:state AS text) IS NULL OR c.state = :state)
      AND (CAST(:before AS uuid) IS NULL OR c.id < CAST(:before AS uuid))
    ORDER BY c.id DESC LIMIT :limit
    """
)
_SEES = Statement(
    f"""
    SELECT EXISTS (SELECT FROM qingdan.catalog_region_v1 AS r
                   WHERE r.code = :region_code AND {_SEEN.format(draft="CAST(:draft AS boolean)")})
    """
)

# The campaign above, and those above that one: what they say of a level binds it.
_SUPERIORS = Statement(
    f"""
    WITH RECURSIVE above AS (
        SELECT c.id, c.superior_id, c.title, c.region_code, 1 AS depth FROM qingdan.campaign AS c WHERE c.id = :id
        UNION ALL
        SELECT c.id, c.superior_id, c.title, c.region_code, a.depth + 1
        FROM above AS a JOIN qingdan.campaign AS c ON c.id = a.superior_id WHERE a.depth < 6
    )
    SELECT a.id AS campaign_id, a.title AS campaign, a.region_code, r.name AS region, {_MILESTONE}
    FROM above AS a
    JOIN qingdan.campaign_milestone AS m ON m.campaign_id = a.id
    JOIN qingdan.catalog_region_v1 AS r ON r.code = a.region_code
    ORDER BY a.depth, m.number
    """
)

_START = Statement(
    """
    UPDATE qingdan.campaign SET state = 'running', started_at = :now, version = version + 1,
        reports_begun = date_trunc('month', CAST(:today AS date))
    WHERE id = :id
    """
)
_CLOSE = Statement(
    """
    UPDATE qingdan.campaign SET state = 'closed', closed_at = :now, closing_note = :note, version = version + 1
    WHERE id = :id
    """
)
_MOVE = Statement(
    """
    WITH touched AS (UPDATE qingdan.campaign SET version = version + 1 WHERE id = :id)
    UPDATE qingdan.campaign_milestone SET due_on = :due_on WHERE campaign_id = :id AND number = :number
    """
)
_REGION = Statement("SELECT name FROM qingdan.catalog_region_v1 WHERE code = :code")
_KNOWN = Statement("SELECT code FROM qingdan.catalog_kind_v1 WHERE code = ANY (CAST(:codes AS text[]))")


async def insert(connection: AsyncConnection, campaign: Campaign, *, actor: str, now: datetime) -> None:
    """Store a plan."""
    await _INSERT.rows(connection, _header(campaign) | {"actor": actor, "now": now})
    await _parts(connection, campaign)


async def replace(connection: AsyncConnection, campaign: Campaign) -> None:
    """Put a plan in place of the one with its id, while it is being written."""
    await _REPLACE.rows(connection, _header(campaign))
    await _CLEAR.rows(connection, {"id": campaign.id})
    await _parts(connection, campaign)


async def add_milestone(connection: AsyncConnection, campaign_id: UUID, milestone: Milestone) -> None:
    """Add one milestone to a plan."""
    await _MILESTONES.rows(connection, {"id": campaign_id, "rows": _json([milestone])})


async def find(connection: AsyncConnection, campaign_id: UUID, *, lock: bool = False) -> Campaign | None:
    """A plan with its parts."""
    given = {"id": campaign_id}
    row = await (_LOCK if lock else _READ).row(connection, given)
    if row is None:
        return None
    return Campaign(
        **row,
        phases=tuple(Phase(**each) for each in await _PHASES_OF.rows(connection, given)),
        milestones=tuple(_milestone(each) for each in await _MILESTONES_OF.rows(connection, given)),
        targets=tuple(_target(each) for each in await _TARGETS_OF.rows(connection, given)),
    )


async def page(
    connection: AsyncConnection,
    places: Sequence[str],
    *,
    region_code: str | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Row]:
    """Plans somebody with grants in `places` may read, the newest first."""
    given = {"region_code": region_code, "state": state, "before": before, "limit": limit}
    return await _PAGE.rows(connection, given | _places(places))


async def sees(connection: AsyncConnection, places: Sequence[str], region_code: str, *, draft: bool) -> bool:
    """Whether somebody with grants in `places` may read a plan of a region, or a draft of one."""
    return bool(await _SEES.value(connection, _places(places) | {"region_code": region_code, "draft": draft}))


async def superiors(connection: AsyncConnection, superior_id: UUID) -> list[Superior]:
    """The milestones of a campaign and of those it is bound by itself."""
    names = ("campaign_id", "campaign", "region_code", "region")
    rows = await _SUPERIORS.rows(connection, {"id": superior_id})
    return [Superior(**{name: row[name] for name in names}, milestone=_milestone(row)) for row in rows]


async def without_guide(connection: AsyncConnection, region_code: str, limit: int) -> list[Row]:
    """Published implementation entries of a region and those below whose guide is incomplete: name, organ, `missing`.

    Each row says how many there are of them in all (`entries`).
    """
    return await _WITHOUT_GUIDE.rows(connection, {"region_code": region_code, "limit": limit})


async def known_kinds(connection: AsyncConnection, codes: Sequence[str]) -> set[str]:
    """Those of the codes that are kinds of list."""
    return set(await _KNOWN.values(connection, {"codes": list(codes)}))


async def region_name(connection: AsyncConnection, code: str) -> str:
    """What a region is called; its code where it is not registered any more."""
    return str(await _REGION.value(connection, {"code": code}) or code)


async def start(connection: AsyncConnection, campaign_id: UUID, *, today: date, now: datetime) -> None:
    """It runs; the first report is about the month it starts in."""
    await _START.rows(connection, {"id": campaign_id, "today": today, "now": now})


async def close(connection: AsyncConnection, campaign_id: UUID, *, note: str, now: datetime) -> None:
    """It is over."""
    await _CLOSE.rows(connection, {"id": campaign_id, "note": note, "now": now})


async def move(connection: AsyncConnection, campaign_id: UUID, number: int, due_on: date) -> None:
    """Give a milestone another day."""
    await _MOVE.rows(connection, {"id": campaign_id, "number": number, "due_on": due_on})


async def _parts(connection: AsyncConnection, campaign: Campaign) -> None:
    for statement, rows in (
        (_PHASES, campaign.phases),
        (_MILESTONES, campaign.milestones),
        (_TARGETS, campaign.targets),
    ):
        if rows:
            await statement.rows(connection, {"id": campaign.id, "rows": _json(rows)})


def _header(campaign: Campaign) -> dict[str, Any]:
    return {name: value for name, value in vars(campaign).items() if name not in ("phases", "milestones", "targets")}


def _places(places: Sequence[str]) -> dict[str, Any]:
    return {"places": list(places), "everywhere": NATION in places}


def _json(rows: Sequence[Phase | Milestone | Target]) -> str:
    return orjson.dumps([vars(row) for row in rows], default=str).decode()


def _milestone(row: Row) -> Milestone:
    values = {name: row[name] for name in Milestone.__dataclass_fields__}
    lists = {name: tuple(values[name]) for name in ("kinds", "levels", "region_kinds", "organ_ids")}
    return Milestone(**(values | lists))


def _target(row: Row) -> Target:
    return Target(**(dict(row) | {"together": tuple(tuple(group) for group in row.together)}))
