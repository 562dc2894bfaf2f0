"""SQL of obligations: made from milestones, read by who may see them, and moved on by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.obligations.rules import Obligation, Place
from shared.codes.region_code import NATION
from shared.statement import Row, Statement

# Whom a milestone concerns: regions of its levels at or below the campaign's, then by its unit. Who leads a list says
# the list, where there is none yet the responsibility matrix, or else the first of the organs that the plan names to
# organise it (QX-49). Guidance of a region is owed by who leads the same list in the region of the campaign (QX-55).
_PLACES = Statement(
    """
    WITH place AS (
        SELECT m.id AS milestone_id, m.subject, m.unit, m.kinds, m.organ_ids, c.region_code AS home,
               r.code AS region_code, r.name AS region, r.kind AS region_kind
        FROM qingdan.campaign_milestone AS m
        JOIN qingdan.campaign AS c ON c.id = m.campaign_id
        JOIN qingdan.catalog_region_v1 AS r ON (r.code = c.region_code OR c.region_code = ANY (r.ancestors))
            AND r.participates AND r.level = ANY (m.levels) AND r.kind = ANY (m.region_kinds)
        WHERE m.campaign_id = :id
    ), kind AS (
        SELECT p.*, k.code AS kind, k.title AS kind_title, l.id AS list_id,
               coalesce(d.lead_organ_id, x.lead_organ_id, p.organ_ids[1]) AS lead
        FROM place AS p
        JOIN qingdan.catalog_kind_v1 AS k ON k.code = ANY (p.kinds)
        LEFT JOIN qingdan.catalog_list_v1 AS l ON l.region_code = p.region_code AND l.kind = k.code
        LEFT JOIN qingdan.catalog_list_v1 AS d ON d.kind = k.code
            AND d.region_code = CASE WHEN p.subject = 'guidance' THEN p.home ELSE p.region_code END
        LEFT JOIN qingdan.catalog_responsibility_v1 AS x ON x.list_kind = k.code
            AND x.region_code = CASE WHEN p.subject = 'guidance' THEN p.home ELSE p.region_code END
        WHERE p.unit IN ('lead', 'member')
    ), owed AS (
        SELECT milestone_id, region_code, region, region_kind, kind, kind_title, lead AS organ_id, list_id,
               array_remove(organ_ids, lead) AS organisers
        FROM kind WHERE unit = 'lead' AND (subject <> 'guidance' OR lead IS NOT NULL)
        UNION ALL
        SELECT k.milestone_id, k.region_code, k.region, k.region_kind, k.kind, k.kind_title, b.organ_id, k.list_id, '{}'
        FROM kind AS k JOIN qingdan.catalog_list_member_v1 AS b ON b.list_id = k.list_id WHERE k.unit = 'member'
        UNION ALL
        SELECT p.milestone_id, p.region_code, p.region, p.region_kind, NULL, NULL, o.id, NULL, '{}'
        FROM place AS p JOIN qingdan.catalog_organ_v1 AS o ON o.region_code = p.region_code AND o.state = 'active'
            AND (o.id = ANY (p.organ_ids) OR cardinality(p.organ_ids) = 0 AND o.administrative_subject)
        WHERE p.unit = 'organ'
        UNION ALL
        SELECT p.milestone_id, p.region_code, p.region, p.region_kind, NULL, NULL, NULL, NULL, '{}'
        FROM place AS p WHERE p.unit = 'region'
    )
    SELECT w.*, o.name AS organ FROM owed AS w LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = w.organ_id
    ORDER BY w.milestone_id, w.region_code, w.kind, w.organ_id
    """
)
_INSERT = Statement(
    """
    INSERT INTO qingdan.obligation (id, campaign_id, milestone_id, subject, unit, region_code, list_kind, organ_id,
                                    organisers, list_id, title, due_at)
    SELECT g.id, g.campaign_id, g.milestone_id, g.subject, g.unit, g.region_code, g.list_kind, g.organ_id, g.organisers,
           g.list_id, g.title, g.due_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (
        id uuid, campaign_id uuid, milestone_id uuid, subject text, unit text, region_code text, list_kind text,
        organ_id uuid, organisers uuid[], list_id uuid, title text, due_at timestamptz)
    """
)

_SHOWN = """SELECT o.id, o.campaign_id, o.milestone_id, o.subject, o.unit, o.region_code, o.list_kind, o.organ_id,
       o.organisers, o.list_id, o.title, o.due_at, o.state, o.submitted_at, o.decided_at, o.published_at, o.filed_at,
       o.done_at, o.document, o.returned, o.receipt, o.waiver, o.version, m.number AS milestone, m.filing, m.attachment,
       m.phase, m.due_on, c.state AS campaign_state, c.region_code AS campaign_region, r.name AS region_name,
       n.name AS organ_name
