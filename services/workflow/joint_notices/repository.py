"""SQL of notices and replies. A reply has the id of its task; until when it is in time says the task's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ADD = Statement(
    """
    WITH given AS (
        INSERT INTO qingdan.joint_notice (id, adjustment_id, organ_id, content, organ_ids, limit_days, given_by,
                                          given_at)
        VALUES (:id, :adjustment_id, :organ_id, :content, CAST(:organ_ids AS uuid[]), :limit_days, :given_by,
                :given_at)
        RETURNING id
    )
    INSERT INTO qingdan.joint_reply (id, notice_id, organ_id)
    SELECT r.id, g.id, r.organ_id
    FROM given AS g
    CROSS JOIN unnest(CAST(:reply_ids AS uuid[]), CAST(:organ_ids AS uuid[])) AS r (id, organ_id)
    """
)
_FIND = Statement("SELECT id, adjustment_id FROM qingdan.joint_notice WHERE id = :id")
_OF = Statement(
    """
    SELECT id, organ_id, content, limit_days, given_by, given_at
    FROM qingdan.joint_notice WHERE adjustment_id = :adjustment_id ORDER BY id
    """
)
_REPLIES = Statement(
    """
    SELECT r.id, r.notice_id, r.organ_id, r.outcome, r.opinion, r.replied_by, r.replied_at, c.due_at,
           coalesce(r.replied_at > c.due_at, false) AS late
    FROM qingdan.joint_reply AS r
    JOIN qingdan.joint_notice AS n ON n.id = r.notice_id
    JOIN qingdan.clock AS c ON c.id = r.id
    WHERE n.adjustment_id = :adjustment_id ORDER BY r.notice_id, r.id
    """
)
_ANSWER = Statement(
    """
    UPDATE qingdan.joint_reply
    SET outcome = :outcome, opinion = CAST(:opinion AS text), replied_by = :actor, replied_at = :now
    WHERE id = :id
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any], reply_ids: Sequence[UUID]) -> None:
    """Keep a notice, and that a reply is awaited of each organ."""
    await _ADD.rows(connection, {**values, "reply_ids": list(reply_ids)})


async def find(connection: AsyncConnection, notice_id: UUID) -> Row | None:
    """One notice: id, adjustment_id."""
    return await _FIND.row(connection, {"id": notice_id})


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The notices of an adjustment, the first one first."""
    return await _OF.rows(connection, {"adjustment_id": adjustment_id})


async def replies(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The replies to all of them, with until when each is in time."""
    return await _REPLIES.rows(connection, {"adjustment_id": adjustment_id})


async def answer(
    connection: AsyncConnection, reply_id: UUID, *, outcome: str, opinion: str | None, actor: str, now: datetime
) -> None:
    """Keep an answer."""
    given = {"id": reply_id, "outcome": outcome, "opinion": opinion, "actor": actor, "now": now}
    await _ANSWER.rows(connection, given)
