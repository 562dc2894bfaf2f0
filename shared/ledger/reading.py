"""Reading the log: events in order, as the dataclass consumers work with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.append import MOST_EVENTS
from shared.ledger.envelope import Event
from shared.schema.ledger import event
from shared.statement import Statement

_REST = Statement(
    f"""
    SELECT {", ".join(f"e.{column.name}" for column in event.c)} FROM qingdan.event AS e
    WHERE e.position > :after AND e.position <= :after + :most AND e.type = ANY (CAST(:types AS text[]))
      AND e.xmin = (SELECT l.xmin FROM qingdan.event AS l WHERE l.position = :after)
    ORDER BY e.position
    """
)

# Of an event, in the order `as_event` takes them.
COLUMNS = tuple(column.name for column in event.c)


async def read_events_of(
    connection: AsyncConnection, items: Sequence[UUID], *, after: int, until: int, types: Iterable[str]
) -> list[Event]:
    """Events that concern any of the items (or are themselves named), with after < position <= until."""
    given = cast(list(items), ARRAY(Uuid))  # one parameter, however many they are
    rows = await connection.execute(
        select(event)
        .where(
            event.c.position > after,
            event.c.position <= until,
            event.c.type.in_(list(types)),
            or_(event.c.item_ids.op("&&")(given), event.c.id == any_(given)),
        )
        .order_by(event.c.position)
    )
    return [as_event(row) for row in rows]


async def rest_of_transaction(connection: AsyncConnection, after: int, types: Iterable[str]) -> list[Event]:
    """Events of some types that follow the one at `after` and were appended by its transaction.

    In a log that was restored all rows may bear one transaction: never more than a transaction can hold are taken.
    """
    rows = await _REST.rows(connection, {"after": after, "most": MOST_EVENTS, "types": list(types)})
    return [as_event(row) for row in rows]


def as_event(row: Any, leading: int = 0) -> Event:
    """A row with the columns of the log, after `leading` others, as the dataclass consumers work with."""
    return Event(**dict(zip(COLUMNS, row[leading:], strict=True)))
