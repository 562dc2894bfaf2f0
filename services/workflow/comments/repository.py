"""SQL of public comment: periods and answers of our own, the comments through the view of the publish service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COUNTS = """
    SELECT count(*) AS total, count(*) FILTER (WHERE a.id IS NULL) AS waiting,
           count(*) FILTER (WHERE a.outcome = 'adopted') AS adopted,
           count(*) FILTER (WHERE a.outcome = 'partly_adopted') AS partly_adopted,
           count(*) FILTER (WHERE a.outcome = 'not_adopted') AS not_adopted,
           count(*) FILTER (WHERE a.outcome = 'dismissed') AS dismissed
    FROM qingdan.publish_public_comment_v1 AS c LEFT JOIN qingdan.comment_answer AS a ON a.id = c.id
    WHERE c.period_id = p.id
"""
_PERIODS = f"""
    SELECT p.id, p.title, p.explanation, p.documents, p.opens_at, p.closes_at, p.opened_by, p.outcome, p.summary,
           p.summarised_at, to_jsonb(n) AS comments
    FROM qingdan.comment_period AS p CROSS JOIN LATERAL ({_COUNTS}) AS n
"""
_PERIOD = Statement(f"{_PERIODS} WHERE p.id = :id")
_OF_ADJUSTMENT = Statement(f"{_PERIODS} WHERE p.adjustment_id = :adjustment_id ORDER BY p.opens_at")
_OPEN = Statement(
    """
    INSERT INTO qingdan.comment_period (id, adjustment_id, region_code, title, explanation, documents, opens_at,
                                        closes_at, opened_by)
    VALUES (:id, :adjustment_id, :region_code, :title, :explanation, CAST(:documents AS jsonb), :opens_at, :closes_at,
            :opened_by)
    """
)
_CONCERNED = Statement(
    """
    SELECT c.id, a.id IS NOT NULL AS answered
    FROM qingdan.publish_public_comment_v1 AS c LEFT JOIN qingdan.comment_answer AS a ON a.id = c.id
    WHERE c.period_id = :period_id AND c.id = ANY (CAST(:ids AS uuid[]))
    """
)
_ANSWER = Statement(
    """
    INSERT INTO qingdan.comment_answer (id, period_id, outcome, answer, answered_by, answered_at)
    SELECT n.comment_id, :period_id, n.outcome, n.answer, :actor, :now
    FROM jsonb_to_recordset(CAST(:answers AS jsonb)) AS n(comment_id uuid, outcome text, answer text)
    """
)
_PAGE = Statement(
    """
    SELECT c.id, c.said_by, c.text, c.received_at, a.outcome, a.answer, a.answered_by, a.answered_at
    FROM qingdan.publish_public_comment_v1 AS c
    JOIN qingdan.comment_period AS p ON p.id = c.period_id
    LEFT JOIN qingdan.comment_answer AS a ON a.id = c.id
    WHERE p.adjustment_id = :adjustment_id
      AND (CAST(:waiting AS boolean) IS NULL OR CAST(:waiting AS boolean) = (a.id IS NULL))
      AND (CAST(:after AS uuid) IS NULL OR c.id > CAST(:after AS uuid))
    ORDER BY c.id LIMIT :limit
    """
)
_SUMMARISE = Statement(
    """
    UPDATE qingdan.comment_period
    SET summary = :summary, outcome = :outcome, summarised_at = :now, summarised_by = :actor
    WHERE id = :id
    """
)


async def period(connection: AsyncConnection, period_id: UUID) -> Row | None:
    """A period with the counts of its comments; None where none was opened."""
    return await _PERIOD.row(connection, {"id": period_id})


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The periods of an adjustment, one for each submission that came so far."""
    return await _OF_ADJUSTMENT.rows(connection, {"adjustment_id": adjustment_id})


async def open_period(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Open a period."""
    await _OPEN.rows(connection, {**values, "documents": orjson.dumps(values["documents"]).decode()})


async def concerned(connection: AsyncConnection, period_id: UUID, ids: Sequence[UUID]) -> dict[UUID, bool]:
    """The comments of the period among `ids`, and whether they have been answered."""
    rows = await _CONCERNED.rows(connection, {"period_id": period_id, "ids": list(ids)})
    return {row.id: row.answered for row in rows}


async def answer(
    connection: AsyncConnection, period_id: UUID, answers: Sequence[dict[str, Any]], *, actor: str, now: datetime
) -> None:
    """Keep answers: comment_id, outcome, answer."""
    given = orjson.dumps(list(answers), default=str).decode()
    await _ANSWER.rows(connection, {"period_id": period_id, "answers": given, "actor": actor, "now": now})


async def page(
    connection: AsyncConnection, adjustment_id: UUID, *, waiting: bool | None, after: UUID | None, limit: int
) -> list[Row]:
    """Comments on an adjustment with their answers, the oldest first."""
    return await _PAGE.rows(
        connection, {"adjustment_id": adjustment_id, "waiting": waiting, "after": after, "limit": limit}
    )


async def summarise(
    connection: AsyncConnection, period_id: UUID, *, outcome: str, summary: str, actor: str, now: datetime
) -> None:
    """Keep the summary: from now on it and all answers are public."""
    given = {"id": period_id, "outcome": outcome, "summary": summary, "actor": actor, "now": now}
    await _SUMMARISE.rows(connection, given)
