"""SQL of public comments: periods and answers through the views of the workflow service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_OPEN = "p.running AND p.opens_at <= CAST(:now AS timestamptz) AND CAST(:now AS timestamptz) < p.closes_at"
_COLUMNS = f"""p.id, p.region_code, p.title, p.explanation, p.documents, p.opens_at, p.closes_at, p.running, p.summary,
    p.summarised_at, ({_OPEN}) AS open"""
_PERIOD = Statement(f"SELECT {_COLUMNS} FROM qingdan.workflow_comment_period_v1 AS p WHERE p.id = :id")
_PERIODS = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.workflow_comment_period_v1 AS p
    WHERE (CAST(:region AS text) IS NULL OR p.region_code = CAST(:region AS text) OR p.region_code IN (
            SELECT r.code FROM qingdan.catalog_region_v1 AS r WHERE r.ancestors @> ARRAY[CAST(:region AS text)]))
      AND (CAST(:list AS uuid) IS NULL OR EXISTS (
            SELECT FROM qingdan.list_revision AS r
            WHERE r.list_id = CAST(:list AS uuid) AND r.adjustment_id = p.adjustment_id))
      AND (CAST(:open AS boolean) IS NULL OR CAST(:open AS boolean) = ({_OPEN}))
      AND (CAST(:after AS uuid) IS NULL OR p.id < CAST(:after AS uuid))
    ORDER BY p.id DESC LIMIT :limit
    """
)
# One after another, so that the bound holds for those who come at once as well.
_QUEUE = Statement("SELECT pg_advisory_xact_lock(hashtextextended('publish/comments/' || CAST(:period_id AS text), 0))")
# What was dismissed takes nobody's place: otherwise whoever sends rubbish for some hours would close the period.
_ROOM = Statement(
    """
    SELECT count(*) FILTER (WHERE a.outcome IS DISTINCT FROM 'dismissed') AS total,
           count(*) FILTER (WHERE c.received_at > CAST(:now AS timestamptz) - interval '1 minute') AS last_minute
    FROM qingdan.public_comment AS c LEFT JOIN qingdan.workflow_comment_answer_v1 AS a ON a.id = c.id
    WHERE c.period_id = :period_id
    """
)
_ADD = Statement(
    """
    INSERT INTO qingdan.public_comment (id, period_id, said_by, text, text_digest, receipt_hash, received_at)
    VALUES (:id, :period_id, :said_by, :text, :text_digest, :receipt_hash, :received_at)
    ON CONFLICT (period_id, text_digest) DO NOTHING
    RETURNING id
    """
)
_BY_RECEIPT = Statement(
    """
    SELECT c.id, c.period_id, c.said_by, c.text, c.received_at, a.outcome, a.answer, a.answered_at
    FROM qingdan.public_comment AS c LEFT JOIN qingdan.workflow_comment_answer_v1 AS a ON a.id = c.id
    WHERE c.receipt_hash = :hash
    """
)
_ANSWERS = Statement(
    """
    SELECT c.id, c.said_by, c.text, c.received_at, a.outcome, a.answer, a.answered_at
    FROM qingdan.workflow_comment_answer_v1 AS a JOIN qingdan.public_comment AS c ON c.id = a.id
    WHERE a.period_id = :period_id AND a.summarised_at IS NOT NULL AND a.outcome <> 'dismissed'
      AND (CAST(:after AS uuid) IS NULL OR c.id > CAST(:after AS uuid))
    ORDER BY c.id LIMIT :limit
    """
)


async def period(connection: AsyncConnection, period_id: UUID, now: datetime) -> Row | None:
    """A period, and whether it is open."""
    return await _PERIOD.row(connection, {"id": period_id, "now": now})


async def periods(
    connection: AsyncConnection,
    *,
    region: str | None,
    open_: bool | None,
    list_id: UUID | None,
    now: datetime,
    after: UUID | None,
    limit: int,
) -> list[Row]:
    """Periods of a region and those below it, or of what was decided and published in a list; the youngest first."""
    given = {"region": region, "open": open_, "list": list_id, "now": now, "after": after, "limit": limit}
    return await _PERIODS.rows(connection, given)


async def room(connection: AsyncConnection, period_id: UUID, now: datetime) -> Row:
    """How many comments have come: total (without what was dismissed), last_minute. Others wait until it commits."""
    await _QUEUE.value(connection, {"period_id": str(period_id)})
    row = await _ROOM.row(connection, {"period_id": period_id, "now": now})
    assert row is not None
    return row


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> bool:
    """Keep a comment; False when the same words have been said."""
    return await _ADD.row(connection, values) is not None


async def by_receipt(connection: AsyncConnection, receipt_hash: bytes) -> Row | None:
    """A comment by the hash of its receipt, with its answer."""
    return await _BY_RECEIPT.row(connection, {"hash": receipt_hash})


async def answers(connection: AsyncConnection, period_id: UUID, *, after: UUID | None, limit: int) -> list[Row]:
    """The comments of a period that is summarised, with their answers; without what was no comment."""
    return await _ANSWERS.rows(connection, {"period_id": period_id, "after": after, "limit": limit})
