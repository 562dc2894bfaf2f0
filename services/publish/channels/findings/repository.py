"""SQL of the findings about channels; one of a reason is open for a channel and list at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identifiers import new_id
from shared.statement import Row, Statement

_TOLD = """RETURNING id, channel_id, list_id, reason, revision,
    (SELECT c.region_code FROM qingdan.channel AS c WHERE c.id = channel_id) AS region_code"""
_UNPOSTED = Statement(
    """
    SELECT k.channel_id, k.list_id FROM qingdan.channel_copy AS k JOIN qingdan.channel AS c ON c.id = k.channel_id
    WHERE c.state = 'active' AND c.delivery = 'post' AND k.posted_revision IS DISTINCT FROM k.due_revision
      AND (CAST(:channel AS uuid) IS NULL OR c.id = CAST(:channel AS uuid))
      AND (CAST(:lists AS uuid[]) IS NULL OR k.list_id = ANY (CAST(:lists AS uuid[])))
      AND NOT EXISTS (SELECT FROM qingdan.channel_finding AS f
                      WHERE f.channel_id = k.channel_id AND f.list_id = k.list_id AND f.reason = 'to_post'
                        AND f.closed_at IS NULL)
    ORDER BY k.channel_id, k.list_id
    """
)
_OPEN = Statement(
    f"""
    INSERT INTO qingdan.channel_finding (id, channel_id, list_id, reason, revision, opened_at, due_at)
    SELECT n.id, n.channel_id, n.list_id, :reason, k.due_revision, :now,
           CASE WHEN CAST(:reason AS text) = 'to_post' THEN k.until ELSE CAST(:due_at AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:channels AS uuid[]), CAST(:lists AS uuid[])) AS n (id, channel_id, list_id)
    JOIN qingdan.channel_copy AS k ON k.channel_id = n.channel_id AND k.list_id = n.list_id
    ON CONFLICT (channel_id, list_id, reason) WHERE closed_at IS NULL DO NOTHING
    {_TOLD}
    """
)
_CLOSE = Statement(
    f"""
    UPDATE qingdan.channel_finding AS f SET closed_at = :now
    WHERE f.channel_id = :channel AND f.closed_at IS NULL
      AND (CAST(:list AS uuid) IS NULL OR f.list_id = CAST(:list AS uuid))
      AND (CAST(:reason AS text) IS NULL OR f.reason = CAST(:reason AS text))
    {_TOLD}
    """
)
_CLOSE_LEFT = Statement(
    f"""
    UPDATE qingdan.channel_finding AS f SET closed_at = :now
    WHERE f.channel_id = :channel AND f.closed_at IS NULL
      AND NOT EXISTS (SELECT FROM qingdan.channel_copy AS k
                      WHERE k.channel_id = f.channel_id AND k.list_id = f.list_id)
    {_TOLD}
    """
)
_FIND = Statement(
    """
    SELECT f.*, c.code, c.name, c.kind, c.region_code, c.organ_id, c.role, c.format, l.title,
           array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.channel_finding AS f
    JOIN qingdan.channel AS c ON c.id = f.channel_id
    JOIN qingdan.published_list AS l ON l.list_id = f.list_id
    JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    WHERE f.id = :id
    """
)


async def unposted(
    connection: AsyncConnection, *, lists: Sequence[UUID] | None = None, channel: UUID | None = None
) -> list[tuple[UUID, UUID]]:
    """Channel and list of what people have to post and nobody has been told of."""
    given = {"lists": list(lists) if lists is not None else None, "channel": channel}
    return [(row.channel_id, row.list_id) for row in await _UNPOSTED.rows(connection, given)]


async def open_findings(
    connection: AsyncConnection, places: Sequence[tuple[UUID, UUID]], reason: str, now: datetime, within: timedelta
) -> list[Row]:
    """Open a finding for each (channel, list) that has none of this reason.

    What is to be posted is due when its window ends, all else `within` so long.
    """
    given = {
        "ids": [new_id() for _ in places], "channels": [channel for channel, _ in places],
        "lists": [list_id for _, list_id in places], "reason": reason, "now": now, "due_at": now + within,
    }  # fmt: skip
    return await _OPEN.rows(connection, given)


async def close(
    connection: AsyncConnection, channel: UUID, now: datetime, *, list_id: UUID | None = None, reason: str | None = None
) -> list[Row]:
    """Close what is open of a channel: about one list or all, of one reason or all."""
    return await _CLOSE.rows(connection, {"channel": channel, "list": list_id, "reason": reason, "now": now})


async def close_left(connection: AsyncConnection, channel: UUID, now: datetime) -> list[Row]:
    """Close what is open about lists the channel no longer shows."""
    return await _CLOSE_LEFT.rows(connection, {"channel": channel, "now": now})


async def find(connection: AsyncConnection, finding_id: UUID) -> Row | None:
    """A finding with its channel and list."""
    return await _FIND.row(connection, {"id": finding_id})
