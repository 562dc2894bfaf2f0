"""Positions of consumers: where each stands, and the lease that lets one worker at a time move it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.ledger import consumer


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


# One statement, so that head and events come from one snapshot. Constant text: it is run for every ring of the bell.
_LOOK = text(
    """
    SELECT c.position AS mine, h.position AS head,
           (SELECT e.position FROM qingdan.event AS e
            WHERE e.position > greatest(c.position, :seen) AND e.position <= h.position
              AND e.type = ANY (CAST(:types AS text[])) ORDER BY e.position LIMIT 1) AS wanted
    FROM qingdan.log_head AS h
    LEFT JOIN qingdan.consumer AS c ON c.name = :name AND c.state = 'running'
    """
)
_LEASE = text("SELECT position FROM qingdan.consumer WHERE name = :name AND state = 'running' FOR UPDATE SKIP LOCKED")
_MOVE = text("UPDATE qingdan.consumer SET position = :position, updated_at = clock_timestamp() WHERE name = :name")
_SETTLE = text(
    "UPDATE qingdan.consumer SET position = :seen, updated_at = clock_timestamp()"
    " WHERE name = :name AND state = 'running' AND position < :seen"
)


async def look(connection: AsyncConnection, name: str, types: Collection[str], seen: int = 0) -> Look:
    """Whether there is anything to do: events of `types` after the stored position and after `seen`."""
    row = (await connection.execute(_LOOK, {"name": name, "types": sorted(types), "seen": seen})).one()
    return Look(row.mine, int(row.head), row.wanted)


async def settle(connection: AsyncConnection, name: str, seen: int) -> None:
    """Store that there is nothing for the consumer up to `seen`; another worker's further position stays."""
    await connection.execute(_SETTLE, {"name": name, "seen": seen})


async def lease(connection: AsyncConnection, name: str) -> int | None:
    """Lock the consumer's row for this transaction; None when another worker has it or it is stopped."""
    found = (await connection.execute(_LEASE, {"name": name})).scalar_one_or_none()
    return None if found is None else int(found)


async def move(connection: AsyncConnection, name: str, position: int) -> None:
    """Remember how far the consumer is, with the effect it had."""
    await connection.execute(_MOVE, {"name": name, "position": position})


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