FROM qingdan.obligation AS o
JOIN qingdan.campaign_milestone AS m ON m.id = o.milestone_id
JOIN qingdan.campaign AS c ON c.id = o.campaign_id
JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = o.organ_id"""
# An obligation is read in its region and above; an organ reads its own wherever it lies.
_SEEN = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:places AS text[]))
    OR r.ancestors && CAST(:places AS text[]) OR o.organ_id = ANY (CAST(:organs AS uuid[]))
    OR o.organisers && CAST(:organs AS uuid[]))"""
_LATE = """(coalesce(o.done_at, CASE WHEN o.subject <> 'list' THEN o.submitted_at END, :now) > o.due_at
    AND o.state <> 'waived')"""
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE o.campaign_id = :campaign_id AND {_SEEN}
      AND (CAST(:subject AS text) IS NULL OR o.subject = :subject)
      AND (CAST(:state AS text) IS NULL OR o.state = :state)
      AND (CAST(:region_code AS text) IS NULL OR o.region_code = :region_code)
      AND (CAST(:organ_id AS uuid) IS NULL OR o.organ_id = :organ_id OR :organ_id = ANY (o.organisers))
      AND (CAST(:list_kind AS text) IS NULL OR o.list_kind = :list_kind)
      AND (CAST(:milestone AS int) IS NULL OR m.number = :milestone)
      AND (CAST(:overdue AS boolean) IS NULL
           OR (o.state = 'open' AND o.due_at < :now) = CAST(:overdue AS boolean))
      AND (CAST(:late AS boolean) IS NULL OR {_LATE} = CAST(:late AS boolean))
      AND (o.due_at, o.id) > (:after_at, CAST(:after_id AS uuid))
    ORDER BY o.due_at, o.id LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE o.id = :id AND {_SEEN}")
# The campaign before the obligation, as who moves or closes it: a paper given back while it closes would be missing.
_HOLD_CAMPAIGN = Statement(
    """
    SELECT c.id FROM qingdan.campaign AS c
    WHERE c.id = (SELECT o.campaign_id FROM qingdan.obligation AS o WHERE o.id = :id) FOR SHARE
    """
)
_LOCK = Statement("SELECT o.version FROM qingdan.obligation AS o WHERE o.id = :id FOR UPDATE")
_WAITING = Statement(f"{_SHOWN} WHERE o.campaign_id = :campaign_id AND o.state = 'open' ORDER BY o.due_at, o.id")

