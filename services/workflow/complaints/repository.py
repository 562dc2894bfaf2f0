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
    SELECT g.id, g.source, g.reference, g.region_code, g.organ_id, g.item_id, g.suspect_id, g.subject, g.rating,
           g.text, g.received_at, g.due_at, :actor
    FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(
        id uuid, source text, reference text, region_code text, organ_id uuid, item_id uuid, suspect_id uuid,
        subject text, rating smallint, text text, received_at timestamptz, due_at timestamptz)
    ORDER BY g.region_code, g.source, g.reference
    ON CONFLICT (region_code, source, reference) DO NOTHING RETURNING id
    """
)
_KNOWN = Statement(
    "SELECT id FROM qingdan.complaint"
    " WHERE region_code = :region AND source = :source AND reference = CAST(:reference AS text)"
)
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
_OF_FEEDBACK = Statement("SELECT id FROM qingdan.complaint WHERE feedback_id = :feedback")
_FEEDBACK = Statement(
    """
    SELECT f.id, f.region_code, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.publish_feedback_v1 AS f JOIN qingdan.catalog_region_v1 AS r ON r.code = f.region_code
    WHERE f.id = :id
    """
)
# As the feedback is now: it may have been answered before anybody made a complaint of it.
_SETTLE = Statement(
    """
    UPDATE qingdan.complaint AS x
    SET state = 'answered', outcome = CAST(:outcomes AS jsonb) ->> f.outcome, answered_by = f.answered_by,
        answered_at = f.answered_at, version = x.version + 1
    FROM qingdan.publish_feedback_v1 AS f
    WHERE (x.feedback_id = ANY(CAST(:feedback AS uuid[])) OR x.id = ANY(CAST(:complaints AS uuid[])))
      AND f.id = x.feedback_id AND x.state = 'received' AND f.state = 'answered'
      AND CAST(:outcomes AS jsonb) ? f.outcome
    RETURNING x.id, x.region_code
    """
)
_CLIENT = Statement("SELECT c.region_code FROM qingdan.catalog_client_v1 AS c WHERE c.id = :id AND c.active")
_SUSPECT = Statement("SELECT EXISTS (SELECT FROM qingdan.catalog_suspect_v1 AS s WHERE s.id = :id)")


async def add(connection: AsyncConnection, given: Sequence[Mapping[str, Any]], actor: str) -> set[UUID]:
    """Keep complaints; the ids of those that are new: a source may tell of one again."""
    rows = {"given": orjson.dumps(list(given), default=str).decode(), "actor": actor}
    return set(await _ADD.values(connection, rows))


async def known(connection: AsyncConnection, region: str, source: str, reference: str) -> UUID | None:
    """The complaint of a number at its source: hotlines of two places count each for itself."""
    found: UUID | None = await _KNOWN.value(connection, {"region": region, "source": source, "reference": reference})
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


async def feedback(connection: AsyncConnection, feedback_id: UUID) -> Row | None:
    """Feedback of the portal with its region and those above as `chain`."""
    return await _FEEDBACK.row(connection, {"id": feedback_id})


async def of_feedback(connection: AsyncConnection, feedback_id: UUID) -> UUID | None:
    """The complaint that feedback has become."""
    found: UUID | None = await _OF_FEEDBACK.value(connection, {"feedback": feedback_id})
    return found


async def settle(
    connection: AsyncConnection,
    *,
    feedback: Sequence[UUID],
    complaints: Sequence[UUID],
    outcomes: Mapping[str, str],
) -> list[Row]:
    """Note the answers that the feedback of complaints was given; those that were open.

    Parameters
    ----------
    outcomes : what an outcome of feedback means for a complaint
    """
    given = {"feedback": list(feedback), "complaints": list(complaints)}
    return await _SETTLE.rows(connection, given | {"outcomes": orjson.dumps(dict(outcomes)).decode()})


async def client_region(connection: AsyncConnection, client_id: UUID) -> str | None:
    """The region a service client speaks for; None when it is no longer active."""
    found: str | None = await _CLIENT.value(connection, {"id": client_id})
    return found


async def is_suspect(connection: AsyncConnection, suspect_id: UUID) -> bool:
    """Whether there is such a suspected disguised permit."""
    return bool(await _SUSPECT.value(connection, {"id": suspect_id}))
