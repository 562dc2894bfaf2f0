"""Parked items: what a consumer could not digest, kept with cause and remedy until somebody releases it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.failure import Failure
from shared.schema.ledger import parked
from shared.statement import Statement

# More within a minute is not bad data any more, it is a bad release or a bad import: stop and ring the alarm.
# What is counted are events that failed: one event may hold back a thousand items.
MOST_PER_MINUTE = 100
# Waits behind another one; no sign of anything general.
HELD_BEHIND = "held_behind"


_PARK = Statement(
    """
    INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)
    SELECT :consumer, g.item_id, :service, g.position, :code, :error, :remedy
    FROM unnest(CAST(:items AS uuid[]), CAST(:positions AS bigint[])) AS g (item_id, position)
    ON CONFLICT DO NOTHING
    """
)
_RELEASE = Statement("DELETE FROM qingdan.parked WHERE consumer = :consumer AND item_id = ANY (CAST(:items AS uuid[]))")


class TooManyParked(RuntimeError):
    """A consumer parked so many events that it must stop until an operator has looked."""


async def held_items(connection: AsyncConnection, consumer: str) -> set[UUID]:
    """Ids of the items the consumer holds back."""
    rows = await connection.execute(select(parked.c.item_id).where(parked.c.consumer == consumer))
    return set(rows.scalars())


async def first_positions(connection: AsyncConnection, consumer: str) -> dict[UUID, int]:
    """The items the consumer holds back, each with the position from which on it does."""
    rows = await connection.execute(
        select(parked.c.item_id, parked.c.first_position).where(parked.c.consumer == consumer)
    )
    return {row.item_id: row.first_position for row in rows}


async def park(
    connection: AsyncConnection, consumer: str, service: str, held: Mapping[UUID, int], failure: Failure
) -> None:
    """Hold items back, each from a position on, in the consumer's own transaction; the first position of one stays.

    Raises
    ------
    TooManyParked
        Over 100 events that failed within a minute; what waits behind others does not count.
    """
    given = {
        "consumer": consumer, "service": service, "items": list(held), "positions": list(held.values()),
        "code": failure.code, "error": failure.message, "remedy": failure.remedy,
    }  # fmt: skip
    await _PARK.rows(connection, given)
    if failure.code == HELD_BEHIND:
        return
    recent = await connection.execute(
        select(func.count(func.distinct(parked.c.first_position))).where(
            parked.c.consumer == consumer,
            parked.c.error_code != HELD_BEHIND,
            parked.c.parked_at > func.now() - text("interval '1 minute'"),
        )
    )
    if int(recent.scalar_one()) > MOST_PER_MINUTE:
        raise TooManyParked(
            f"more than {MOST_PER_MINUTE} events parked within a minute;"
            f" the last one, at position {min(held.values())}: {failure.code}: {failure.message}"
        )


async def release(connection: AsyncConnection, consumer: str, items: Sequence[UUID]) -> None:
    """Take items out of the park."""
    await _RELEASE.rows(connection, {"consumer": consumer, "items": list(items)})