_SUBMIT = Statement(
    """
    UPDATE qingdan.obligation
    SET document = CAST(:document AS jsonb), version = version + 1,
        submitted_at = CASE WHEN :paper THEN :now ELSE submitted_at END,
        state = CASE WHEN :paper THEN CASE WHEN :filing THEN 'submitted' ELSE 'done' END ELSE state END,
        done_at = CASE WHEN :paper AND NOT :filing THEN CAST(:now AS timestamptz) END
    WHERE id = :id
    """
)
# The unit has done its part when it handed the paper in: that is what decides whether it was late.
_FILE = Statement(
    """
    UPDATE qingdan.obligation
    SET receipt = CAST(:receipt AS jsonb), filed_at = :filed_at, version = version + 1,
        state = CASE WHEN state = 'submitted' THEN 'done' ELSE state END,
        done_at = CASE WHEN state = 'submitted' THEN submitted_at END
    WHERE id = :id
    """
)
_RETURN = Statement(
    """
    UPDATE qingdan.obligation
    SET state = 'open', submitted_at = NULL, document = NULL, version = version + 1,
        returned = returned || (document || jsonb_build_object('returned', CAST(:returned AS jsonb)))
    WHERE id = :id
    """
)
_WAIVE = Statement(
    """
    UPDATE qingdan.obligation
    SET state = 'waived', waived_at = :now, waiver = CAST(:waiver AS jsonb), version = version + 1
    WHERE id = :id
    """
)
# Held in the order in which the consumer holds them, so that neither waits for the other in a circle.
_REDATE = Statement(
    """
    WITH held AS (
        SELECT o.id, g.due_at
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (id uuid, due_at timestamptz)
        JOIN qingdan.obligation AS o ON o.id = g.id AND o.state = 'open' AND o.due_at <> g.due_at
        ORDER BY o.id FOR UPDATE OF o
    )
    UPDATE qingdan.obligation AS o SET due_at = h.due_at, version = o.version + 1
    FROM held AS h WHERE o.id = h.id
    RETURNING o.id, o.unit, o.region_code, o.organ_id, o.organisers, o.list_id, o.title, o.due_at
    """
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a page of obligations is limited to; empty ones do not count."""

    subject: str | None = None
    state: str | None = None
    region_code: str | None = None
    organ_id: UUID | None = None
    list_kind: str | None = None
    milestone: int | None = None
    overdue: bool | None = None
    late: bool | None = None


@dataclass(frozen=True)
class Reader:
    """Who reads: the regions of the grants, and the organs somebody acts for."""

    places: tuple[str, ...]
    organs: tuple[UUID, ...]

    def given(self) -> dict[str, Any]:
        """As parameters."""
        return {"places": list(self.places), "organs": list(self.organs), "everywhere": NATION in self.places}


async def places(connection: AsyncConnection, campaign_id: UUID) -> list[Place]:
    """Who owes what by the milestones of a campaign, but for the units that are obliged to report."""
    rows = await _PLACES.rows(connection, {"id": campaign_id})
    return [Place(**(dict(row) | {"organisers": tuple(row.organisers)})) for row in rows]


async def insert(connection: AsyncConnection, obligations: Sequence[Obligation]) -> None:
    """Store obligations."""
    rows = orjson.dumps([vars(each) for each in obligations], default=str).decode()
    await _INSERT.rows(connection, {"rows": rows})


async def page(
    connection: AsyncConnection,
    campaign_id: UUID,
    reader: Reader,
    filters: Filters,
    *,
    now: datetime,
    after: tuple[datetime, UUID],
    limit: int,
) -> list[Row]:
    """Obligations of a campaign a reader may see, the first due first."""
    given = {"campaign_id": campaign_id, "now": now, "after_at": after[0], "after_id": after[1], "limit": limit}
    return await _PAGE.rows(connection, given | vars(filters) | reader.given())


async def find(connection: AsyncConnection, obligation_id: UUID, reader: Reader) -> Row | None:
    """An obligation a reader may see."""
    return await _FIND.row(connection, reader.given() | {"id": obligation_id})


async def lock(connection: AsyncConnection, obligation_id: UUID) -> None:
    """Hold an obligation, and its campaign in the state it is in, until the transaction ends."""
    await _HOLD_CAMPAIGN.rows(connection, {"id": obligation_id})
    await _LOCK.rows(connection, {"id": obligation_id})


async def waiting(connection: AsyncConnection, campaign_id: UUID) -> list[Row]:
    """The obligations of a campaign that are open; as many as a campaign has at most."""
    return await _WAITING.rows(connection, {"campaign_id": campaign_id})


async def submit(
    connection: AsyncConnection, obligation_id: UUID, document: dict[str, Any], *, paper: bool, filing: bool,
    now: datetime,
) -> None:  # fmt: skip
    """Hand in a document: of a paper it is the whole, beside a list what it asks for."""
    given = {"id": obligation_id, "document": _json(document), "paper": paper, "filing": filing, "now": now}
    await _SUBMIT.rows(connection, given)


async def file(connection: AsyncConnection, obligation_id: UUID, receipt: dict[str, Any], filed_at: datetime) -> None:
    """Note the receipt of a filing."""
    await _FILE.rows(connection, {"id": obligation_id, "receipt": _json(receipt), "filed_at": filed_at})


async def give_back(connection: AsyncConnection, obligation_id: UUID, returned: dict[str, Any]) -> None:
    """A paper is to be handed in anew; the one there was is kept with why (`returned`: reason, by, at)."""
    await _RETURN.rows(connection, {"id": obligation_id, "returned": _json(returned)})


async def waive(connection: AsyncConnection, obligation_id: UUID, waiver: dict[str, Any], now: datetime) -> None:
    """It need not be done."""
    await _WAIVE.rows(connection, {"id": obligation_id, "waiver": _json(waiver), "now": now})


async def redate(connection: AsyncConnection, dues: Sequence[tuple[UUID, datetime]]) -> list[Row]:
    """Give open obligations other days; those that moved."""
    rows = orjson.dumps([{"id": str(id_), "due_at": due} for id_, due in dues]).decode()
    return await _REDATE.rows(connection, {"rows": rows})


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value, default=str).decode()
