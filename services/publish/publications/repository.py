"""SQL of publications: reading them with everything that is said of them, and their notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_PLACES = Statement(
    """
    SELECT DISTINCT array_prepend(l.region_code, coalesce(r.ancestors, '{}'))
    FROM qingdan.list_revision AS v JOIN qingdan.published_list AS l ON l.list_id = v.list_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE v.publication_id = :publication
    """
)
# Parts, notices and links of each publication found; a handful a publication, so each is put together where it stands.
_WHOLE = """
    SELECT p.id, p.number, p.region_code, coalesce(r.name, p.region_code) AS region_name, p.hash, p.made_at, p.version,
           p.adjustments, array_prepend(p.region_code, r.ancestors) AS chain, parts.parts, triggers.triggers,
           triggers.decisions, notices.notices, corrects.corrects, withdraws.number AS withdraws,
           withdraws.text AS withdrawal_text, withdraws.decision AS withdrawal_decision
    FROM ({found}) AS p
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = p.region_code
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object(
                   'list_id', v.list_id, 'kind', l.kind, 'region_code', l.region_code,
                   'title', coalesce(v.title, l.title), 'revision', v.revision, 'hash', encode(v.hash, 'hex'),
                   'entries', v.entries, 'purged', v.purged, 'effective_at', v.effective_at, 'decision', v.decision,
                   'lead', o.name, 'present', v.revision = l.revision,
                   'editions', ARRAY(SELECT e.name FROM qingdan.list_edition AS e
                                     WHERE e.list_id = v.list_id AND e.revision = v.revision ORDER BY e.name),
                   'superseded_by', (SELECT s.number FROM qingdan.list_revision AS n
                                     JOIN qingdan.publication AS s ON s.id = n.publication_id
                                     WHERE n.list_id = v.list_id AND n.revision > v.revision
                                     ORDER BY n.revision LIMIT 1)
               ) ORDER BY v.list_id, v.revision) AS parts
        FROM qingdan.list_revision AS v
        JOIN qingdan.published_list AS l ON l.list_id = v.list_id
        LEFT JOIN qingdan.catalog_list_v1 AS c ON c.id = v.list_id
        LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = c.lead_organ_id
        WHERE v.publication_id = p.id
    ) AS parts
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(a.trigger ORDER BY a.id), '{{}}') AS triggers,
               coalesce(jsonb_agg(a.decision ORDER BY a.decided_at, a.id) FILTER (WHERE a.decision IS NOT NULL), '[]')
                   AS decisions
        FROM qingdan.workflow_adjustment_v1 AS a WHERE a.id = ANY (p.adjustments)
    ) AS triggers
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'kind', n.kind, 'text', n.text, 'given_at', n.given_at, 'decision', n.decision, 'state', n.state,
                   'refusal', n.refusal, 'number', b.number) ORDER BY n.given_at, n.id), '[]') AS notices
        FROM qingdan.publication_notice AS n
        LEFT JOIN LATERAL (
            SELECT o.number FROM qingdan.publication AS o
            WHERE o.id = n.corrected_by OR n.kind = 'withdrawal' AND o.adjustments @> ARRAY[n.id]
            ORDER BY o.made_at LIMIT 1
        ) AS b ON true
        WHERE n.publication_id = p.id
    ) AS notices
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_agg(jsonb_build_object('number', o.number, 'text', n.text) ORDER BY o.made_at), '[]')
                   AS corrects
        FROM qingdan.publication_notice AS n JOIN qingdan.publication AS o ON o.id = n.publication_id
        WHERE n.corrected_by = p.id
    ) AS corrects
    LEFT JOIN LATERAL (
        SELECT o.number, n.text, n.decision
        FROM qingdan.publication_notice AS n JOIN qingdan.publication AS o ON o.id = n.publication_id
        WHERE n.kind = 'withdrawal' AND n.id = ANY (p.adjustments) LIMIT 1
    ) AS withdraws ON true
