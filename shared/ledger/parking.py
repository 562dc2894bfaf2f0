"""Parked items: what a consumer could not digest, kept with cause and remedy until somebody releases it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.failure import Failure
from shared.schema.ledger import parked

# More within a minute is not bad data any more, it is a bad release or a bad import: stop and ring the alarm.
# What is counted are events that failed: one event may hold back a thousand items.
MOST_PER_MINUTE = 100
# Waits behind another one; no sign of anything general.
HELD_BEHIND = "held_behind"


class TooManyParked(RuntimeError):
    """A consumer parked so many events that it must stop until an operator has looked."""


async def held_items(connection: AsyncConnection, consumer: str) -> set[UUID]:
    """Ids of the items the consumer holds back."""
    rows = await connection.execute(select(parked.c.item_id).where(parked.c.consumer == consumer))
    return set(rows.scalars())


async def park(
    connection: AsyncConnection,
    consumer: str,
    service: str,
    items: Sequence[UUID],
    position: int,
    failure: Failure,
) -> None:
    """Hold items back, in the consumer's own transaction; the first position of an item stays."""
    rows = [
        {
            "consumer": consumer,
            "item_id": item,
            "service": service,
            "first_position": position,
            "error_code": failure.code,
            "error": failure.message,
            "remedy": failure.remedy,
        }
        for item in items
    ]
    await connection.execute(insert(parked).values(rows).on_conflict_do_nothing())
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
            f" the last one, at position {position}: {failure.code}: {failure.message}"
        )


async def release(connection: AsyncConnection, consumer: str, items: Sequence[UUID]) -> list[tuple[UUID, int]]:
    """Take items out of the park; returns (item, first position) of those that were in it."""
    rows = await connection.execute(
        delete(parked)
        .where(parked.c.consumer == consumer, parked.c.item_id.in_(list(items)))
        .returning(parked.c.item_id, parked.c.first_position)
    )
    return [(row.item_id, row.first_position) for row in rows]
