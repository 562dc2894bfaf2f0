"""SQL of review steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures.rules import ReviewStep, limit_data, limit_from
from shared.statement import Statement

_STEP_COLUMNS = """id, adjustment_id, submission, number, code, title, act, role, region_code, organ_id, sealed,
    optional, least_days, recipient, recipient_organ_id, state, opinion, element_opinions, record, decided_by,
    limit_amount, limit_unit, limit_day, opened_at, due_at, decided_at"""

_STEPS = Statement(
    f"""
    SELECT {_STEP_COLUMNS} FROM qingdan.review_step
    WHERE adjustment_id = :adjustment_id AND (CAST(:submission AS int) IS NULL OR submission = :submission)
    ORDER BY submission, number, id
    """
)

_LEADS = Statement(
    """
    SELECT DISTINCT c.adjustment_id, l.lead_organ_id
    FROM qingdan.change AS c JOIN qingdan.catalog_list_v1 AS l ON l.id = c.list_id
    WHERE c.adjustment_id = ANY (CAST(:ids AS uuid[])) ORDER BY c.adjustment_id, l.lead_organ_id
    """
)

_INSERT_STEPS = Statement(
    """
    INSERT INTO qingdan.review_step (id, adjustment_id, submission, number, code, title, act, role, region_code,
                                     organ_id, sealed, optional, least_days, recipient, recipient_organ_id, state,
                                     limit_amount, limit_unit, limit_day, opened_at, due_at)
    SELECT s.id, s.adjustment_id, s.submission, s.number, s.code, s.title, s.act, s.role, s.region_code, s.organ_id,
           s.sealed, s.optional, s.least_days, s.recipient, s.recipient_organ_id, s.state,
           (s.limit ->> 'amount')::int, s.limit ->> 'unit', (s.limit ->> 'day')::date, s.opened_at, s.due_at
    FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS s(
        id uuid, adjustment_id uuid, submission int, number int, code text, title text, act text, role text,
        region_code text, organ_id uuid, sealed boolean, optional boolean, least_days int, recipient text,
        recipient_organ_id uuid, state text, "limit" jsonb, opened_at timestamptz, due_at timestamptz)
    """
)

_CLOSE = Statement(
    """
    UPDATE qingdan.review_step
    SET state = :state, opinion = :opinion, element_opinions = CAST(:element_opinions AS jsonb),
        record = CAST(:record AS jsonb), decided_by = :decided_by, decided_at = :now
    WHERE id = :id
    """
)

_OPEN = Statement(
    """
    UPDATE qingdan.review_step AS s
    SET state = 'open', opened_at = :now, due_at = o.due_at, organ_id = o.organ_id
    FROM jsonb_to_recordset(CAST(:opened AS jsonb)) AS o(id uuid, organ_id uuid, due_at timestamptz)
    WHERE s.id = o.id
    """
)

_VOID = Statement(
    """
    UPDATE qingdan.review_step SET state = 'void'
    WHERE adjustment_id = :adjustment_id AND state IN ('open', 'waiting')
    """
)

# What is next of submissions whose decision has taken effect: the lowest number that still waits.
_NEXT = Statement(
    f"""
    SELECT {_STEP_COLUMNS} FROM qingdan.review_step AS s
    WHERE (s.adjustment_id, s.submission) IN (
            SELECT * FROM unnest(CAST(:adjustment_ids AS uuid[]), CAST(:submissions AS int[])))
      AND s.state = 'waiting'
      AND NOT EXISTS (
          SELECT FROM qingdan.review_step AS earlier
          WHERE earlier.adjustment_id = s.adjustment_id AND earlier.submission = s.submission
            AND earlier.number < s.number AND earlier.state IN ('waiting', 'open'))
    ORDER BY s.adjustment_id, s.number, s.id
    """
)

# Published by the publication itself: the revisions that show what the adjustment changed are the record.
_PUBLISHED = Statement(
    """
    UPDATE qingdan.review_step AS s
    SET state = 'passed', decided_at = :now, decided_by = :actor, record = jsonb_build_object('lists', coalesce((
        SELECT jsonb_agg(jsonb_build_object('list_id', l.list_id, 'kind', l.kind, 'title', l.title,
                                            'revision', l.revision, 'hash', encode(l.hash, 'hex'),
                                            'published_at', l.published_at) ORDER BY l.kind, l.list_id)
        FROM qingdan.publish_list_v1 AS l
        JOIN jsonb_array_elements_text(p.lists) AS named ON CAST(named AS uuid) = l.list_id), '[]'::jsonb))
    FROM jsonb_to_recordset(CAST(:published AS jsonb)) AS p(adjustment_id uuid, submission int, lists jsonb)
    WHERE s.adjustment_id = p.adjustment_id AND s.submission = p.submission AND s.act = 'publish' AND s.state = 'open'
    RETURNING s.adjustment_id
    """
)


async def leads(connection: AsyncConnection, adjustment_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The organs that lead the lists which adjustments change."""
    found: dict[UUID, list[UUID]] = {}
    for row in await _LEADS.rows(connection, {"ids": list(adjustment_ids)}):
        found.setdefault(row.adjustment_id, []).append(row.lead_organ_id)
    return found


