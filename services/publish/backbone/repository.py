"""SQL of the backbone: one row says how far the stream is; the feed is read with what may be seen of it now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.backbone.rules import Known
from services.publish.portal.repository import FED
from shared.statement import Row, Statement

# A lock of the session: two workers never write beside one another, and it is free when its process is gone.
_LEASE = Statement("SELECT pg_try_advisory_lock(hashtextextended('publish/backbone/' || CAST(:stream AS text), 0))")
_RELEASE = Statement("SELECT pg_advisory_unlock(hashtextextended('publish/backbone/' || CAST(:stream AS text), 0))")
_BEGIN = Statement(
    """
    INSERT INTO qingdan.backbone_progress (stream, epoch, begun_epoch)
    SELECT CAST(:stream AS text), h.epoch, h.epoch FROM qingdan.log_head AS h
    ON CONFLICT (stream) DO NOTHING
    """
)
_KNOWN = Statement(
    """
    SELECT b.position, b.epoch, b.begun_epoch, h.epoch AS log_epoch
    FROM qingdan.backbone_progress AS b CROSS JOIN qingdan.log_head AS h WHERE b.stream = :stream
    """
)
_MOVE = Statement(
    """
    UPDATE qingdan.backbone_progress
    SET position = :position, epoch = :epoch, begun_epoch = :begun, last_success_at = :now, failures = 0,
        last_error = NULL
    WHERE stream = :stream
    """
)
_CHECKED = Statement("UPDATE qingdan.backbone_progress SET problems = CAST(:problems AS text[]) WHERE stream = :stream")
_FAILED = Statement(
    """
    UPDATE qingdan.backbone_progress SET failed_at = :now, last_error = :error, failures = failures + 1
    WHERE stream = :stream
    """
)
_ENTRIES = Statement(
    FED.format(entries="SELECT * FROM qingdan.feed_entry WHERE sequence > :after ORDER BY sequence LIMIT :limit")
)
_PURGED = Statement(
    "SELECT DISTINCT list_id FROM qingdan.list_revision WHERE list_id = ANY (CAST(:lists AS uuid[])) AND purged > 0"
)
_HEAD = Statement("SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry")


async def lease(connection: AsyncConnection, stream: str) -> bool:
    """Become the one who writes, until `release` or the end of the connection; False when somebody else is."""
    return bool(await _LEASE.value(connection, {"stream": stream}))


async def release(connection: AsyncConnection, stream: str) -> None:
    """Let somebody else write."""
    await _RELEASE.rows(connection, {"stream": stream})


async def known(connection: AsyncConnection, stream: str) -> Known:
    """How far the stream is; a stream that is new here begins with nothing written."""
    await _BEGIN.rows(connection, {"stream": stream})
    (row,) = await _KNOWN.rows(connection, {"stream": stream})
    return Known(**row)


async def move(connection: AsyncConnection, stream: str, at: Known, now: datetime) -> None:
    """Keep how far the stream is."""
    given = {"stream": stream, "position": at.position, "epoch": at.log_epoch, "begun": at.begun_epoch, "now": now}
    await _MOVE.rows(connection, given)


async def note_problems(connection: AsyncConnection, stream: str, problems: Sequence[str]) -> None:
    """Keep what of the stream is not as it should be."""
    await _CHECKED.rows(connection, {"stream": stream, "problems": list(problems)})


async def note_failure(connection: AsyncConnection, stream: str, error: str, now: datetime) -> None:
    """Keep why the stream could not be written."""
    await _BEGIN.rows(connection, {"stream": stream})
    await _FAILED.rows(connection, {"stream": stream, "error": error, "now": now})


async def entries(connection: AsyncConnection, after: int, limit: int) -> list[Row]:
    """The next entries of the feed with what may be seen of them now."""
    return await _ENTRIES.rows(connection, {"after": after, "limit": limit})


async def purged(connection: AsyncConnection, lists: Collection[UUID]) -> set[UUID]:
    """Those of the lists of which something was taken out of earlier revisions."""
    return set(await _PURGED.values(connection, {"lists": sorted(lists)}))


async def head(connection: AsyncConnection) -> int:
    """The last number of the feed."""
    return int(await _HEAD.value(connection))
