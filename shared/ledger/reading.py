"""Reading the log: events in order, as the dataclass consumers work with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.envelope import Event
from shared.schema.ledger import event

# Of an event, in the order `as_event` takes them.
COLUMNS = tuple(column.name for column in event.c)


async def read_events_of(
    connection: AsyncConnection, items: Sequence[UUID], *, after: int, until: int, types: Iterable[str]
) -> list[Event]:
    """Events that concern any of the items (or are themselves named), with after < position <= until."""
    rows = await connection.execute(
        select(event)
        .where(
            event.c.position > after,
            event.c.position <= until,
            event.c.type.in_(list(types)),
            or_(event.c.item_ids.op("&&")(cast(list(items), ARRAY(Uuid))), event.c.id.in_(list(items))),
        )
        .order_by(event.c.position)
    )
    return [as_event(row) for row in rows]


def as_event(row: Any, leading: int = 0) -> Event:
    """A row with the columns of the log, after `leading` others, as the dataclass consumers work with."""
    return Event(**dict(zip(COLUMNS, row[leading:], strict=True)))
