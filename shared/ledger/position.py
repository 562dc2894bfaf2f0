"""Positions of consumers: where each stands, and the lease that lets one worker at a time move it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.envelope import Event
from shared.ledger.reading import COLUMNS, as_event
from shared.schema.ledger import consumer
from shared.statement import Statement


async def register(connection: AsyncConnection, names: Sequence[str], service: str) -> None:
    """Declare consumers; a new one begins at the start of the log, so no event is missed."""
    if names:
        rows = [{"name": name, "service": service, "position": 0} for name in names]
        await connection.execute(insert(consumer).values(rows).on_conflict_do_nothing())


@dataclass(frozen=True)
class Look:
    """What a consumer sees without any lock.

    Attributes
    ----------
    mine : its stored position; None when it is stopped or unknown.
    head : the last position of the log.
    wanted : the first event of its types it has not taken; None when there is none.
    """

    mine: int | None
    head: int
    wanted: int | None


@dataclass(frozen=True)
class Batch:
    """What a consumer that has its lease is to work on.

    Attributes
    ----------
    mine : its position.
    head : the last position of the log.
    events : of its types, after its position and in order, at most as many as were asked for.
    holds : True when it holds items back.
    """

    mine: int
    head: int
    events: list[Event]
    holds: bool


# One statement, so that head and events come from one snapshot.
_LOOK = Statement(
    """
    SELECT c.position AS mine, h.position AS head,
           (SELECT e.position FROM qingdan.event AS e
            WHERE e.position > greatest(c.position, :seen) AND e.position <= h.position
              AND e.type = ANY (CAST(:types AS text[])) ORDER BY e.position LIMIT 1) AS wanted
    FROM qingdan.log_head AS h
    LEFT JOIN qingdan.consumer AS c ON c.name = :name AND c.state = 'running'
    """
)
_EVENTS = """SELECT * FROM qingdan.event AS e
        WHERE e.position > m.position AND e.position <= h.position AND e.type = ANY (CAST(:types AS text[]))
        ORDER BY e.position LIMIT :limit"""
# As many events as have begun before so many entries were told of; at least one.
_BOUNDED = f"""SELECT * FROM (
            SELECT e.*, sum(cardinality(e.item_ids)) OVER (ORDER BY e.position) - cardinality(e.item_ids) AS before
            FROM ({_EVENTS}) AS e
        ) AS e WHERE e.before < :entries"""


# Lease and batch at once. What the lock waited for may be newer than the snapshot the rest is read from: then `stale`
# says so and the statement is repeated under the lock.
def _take(events: str) -> Statement:
    return Statement(
        f"""
        WITH mine AS MATERIALIZED (
            SELECT position, updated_at FROM qingdan.consumer WHERE name = :name AND state = 'running'
            FOR UPDATE SKIP LOCKED
        )
        SELECT m.position AS mine, h.position AS head, c.updated_at <> m.updated_at AS stale,
               EXISTS (SELECT FROM qingdan.parked AS p WHERE p.consumer = :name) AS holds,
               {", ".join(f"e.{column}" for column in COLUMNS)}
        FROM mine AS m CROSS JOIN qingdan.log_head AS h JOIN qingdan.consumer AS c ON c.name = :name
        LEFT JOIN LATERAL ({events}) AS e ON true
        ORDER BY e.position
        """
    )


_TAKE, _TAKE_BOUNDED = _take(_EVENTS), _take(_BOUNDED)
_LEASE = Statement(
    "SELECT position FROM qingdan.consumer WHERE name = :name AND state = 'running' FOR UPDATE SKIP LOCKED"
)
_MOVE = Statement("UPDATE qingdan.consumer SET position = :position, updated_at = clock_timestamp() WHERE name = :name")
_SETTLE = Statement(
    "UPDATE qingdan.consumer SET position = :seen, updated_at = clock_timestamp()"
    " WHERE name = :name AND state = 'running' AND position < :seen"
)
_LEADING = 4  # columns before those of the event


async def look(connection: AsyncConnection, name: str, types: Collection[str], seen: int = 0) -> Look:
    """Whether there is anything to do: events of `types` after the stored position and after `seen`."""
    (row,) = await _LOOK.rows(connection, {"name": name, "types": sorted(types), "seen": seen})
    return Look(row.mine, int(row.head), row.wanted)


async def take(
    connection: AsyncConnection, name: str, types: Collection[str], limit: int, entries: int | None = None
) -> Batch | None:
    """Lock the consumer's row for this transaction and read what it is to work on.

    `entries`: no further event once those before tell of so many. None when another worker has it or it is stopped.
    """
    given: dict[str, Any] = {"name": name, "types": sorted(types), "limit": limit}
    statement = _TAKE
    if entries is not None:
        statement, given["entries"] = _TAKE_BOUNDED, entries
    rows = await statement.rows(connection, given)
    if rows and rows[0].stale:
        rows = await statement.rows(connection, given)
    if not rows:
        return None
    events = [as_event(row, _LEADING) for row in rows if row.id is not None]
    return Batch(int(rows[0].mine), int(rows[0].head), events, bool(rows[0].holds))


async def settle(connection: AsyncConnection, name: str, seen: int) -> None:
    """Store that there is nothing for the consumer up to `seen`; another worker's further position stays."""
    await _SETTLE.rows(connection, {"name": name, "seen": seen})


async def lease(connection: AsyncConnection, name: str) -> int | None:
    """Lock the consumer's row for this transaction; None when another worker has it or it is stopped."""
    found = await _LEASE.value(connection, {"name": name})
    return None if found is None else int(found)


async def move(connection: AsyncConnection, name: str, position: int) -> None:
    """Remember how far the consumer is, with the effect it had."""
    await _MOVE.rows(connection, {"name": name, "position": position})


async def stop(connection: AsyncConnection, name: str, because: str) -> None:
    """Stop a consumer until an operator starts it again; its position stays, so nothing is skipped."""
    await connection.execute(
        update(consumer).where(consumer.c.name == name).values(state="stopped", stopped_because=because)
    )


async def resume(connection: AsyncConnection, name: str) -> None:
    """Let a stopped consumer go on from where it stands."""
    await connection.execute(
        update(consumer).where(consumer.c.name == name).values(state="running", stopped_because=None)
    )
