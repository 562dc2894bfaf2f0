"""Partitions of the log and of the idempotency store: made ahead of need, retired when nobody needs them."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# 5 million events a partition: an index of it still fits in memory, and one partition is some months of a province.
EVENTS_PER_PARTITION = 5_000_000
# Log retention of at least 6 months is expected of government systems; 400 days covers a full year's audit.
RETENTION_DAYS = 400
IDEMPOTENCY_DAYS = 7


async def ensure(connection: AsyncConnection, today: date) -> None:
    """Create the partitions that will be needed next; safe to repeat. Needs the owner's rights."""
    head = int((await connection.execute(text("SELECT position FROM qingdan.log_head"))).scalar_one())
    current = head // EVENTS_PER_PARTITION
    statements = [_event_partition(number) for number in (current, current + 1)]
    statements += [_idempotency_partition(today + timedelta(days=ahead)) for ahead in range(-1, 4)]
    for statement in statements:  # bounded: seven statements of definition
        await connection.execute(text(statement))


async def retire(connection: AsyncConnection, today: date) -> list[str]:
    """Detach event partitions past retention that every consumer has left, drop old idempotency days.

    A partition that was not sealed stays attached. Returns the names of what was detached or dropped.
    """
    retired: list[str] = []
    oldest_consumer = await connection.execute(text("SELECT coalesce(min(position), 0) FROM qingdan.consumer"))
    below = int(oldest_consumer.scalar_one())
    for name in await _children(connection, "event"):  # bounded: one partition per 5 million events
        upper = (int(name.removeprefix("event_p")) + 1) * EVENTS_PER_PARTITION
        if upper <= below and await _is_older(connection, name):
            await connection.execute(text(f'ALTER TABLE qingdan.event DETACH PARTITION qingdan."{name}"'))
            retired.append(name)
    limit = f"idempotency_d{(today - timedelta(days=IDEMPOTENCY_DAYS)):%Y%m%d}"
    for name in await _children(connection, "idempotency"):  # bounded: a dozen days
        if name < limit:
            await connection.execute(text(f'DROP TABLE qingdan."{name}"'))
            retired.append(name)
    return retired


async def overview(connection: AsyncConnection) -> list[tuple[str, int]]:
    """Every partition of the log with its size in bytes."""
    rows = await connection.execute(
        text(
            "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'qingdan.event'::regclass ORDER BY c.relname"
        )
    )
    return [(row[0], int(row[1])) for row in rows]


def _event_partition(number: int) -> str:
    lower = number * EVENTS_PER_PARTITION
    return (
        f"CREATE TABLE IF NOT EXISTS qingdan.event_p{number:05d} PARTITION OF qingdan.event"
        f" FOR VALUES FROM ({lower}) TO ({lower + EVENTS_PER_PARTITION})"
    )


def _idempotency_partition(day: date) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS qingdan.idempotency_d{day:%Y%m%d} PARTITION OF qingdan.idempotency"
        f" FOR VALUES FROM ('{day:%Y-%m-%d}') TO ('{day + timedelta(days=1):%Y-%m-%d}')"
    )


async def _children(connection: AsyncConnection, parent: str) -> list[str]:
    rows = await connection.execute(
        text(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = CAST(:parent AS regclass) ORDER BY c.relname"
        ),
        {"parent": f"qingdan.{parent}"},
    )
    return list(rows.scalars())


async def _is_older(connection: AsyncConnection, name: str) -> bool:
    row = await connection.execute(
        text(
            f"SELECT coalesce(max(recorded_at) < clock_timestamp() - make_interval(days => {RETENTION_DAYS}), false)"
            f' FROM qingdan."{name}"'
        )
    )
    return bool(row.scalar_one())
