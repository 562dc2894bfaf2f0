"""What alarms watch: each worker reads its service's own state from the database and shows it as metrics.

Read from the database and not from the loops themselves: a consumer that hangs shows no lag of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import clock, telemetry
from shared.ledger import diagnosis, partitions
from shared.tick import Ticker

# Finer than the 60 s that Prometheus usually looks at, and nothing beside what the consumers do.
EVERY_SECONDS = 15.0

_CONSUMERS = text(
    """
    SELECT c.name, (c.state <> 'running')::int AS stopped, h.position - c.position AS behind,
           coalesce((SELECT extract(epoch FROM clock_timestamp() - e.recorded_at)::float8 FROM qingdan.event AS e
                     WHERE e.position = c.position + 1), 0) AS seconds,
           (SELECT count(*) FROM qingdan.parked AS p WHERE p.consumer = c.name) AS parked
    FROM qingdan.consumer AS c CROSS JOIN qingdan.log_head AS h
    WHERE c.service = :service
    """
)
_OPERATIONS = text(
    """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - created_at))
                    FILTER (WHERE state = 'queued'), 0)::float8 AS waiting,
           coalesce(max(extract(epoch FROM clock_timestamp() - coalesce(heartbeat_at, started_at, created_at)))
                    FILTER (WHERE state = 'running'), 0)::float8 AS silent
    FROM qingdan.operation WHERE service = :service AND state IN ('queued', 'running')
    """
)
# The state of other roles' sessions is hidden from a service; each one tells of its own.
_TRANSACTION = text(
    """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
    WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()
    """
)


def ticker(service: str) -> Ticker:
    """The job that shows the vitals of a service."""

    async def tick(engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            await show(connection, service)

    return Ticker(name="vitals", service=service, every_seconds=EVERY_SECONDS, tick=tick)


async def show(connection: AsyncConnection, service: str) -> None:
    """Read the vitals and set the gauges; seven small statements at most."""
    for row in await connection.execute(_CONSUMERS, {"service": service}):
        _show_consumer(row._mapping)
    operations = (await connection.execute(_OPERATIONS, {"service": service})).one()
    telemetry.OPERATION_WAITING.labels(service).set(operations.waiting)
    telemetry.OPERATION_SILENT.labels(service).set(operations.silent)
    telemetry.TRANSACTION_OPEN.labels(service).set((await connection.execute(_TRANSACTION)).scalar_one())
    if service == "publish":  # its worker seals and sends
        telemetry.UNMATCHED.set(await diagnosis.unmatched(connection))
        telemetry.UNSEALED.set((await diagnosis.unsealed(connection))["seconds"])
        today = clock.machine().astimezone(clock.ZONE).date()
        telemetry.PARTITIONS_MISSING.set(len(await partitions.missing(connection, today)))
    if service == "workflow":  # its adjustments
        found = await diagnosis.incomplete_adjustments(connection)
        telemetry.ADJUSTMENTS_FAILED.set(sum(1 for row in found if row["failed"]))
        telemetry.ADJUSTMENTS_IN_CONFLICT.set(sum(1 for row in found if row["state"] == "conflict"))


def _show_consumer(row: Any) -> None:
    name = row["name"]
    telemetry.STOPPED.labels(name).set(row["stopped"])
    telemetry.BEHIND.labels(name).set(row["behind"])
    telemetry.DELAY.labels(name).set(max(row["seconds"], 0.0) if row["behind"] else 0.0)
    telemetry.HELD.labels(name).set(row["parked"])
