"""Positions of consumers: where each stands, and the lease that lets one worker at a time move it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.ledger import consumer, log_head


async def register(connection: AsyncConnection, names: Sequence[str], service: str) -> None:
    """Declare consumers; a new one begins at the start of the log, so no event is missed."""
    if names:
        rows = [{"name": name, "service": service, "position": 0} for name in names]
        await connection.execute(insert(consumer).values(rows).on_conflict_do_nothing())


async def where_and_head(connection: AsyncConnection, name: str) -> tuple[int | None, int]:
    """The consumer's position (None when it is stopped or unknown) and the head of the log, without any lock."""
    row = (
        await connection.execute(
            select(
                log_head.c.position,
                select(consumer.c.position)
                .where(consumer.c.name == name, consumer.c.state == "running")
                .scalar_subquery()
                .label("mine"),
            )
        )
    ).one()
    return row.mine, int(row.position)


async def lease(connection: AsyncConnection, name: str) -> int | None:
    """Lock the consumer's row for this transaction; None when another worker has it or it is stopped."""
    row = await connection.execute(
        select(consumer.c.position)
        .where(consumer.c.name == name, consumer.c.state == "running")
        .with_for_update(skip_locked=True)
    )
    found = row.scalar_one_or_none()
    return None if found is None else int(found)


async def move(connection: AsyncConnection, name: str, position: int) -> None:
    """Remember how far the consumer is, with the effect it had."""
    await connection.execute(
        update(consumer).where(consumer.c.name == name).values(position=position, updated_at=func.clock_timestamp())
    )


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
