"""SQL of parking: out of the window into a list of its own, and back. Under the matcher's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Out of the window without having been delivered: fewer were queued. Senders take in the window anew.
_PARK = Statement(
    """
    WITH gone AS (
        DELETE FROM qingdan.delivery
        WHERE subscription_id = :subscription AND sequence = :sequence AND feed_sequence > 0
          AND (NOT CAST(:only_well AS boolean) OR EXISTS (
              SELECT FROM qingdan.subscription_sending AS d
              WHERE d.subscription_id = :subscription AND d.delivered_at > queued_at))
        RETURNING subscription_id, sequence, feed_sequence, attempts, error
    ), moved AS (
        UPDATE qingdan.subscription_cursor AS c SET queued = c.queued - 1, generation = c.generation + 1
        FROM gone AS g WHERE g.subscription_id = c.subscription_id
    )
    INSERT INTO qingdan.parked_delivery
        (subscription_id, sequence, feed_sequence, attempts, error, parked_by, parked_at)
    SELECT g.subscription_id, g.sequence, g.feed_sequence, g.attempts, coalesce(CAST(:error AS text), g.error), :actor,
           :now
    FROM gone AS g
    ON CONFLICT (subscription_id, sequence) DO UPDATE SET attempts = excluded.attempts, error = excluded.error,
        parked_by = excluded.parked_by, parked_at = excluded.parked_at
    RETURNING sequence
    """
)
_IS_OUTSTANDING = Statement(
    "SELECT sequence FROM qingdan.delivery WHERE subscription_id = :subscription AND sequence = :sequence"
)
_PAGE = Statement(
    """
    SELECT sequence, attempts, error, parked_by, parked_at FROM qingdan.parked_delivery
    WHERE subscription_id = :subscription AND sequence > :after ORDER BY sequence LIMIT :limit
    """
)
_DROP = Statement(
    """
    DELETE FROM qingdan.parked_delivery
    WHERE subscription_id = :subscription AND sequence = ANY (CAST(:sequences AS bigint[])) RETURNING sequence
    """
)


async def park(
    connection: AsyncConnection, subscription_id: UUID, sequence: int, *, error: str | None, actor: str, now: datetime,
    only_well: bool = False,
) -> bool:  # fmt: skip
    """Put a delivery aside; False when it is not outstanding, or a notice of the subscription itself.

    `only_well`: only where the endpoint has taken something since this was queued; else False as well.
    """
    given = {"subscription": subscription_id, "sequence": sequence, "error": error, "actor": actor, "now": now,
             "only_well": only_well}  # fmt: skip
    return bool(await _PARK.rows(connection, given))


async def is_outstanding(connection: AsyncConnection, subscription_id: UUID, sequence: int) -> bool:
    """Whether a number is still to be acknowledged."""
    return bool(await _IS_OUTSTANDING.values(connection, {"subscription": subscription_id, "sequence": sequence}))


async def page(connection: AsyncConnection, subscription_id: UUID, *, after: int, limit: int) -> list[Row]:
    """What was put aside, by number."""
    return await _PAGE.rows(connection, {"subscription": subscription_id, "after": after, "limit": limit})


async def drop(connection: AsyncConnection, subscription_id: UUID, sequences: Sequence[int]) -> list[int]:
    """Take numbers off the list; those that were on it."""
    given = {"subscription": subscription_id, "sequences": list(sequences)}
    return [int(number) for number in await _DROP.values(connection, given)]
