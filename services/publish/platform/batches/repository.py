"""SQL of batches: made, sent, postponed. The rows of a peer change under the lock of its `peer_progress` only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.platform.rules import Queued
from shared.statement import Row, Statement

_OPEN_SECONDS = Statement(
    "SELECT extract(epoch FROM CAST(:now AS timestamptz) - made_at)"
    " FROM qingdan.peer_batch WHERE peer_id = :peer AND state = 'open'"
)
_OPEN_BATCH = Statement(
    """
    SELECT number, attempts, undecided, resend_at <= clock_timestamp() AS due
    FROM qingdan.peer_batch WHERE peer_id = :peer AND state = 'open'
    """
)
_MAKE_BATCH = Statement(
    """
    WITH chosen AS MATERIALIZED (
        SELECT item_id, task_version FROM qingdan.peer_row
        WHERE peer_id = :peer AND state = 'waiting' ORDER BY sequence, item_id LIMIT :size
    ), sending AS (
        UPDATE qingdan.peer_row AS p SET state = 'sending', batch = :number
        FROM chosen AS c WHERE p.peer_id = :peer AND p.item_id = c.item_id AND p.task_version = c.task_version
        RETURNING 1
    )
    INSERT INTO qingdan.peer_batch (peer_id, number, row_count)
    SELECT :peer, :number, count(*) FROM sending HAVING count(*) > 0
    RETURNING row_count
    """
)
_ATTEMPT = Statement(
    """
    UPDATE qingdan.peer_batch
    SET attempts = attempts + 1, resend_at = clock_timestamp() + make_interval(secs => CAST(:seconds AS float8))
    WHERE peer_id = :peer AND number = :number AND state = 'open'
    """
)
_FREE = Statement(
    "UPDATE qingdan.peer_batch SET resend_at = clock_timestamp()"
    " WHERE peer_id = :peer AND number = :number AND state = 'open'"
)
_POSTPONE = Statement(
    "UPDATE qingdan.peer_batch"
    " SET resend_at = clock_timestamp() + make_interval(secs => CAST(:seconds AS float8)), attempts = 0,"
    " undecided = true"
    " WHERE peer_id = :peer AND number = :number AND state = 'open'"
)
_QUEUED = Statement(
    """
    SELECT k.item_id, k.task_version, k.row_guid, k.operation, p.body, e.table_name
    FROM qingdan.peer_row AS k
    LEFT JOIN LATERAL (
        SELECT h.table_name FROM qingdan.peer_row AS h
        WHERE h.peer_id = k.peer_id AND h.item_id = k.item_id AND h.task_version < k.task_version
          AND h.table_name IS NOT NULL
        ORDER BY h.task_version DESC LIMIT 1
    ) AS e ON true
    LEFT JOIN qingdan.published_item AS p
      ON p.list_id = k.list_id AND p.item_id = k.item_id AND p.to_revision IS NULL
    WHERE k.peer_id = :peer AND k.batch = :number AND k.state = 'sending' ORDER BY k.sequence, k.item_id
    """
)


async def open_batch(connection: AsyncConnection, peer: UUID) -> Row | None:
    """The batch without an answer, if there is one: (number, attempts, undecided, due)."""
    return await _OPEN_BATCH.row(connection, {"peer": peer})


async def open_seconds(connection: AsyncConnection, peer: UUID, now: datetime) -> float:
    """How long the batch without an answer is open; 0 without one."""
    return float(await _OPEN_SECONDS.value(connection, {"peer": peer, "now": now}) or 0.0)


async def make_batch(connection: AsyncConnection, peer: UUID, number: str, size: int) -> int:
    """Put up to `size` waiting rows into a batch, the oldest first; how many."""
    return int(await _MAKE_BATCH.value(connection, {"peer": peer, "number": number, "size": size}) or 0)


async def note_attempt(connection: AsyncConnection, peer: UUID, number: str, seconds: float) -> None:
    """The batch goes out: for so long nobody else sends it."""
    await _ATTEMPT.rows(connection, {"peer": peer, "number": number, "seconds": seconds})


async def free_batch(connection: AsyncConnection, peer: UUID, number: str) -> None:
    """Nobody waits for the answer any more."""
    await _FREE.rows(connection, {"peer": peer, "number": number})


async def postpone_batch(connection: AsyncConnection, peer: UUID, number: str, seconds: float) -> None:
    """The platform decides later: the batch is sent again, to be asked for, after so many seconds."""
    await _POSTPONE.rows(connection, {"peer": peer, "number": number, "seconds": seconds})


async def queued(connection: AsyncConnection, peer: UUID, number: str) -> list[Queued]:
    """The rows of a batch that have no verdict yet, with what the public sees of their items now."""
    rows = await _QUEUED.rows(connection, {"peer": peer, "number": number})
    return [
        Queued(
            row.item_id,
            row.task_version,
            row.row_guid,
            row.operation,
            orjson.loads(row.body) if row.body else None,
            row.table_name,
        )
        for row in rows
    ]