async def steps(connection: AsyncConnection, adjustment_id: UUID, submission: int | None = None) -> list[ReviewStep]:
    """The review steps of an adjustment, of one submission or of all."""
    rows = await _STEPS.rows(connection, {"adjustment_id": adjustment_id, "submission": submission})
    return [_step(row) for row in rows]


def _step(row: Any) -> ReviewStep:
    values = dict(row)
    limit = {name: values.pop(f"limit_{name}") for name in ("amount", "unit", "day")}
    return ReviewStep(**values, limit=limit_from(limit) if limit["unit"] else None)


async def insert_steps(connection: AsyncConnection, steps: Sequence[ReviewStep]) -> None:
    """Store planned steps of any number of submissions."""
    rows = [vars(step) | {"limit": limit_data(step.limit)} for step in steps]
    await _INSERT_STEPS.rows(connection, {"steps": orjson.dumps(rows, default=str).decode()})


async def close_step(
    connection: AsyncConnection,
    step_id: UUID,
    *,
    state: str,
    opinion: str | None,
    element_opinions: Sequence[dict[str, Any]],
    record: dict[str, Any] | None,
    decided_by: str,
    now: datetime,
) -> None:
    """Write down how a step ended: passed or returned, by whom, with which opinion and record."""
    await _CLOSE.rows(
        connection,
        {
            "id": step_id,
            "state": state,
            "opinion": opinion,
            "element_opinions": orjson.dumps(list(element_opinions), default=str).decode(),
            "record": orjson.dumps(record, default=str).decode() if record is not None else None,
            "decided_by": decided_by,
            "now": now,
        },
    )


async def open_steps(connection: AsyncConnection, opened: Sequence[ReviewStep], now: datetime) -> None:
    """Open waiting steps, each with its due date and the organ that is charged with it."""
    rows = [{"id": step.id, "organ_id": step.organ_id, "due_at": step.due_at} for step in opened]
    await _OPEN.rows(connection, {"opened": orjson.dumps(rows, default=str).decode(), "now": now})


async def next_steps(connection: AsyncConnection, submissions: Sequence[tuple[UUID, int]]) -> list[ReviewStep]:
    """What comes next of submissions, as (adjustment, submission), that have no open step."""
    ids, numbers = [id_ for id_, _ in submissions], [number for _, number in submissions]
    return [_step(row) for row in await _NEXT.rows(connection, {"adjustment_ids": ids, "submissions": numbers})]


async def close_published(
    connection: AsyncConnection, published: Sequence[dict[str, Any]], *, actor: str, now: datetime
) -> set[UUID]:
    """Close the publication steps of submissions (`adjustment_id`, `submission`, `lists`) that are published.

    Returns the adjustments that had one.
    """
    given = orjson.dumps(list(published), default=str).decode()
    return set(await _PUBLISHED.values(connection, {"published": given, "actor": actor, "now": now}))


async def void_steps(connection: AsyncConnection, adjustment_id: UUID) -> None:
    """Steps that will not be walked any more: returned, withdrawn or in conflict."""
    await _VOID.rows(connection, {"adjustment_id": adjustment_id})
