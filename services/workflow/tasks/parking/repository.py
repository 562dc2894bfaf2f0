"""SQL of parked tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_MOVE = Statement(
    """
    UPDATE qingdan.task AS t
    SET state = :after, version = t.version + 1,
        history = t.history || jsonb_build_object('at', CAST(:now AS timestamptz), 'act', CAST(:act AS text), 'by',
            CAST(:actor AS text), 'to', NULL, 'reason', CAST(:reason AS text))
    WHERE t.adjustment_id = :adjustment_id AND t.state = :before AND t.kind = ANY(CAST(:kinds AS text[]))
    RETURNING t.id, t.kind
    """
)
# What an adjustment waits for people to do before it is decided.
KINDS = ("review", "dispute")


async def park(
    connection: AsyncConnection, adjustment_id: UUID, *, reason: str, actor: str, now: datetime
) -> list[Row]:
    """Take the open tasks of an adjustment out of the inboxes: id, kind."""
    given = {"before": "open", "after": "parked", "act": "parked"}
    return await _move(connection, adjustment_id, given, reason=reason, actor=actor, now=now)


async def unpark(
    connection: AsyncConnection, adjustment_id: UUID, *, reason: str, actor: str, now: datetime
) -> list[Row]:
    """Put them back, with whoever had them: id, kind."""
    given = {"before": "parked", "after": "open", "act": "resumed"}
    return await _move(connection, adjustment_id, given, reason=reason, actor=actor, now=now)


async def _move(
    connection: AsyncConnection, adjustment_id: UUID, given: dict[str, str], *, reason: str, actor: str, now: datetime
) -> list[Row]:
    known = {"adjustment_id": adjustment_id, "kinds": list(KINDS), "reason": reason, "actor": actor, "now": now}
    return await _MOVE.rows(connection, given | known)
