"""SQL of suspensions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ADD = Statement(
    """
    INSERT INTO qingdan.suspension (id, adjustment_id, reason, decision, suspended_by, suspended_at)
    VALUES (:id, :adjustment_id, :reason, CAST(:decision AS jsonb), :suspended_by, :suspended_at)
    """
)
_END = Statement(
    """
    UPDATE qingdan.suspension SET resumption = :reason, resumed_by = :actor, resumed_at = :now
    WHERE adjustment_id = :adjustment_id AND resumed_at IS NULL
    RETURNING suspended_at
    """
)
_OF = Statement(
    """
    SELECT id, reason, decision, suspended_by, suspended_at, resumption, resumed_by, resumed_at
    FROM qingdan.suspension WHERE adjustment_id = :adjustment_id ORDER BY suspended_at, id
    """
)
# The public has all its days: those of the suspension come on top, unless the period was over before.
_LENGTHEN = Statement(
    """
    UPDATE qingdan.comment_period AS p
    SET closes_at = p.closes_at + make_interval(days => CAST(
        (CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date
        - (CAST(:since AS timestamptz) AT TIME ZONE 'Asia/Shanghai')::date AS int))
    FROM qingdan.review_step AS s
    WHERE s.id = p.id AND s.state = 'open' AND p.adjustment_id = :adjustment_id AND p.closes_at > :since
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep that an adjustment rests from now on."""
    decision = values["decision"]
    stored = None if decision is None else orjson.dumps(decision).decode()
    await _ADD.rows(connection, {**values, "decision": stored})


async def end(connection: AsyncConnection, adjustment_id: UUID, *, reason: str, actor: str, now: datetime) -> datetime:
    """Note that it goes on; returns since when it rested."""
    since: datetime = await _END.value(
        connection, {"adjustment_id": adjustment_id, "reason": reason, "actor": actor, "now": now}
    )
    return since


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[Row]:
    """The times an adjustment rested, the first one first."""
    return await _OF.rows(connection, {"adjustment_id": adjustment_id})


async def lengthen_comment_period(
    connection: AsyncConnection, adjustment_id: UUID, *, since: datetime, now: datetime
) -> None:
    """Give the public the days that were lost since then."""
    await _LENGTHEN.rows(connection, {"adjustment_id": adjustment_id, "since": since, "now": now})
