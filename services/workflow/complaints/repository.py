"""SQL of complaints. A complaint's task and clock have its id: the due date is the clock's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ADD = Statement(
    """
    INSERT INTO qingdan.complaint (id, source, reference, region_code, organ_id, item_id, suspect_id, subject, rating,
                                   text, received_at, due_at, registered_by)
    VALUES (:id, :source, CAST(:reference AS text), :region_code, CAST(:organ_id AS uuid), CAST(:item_id AS uuid),
            CAST(:suspect_id AS uuid), :subject, CAST(:rating AS smallint), :text, :received_at, :due_at, :actor)
    ON CONFLICT (source, reference) DO NOTHING RETURNING id
    """
)
_KNOWN = Statement("SELECT id FROM qingdan.complaint WHERE source = :source AND reference = CAST(:reference AS text)")
_COLUMNS = """x.id, x.source, x.reference, x.feedback_id, x.region_code, x.organ_id, x.item_id, x.suspect_id, x.subject,
    x.rating, x.text, x.state, x.received_at, coalesce(c.due_at, x.due_at) AS due_at, x.outcome, x.answer,
    x.answered_by, x.answered_at, x.registered_by, x.version, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.complaint AS x
    JOIN qingdan.catalog_region_v1 AS r ON r.code = x.region_code
    LEFT JOIN qingdan.clock AS c ON c.id = x.id"""
_FIND = Statement(f"SELECT {_COLUMNS} WHERE x.id = :id")
_LOCK = Statement(f"SELECT {_COLUMNS} WHERE x.id = :id FOR UPDATE OF x")
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE (CAST(:region AS text) IS NULL OR r.code = CAST(:region AS text)
           OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:actor AS text) IS NULL OR x.registered_by = CAST(:actor AS text))
      AND (CAST(:organ AS uuid) IS NULL OR x.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR x.item_id = CAST(:item AS uuid))
      AND (CAST(:source AS text) IS NULL OR x.source = CAST(:source AS text))
      AND (CAST(:subject AS text) IS NULL OR x.subject = CAST(:subject AS text))
      AND (CAST(:state AS text) IS NULL OR x.state = CAST(:state AS text))
      AND (CAST(:overdue AS boolean) IS NULL OR CAST(:overdue AS boolean)
           = (x.state = 'received' AND coalesce(c.due_at, x.due_at) < CAST(:now AS timestamptz)))
      AND (CAST(:after AS uuid) IS NULL OR x.id < CAST(:after AS uuid))
    ORDER BY x.id DESC LIMIT :limit
    """
)
_ANSWER = Statement(
    """
    UPDATE qingdan.complaint
    SET state = 'answered', outcome = :outcome, answer = :answer, answered_by = :actor, answered_at = :now,
        version = version + 1
    WHERE id = :id
    """
)
# Looked at as it is now: feedback that was answered before it was read here is a complaint all the same.
_FROM_FEEDBACK = Statement(
    """
    INSERT INTO qingdan.complaint (id, source, feedback_id, region_code, organ_id, item_id, subject, received_at,
                                   due_at, registered_by)
    SELECT g.id, 'portal', f.id, f.region_code, f.organ_id, f.item_id, g.subject, f.received_at, f.due_at, 'public'
    FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(id uuid, feedback_id uuid, subject text)
    JOIN qingdan.publish_feedback_v1 AS f ON f.id = g.feedback_id
    ON CONFLICT (feedback_id) DO NOTHING RETURNING id, region_code
    """
)
_ANSWERED = Statement(
    """
    UPDATE qingdan.complaint AS x
    SET state = 'answered', outcome = g.outcome, answered_by = g.actor, answered_at = g.at, version = x.version + 1
    FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(feedback_id uuid, outcome text, actor text, at timestamptz)
    WHERE x.feedback_id = g.feedback_id AND x.state = 'received'
    RETURNING x.id, x.region_code
    """
)
_CLIENT = Statement("SELECT c.region_code FROM qingdan.catalog_client_v1 AS c WHERE c.id = :id AND c.active")
_SUSPECT = Statement("SELECT EXISTS (SELECT FROM qingdan.catalog_suspect_v1 AS s WHERE s.id = :id)")


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Keep a complaint; False when the source has told of it already."""
    return await _ADD.row(connection, values) is not None


async def known(connection: AsyncConnection, source: str, reference: str) -> UUID | None:
    """The complaint of a number at its source."""
    found: UUID | None = await _KNOWN.value(connection, {"source": source, "reference": reference})
    return found


async def find(connection: AsyncConnection, complaint_id: UUID, *, lock: bool = False) -> Row | None:
    """A complaint with the regions above its own as `chain`."""
    return await (_LOCK if lock else _FIND).row(connection, {"id": complaint_id})


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, now: datetime, after: UUID | None, limit: int
) -> list[Row]:
    """Complaints, the newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"now": now, "after": after, "limit": limit})


async def answer(connection: AsyncConnection, complaint_id: UUID, values: Mapping[str, Any]) -> None:
    """Keep the answer: outcome, answer, actor, now."""
    await _ANSWER.rows(connection, dict(values) | {"id": complaint_id})


async def from_feedback(connection: AsyncConnection, given: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Complaints for feedback of the portal: {"id", "feedback_id", "subject"}; those that are new."""
    return await _FROM_FEEDBACK.rows(connection, {"given": orjson.dumps(list(given), default=str).decode()})


async def feedback_answered(connection: AsyncConnection, given: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Note what feedback was answered with: {"feedback_id", "outcome", "actor", "at"}; those that were open."""
    return await _ANSWERED.rows(connection, {"given": orjson.dumps(list(given), default=str).decode()})


async def client_region(connection: AsyncConnection, client_id: UUID) -> str | None:
    """The region a service client speaks for; None when it is no longer active."""
    found: str | None = await _CLIENT.value(connection, {"id": client_id})
    return found


async def is_suspect(connection: AsyncConnection, suspect_id: UUID) -> bool:
    """Whether there is such a suspected disguised permit."""
    return bool(await _SUSPECT.value(connection, {"id": suspect_id}))
