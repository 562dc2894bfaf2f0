"""Partitions of the log and of the idempotency store: made ahead of need, retired when nobody needs them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# 5 million events a partition: an index of it still fits in memory, and one partition is some months of a province.
EVENTS_PER_PARTITION = 5_000_000
# Log retention of at least 6 months is expected of government systems; 400 days covers a full year's audit.
RETENTION_DAYS = 400
IDEMPOTENCY_DAYS = 7
# A worker that is away for a long weekend must not find the store closed.
DAYS_AHEAD = 4
# Workers look this often whether the next partitions are there.
ENSURE_SECONDS = 600.0


# Workers run with the rights of their service, and a service owns no table. This one function lends them the owner's
# right to make the next partitions and to drop outdated answers, and nothing else: it takes no argument. A reader that
# holds the parent's lock must not make everybody wait behind us: rather try again at the next tick.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION qingdan.ensure_partitions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = qingdan, pg_temp SET lock_timeout = '2s' AS $body$
DECLARE
    current_part bigint := (SELECT position FROM qingdan.log_head) / {EVENTS_PER_PARTITION};
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date;
    part bigint;
    day date;
    outdated text;
BEGIN
    PERFORM pg_advisory_xact_lock(7214303);
    FOR part IN SELECT generate_series(current_part, current_part + 1) LOOP
        IF to_regclass(format('qingdan.event_p%s', lpad(part::text, 5, '0'))) IS NULL THEN
            EXECUTE format('CREATE TABLE qingdan.event_p%s PARTITION OF qingdan.event FOR VALUES FROM (%s) TO (%s)',
                lpad(part::text, 5, '0'), part * {EVENTS_PER_PARTITION}, (part + 1) * {EVENTS_PER_PARTITION});
        END IF;
    END LOOP;
    FOR day IN SELECT generate_series(today - 1, today + {DAYS_AHEAD}, interval '1 day') LOOP
        IF to_regclass('qingdan.idempotency_d' || to_char(day, 'YYYYMMDD')) IS NULL THEN
            EXECUTE format('CREATE TABLE qingdan.idempotency_d%s PARTITION OF qingdan.idempotency'
                ' FOR VALUES FROM (%L) TO (%L)', to_char(day, 'YYYYMMDD'), day, day + 1);
        END IF;
    END LOOP;
    FOR outdated IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'qingdan.idempotency'::regclass
          AND c.relname < 'idempotency_d' || to_char(today - {IDEMPOTENCY_DAYS}, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE qingdan.%I', outdated);
    END LOOP;
END
$body$
"""


async def install(connection: AsyncConnection, to: Sequence[str]) -> None:
    """Create the function that makes partitions and let the roles call it. Needs the owner's rights."""
    await connection.execute(text(_FUNCTION))
    await connection.execute(text("REVOKE ALL ON FUNCTION qingdan.ensure_partitions() FROM PUBLIC"))
    await connection.execute(text(f"GRANT EXECUTE ON FUNCTION qingdan.ensure_partitions() TO {', '.join(to)}"))


async def ensure(connection: AsyncConnection) -> None:
    """Create the partitions that will be needed next, two of the log and four days of answers; drop outdated ones."""
    await connection.execute(text("SELECT qingdan.ensure_partitions()"))


async def missing(connection: AsyncConnection, today: date) -> list[str]:
    """Names of the partitions that will soon be needed and are not there."""
    head = int((await connection.execute(text("SELECT position FROM qingdan.log_head"))).scalar_one())
    number = head // EVENTS_PER_PARTITION
    wanted = [f"event_p{part:05d}" for part in (number, number + 1)]
    wanted += [f"idempotency_d{today + timedelta(days=ahead):%Y%m%d}" for ahead in (0, 1)]
    there = {*await _children(connection, "event"), *await _children(connection, "idempotency")}
    return [name for name in wanted if name not in there]


async def retire(connection: AsyncConnection) -> list[str]:
    """Detach event partitions past retention that are sealed and every consumer has left; needs the owner's rights.

    Returns the names of what was detached: to be archived, then dropped, by an operator.
    """
    retired: list[str] = []
    done_with = await connection.execute(
        text(
            "SELECT least((SELECT coalesce(min(position), 0) FROM qingdan.consumer),"
            " (SELECT coalesce(max(to_position) + 1, 0) FROM qingdan.seal))"
        )
    )
    below = int(done_with.scalar_one())
    for name in await _children(connection, "event"):  # bounded: one partition per 5 million events
        upper = (int(name.removeprefix("event_p")) + 1) * EVENTS_PER_PARTITION
        if upper <= below and await _is_older(connection, name):
            await connection.execute(text(f'ALTER TABLE qingdan.event DETACH PARTITION qingdan."{name}"'))
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