"""
_ONE = Statement(_WHOLE.format(found="SELECT * FROM qingdan.publication WHERE number = :number"))
_PAGE = Statement(
    _WHOLE.format(
        found="""
        SELECT f.* FROM qingdan.publication AS f
        WHERE (CAST(:region AS text) IS NULL OR f.region_code = :region)
          AND (CAST(:list AS uuid) IS NULL OR EXISTS (
                  SELECT FROM qingdan.list_revision AS v
                  WHERE v.publication_id = f.id AND v.list_id = CAST(:list AS uuid)))
          AND (CAST(:adjustment AS uuid) IS NULL OR f.adjustments @> ARRAY[CAST(:adjustment AS uuid)])
          AND (CAST(:before AS timestamptz) IS NULL OR (f.made_at, f.id) < (CAST(:before AS timestamptz), :before_id))
        ORDER BY f.made_at DESC, f.id DESC LIMIT :limit
        """
    )
    + "ORDER BY p.made_at DESC, p.id DESC"
)
# In one order, so that two who speak of the same publications never wait for one another.
_LOCK = Statement(
    """
    SELECT number, version FROM qingdan.publication
    WHERE number = ANY (CAST(:numbers AS text[])) ORDER BY id FOR UPDATE
    """
)
# Organs and roles as they acted; who the person was is nobody's business outside.
_APPROVALS = Statement(
    """
    SELECT s.adjustment_id, s.title, s.act, s.role, coalesce(o.name, r.name, s.region_code) AS organ, s.decided_at
    FROM qingdan.workflow_approval_v1 AS s
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = s.organ_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = s.region_code
    WHERE s.adjustment_id = ANY (CAST(:adjustments AS uuid[]))
    ORDER BY s.adjustment_id, s.number, s.decided_at, organ
    """
)
_NOTICE = Statement(
    """
    WITH raised AS (
        UPDATE qingdan.publication SET version = version + 1
        WHERE id = :publication_id OR id = CAST(:corrected_by AS uuid)
    )
    INSERT INTO qingdan.publication_notice
        (id, publication_id, kind, text, corrected_by, decision, reason, legal_basis, state, given_by, given_at)
    VALUES (:id, :publication_id, :kind, :text, CAST(:corrected_by AS uuid), CAST(:decision AS jsonb),
            CAST(:reason AS text), CAST(:legal_basis AS text), :state, :given_by, :given_at)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_SETTLE = Statement(
    """
    WITH settled AS (
        UPDATE qingdan.publication_notice SET state = :state, refusal = CAST(:refusal AS text)
        WHERE id = :notice AND state = 'waiting' RETURNING publication_id
    )
    UPDATE qingdan.publication AS p SET version = p.version + 1 FROM settled AS s WHERE p.id = s.publication_id
    RETURNING p.number
    """
)
_PARTS = Statement(
    """
    SELECT v.list_id, l.kind, l.region_code, v.revision
    FROM qingdan.list_revision AS v JOIN qingdan.published_list AS l ON l.list_id = v.list_id
    WHERE v.publication_id = :publication ORDER BY v.list_id, v.revision
    """
)
# What a publication has changed, and what has changed it again: rows that ended where another publication began.
_TAKEN = Statement(
    """
    WITH mine AS MATERIALIZED (
        SELECT p.list_id, p.item_id, p.from_revision, p.to_revision, p.name, p.state
        FROM qingdan.list_revision AS v
        JOIN qingdan.published_item AS p ON p.list_id = v.list_id AND p.from_revision = v.revision
        WHERE v.publication_id = :publication
    )
    SELECT count(*) FILTER (WHERE m.to_revision IS DISTINCT FROM m.from_revision) AS entries,
           count(*) FILTER (WHERE m.to_revision = m.from_revision) AS untraced,
           EXISTS (SELECT FROM qingdan.list_revision AS v
                   WHERE v.publication_id = :publication AND v.revision = 1) AS first,
           (SELECT coalesce(jsonb_agg(jsonb_build_array(c.name, c.number)), '[]') FROM (
                SELECT m.name, o.number
                FROM mine AS m
                JOIN qingdan.list_revision AS n ON n.list_id = m.list_id AND n.revision = m.to_revision
                JOIN qingdan.publication AS o ON o.id = n.publication_id
                WHERE m.to_revision > m.from_revision ORDER BY o.made_at, m.item_id LIMIT 5) AS c) AS changed_since
    FROM mine AS m
    """
)


async def one(connection: AsyncConnection, number: str) -> Row | None:
    """A publication with its parts, notices and links."""
    return await _ONE.row(connection, {"number": number})


async def page(
    connection: AsyncConnection, *, region: str | None, list_id: UUID | None, adjustment: UUID | None,
    before: tuple[datetime, UUID] | None, limit: int,
) -> list[Row]:  # fmt: skip
    """Publications, newest first, before an instant and id."""
    at, last = before or (None, None)
    given = {"region": region, "list": list_id, "adjustment": adjustment, "limit": limit}
    return await _PAGE.rows(connection, given | {"before": at, "before_id": last})


async def lock(connection: AsyncConnection, numbers: Sequence[str]) -> dict[str, int]:
    """Lock publications for what is to be said of them; their versions by number."""
    return {row.number: row.version for row in await _LOCK.rows(connection, {"numbers": list(numbers)})}


async def approvals(connection: AsyncConnection, adjustments: Sequence[UUID]) -> list[Row]:
    """The steps adjustments have passed, in their order."""
    return await _APPROVALS.rows(connection, {"adjustments": list(adjustments)}) if adjustments else []


async def add_notice(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Say something of a publication; False when the same was said already."""
    nothing = {"corrected_by": None, "decision": None, "reason": None, "legal_basis": None, "state": "done"}
    given = nothing | dict(values)
    decision = orjson.dumps(given["decision"]).decode() if given["decision"] is not None else None
    return await _NOTICE.row(connection, given | {"decision": decision}) is not None


async def settle(connection: AsyncConnection, notice: UUID, state: str, refusal: str | None) -> str | None:
    """What has become of a withdrawal that waited; the number of its publication, None when it waits no more."""
    number: str | None = await _SETTLE.value(connection, {"notice": notice, "state": state, "refusal": refusal})
    return number


async def places(connection: AsyncConnection, publication_id: UUID) -> list[list[str]]:
    """The regions of a publication's lists, each with those above it."""
    return list(await _PLACES.values(connection, {"publication": publication_id}))


async def parts(connection: AsyncConnection, publication_id: UUID) -> list[Row]:
    """The lists of a publication with the revision it made of each."""
    return await _PARTS.rows(connection, {"publication": publication_id})


async def taken_back(connection: AsyncConnection, publication_id: UUID) -> Row:
    """What a withdrawal of the publication would take back."""
    (row,) = await _TAKEN.rows(connection, {"publication": publication_id})
    return row
