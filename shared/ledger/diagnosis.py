"""Questions an operator asks of the ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger import parking
from shared.schema.ledger import consumer, log_head, operation

# Half of the deliveries that may be outstanding for a subscription: with fewer, the matcher always adds to them.
HALF_A_WINDOW = 500


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Last position and the epoch it belongs to."""
    row = (await connection.execute(select(log_head.c.position, log_head.c.epoch))).one()
    return int(row.position), str(row.epoch)


async def consumers(connection: AsyncConnection, head_position: int) -> list[dict[str, Any]]:
    """Every consumer with its lag in positions."""
    rows = await connection.execute(select(consumer).order_by(consumer.c.name))
    return [{**row._mapping, "lag": head_position - row.position} for row in rows]


async def oldest_transaction(connection: AsyncConnection) -> dict[str, Any] | None:
    """The transaction that has been open longest in this database, except our own."""
    rows = await connection.execute(
        text(
            "SELECT pid, application_name AS application, state,"
            " round(extract(epoch FROM clock_timestamp() - xact_start), 1)::float AS seconds"
            " FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            " AND datname = current_database() AND backend_type = 'client backend' ORDER BY xact_start LIMIT 1"
        )
    )
    row = rows.one_or_none()
    return dict(row._mapping) if row else None


async def parked_items(connection: AsyncConnection, limit: int = 50) -> list[dict[str, Any]]:
    """What consumers hold back, with cause and remedy: one row an event, with one of its `items`, failures first."""
    rows = await connection.execute(
        text(
            "SELECT consumer, service, CAST(min(CAST(item_id AS text)) AS uuid) AS item_id, count(*) AS items,"
            " first_position, error_code, error, remedy, min(parked_at) AS parked_at FROM qingdan.parked"
            " GROUP BY consumer, service, first_position, error_code, error, remedy"
            " ORDER BY error_code = :behind, min(parked_at), first_position LIMIT :limit"
        ),
        {"behind": parking.HELD_BEHIND, "limit": limit},
    )
    return [dict(row._mapping) for row in rows]


async def count_parked(connection: AsyncConnection) -> int:
    """How many items consumers hold back."""
    rows = await connection.execute(text("SELECT count(*) FROM qingdan.parked"))
    return int(rows.scalar_one())


async def open_operations(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Long work that is queued or running."""
    rows = await connection.execute(
        select(operation.c.id, operation.c.kind, operation.c.state, operation.c.done, operation.c.total)
        .where(operation.c.state.in_(["queued", "running"]))
        .order_by(operation.c.created_at)
        .limit(50)
    )
    return [dict(row._mapping) for row in rows]


async def incomplete_adjustments(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Decided adjustments whose cascade ledger is missing, waits for a person, or has failed entries."""
    rows = await connection.execute(
        text(
            "SELECT a.number, a.title, a.state, sum(c.waiting)::int AS waiting, sum(c.failed)::int AS failed"
            " FROM qingdan.workflow_adjustment_v1 a"
            " LEFT JOIN qingdan.catalog_cascade_v1 c ON c.adjustment_id = a.id"
            " WHERE a.state IN ('decided', 'effective', 'conflict')"
            " GROUP BY a.id, a.number, a.title, a.state"
            " HAVING a.state <> 'effective' OR sum(c.waiting) > 0 OR sum(c.failed) > 0"
            " ORDER BY a.number LIMIT 50"
        )
    )
    return [dict(row._mapping) for row in rows]


async def unsealed(connection: AsyncConnection) -> dict[str, Any]:
    """How many events no seal covers yet, and for how many seconds the oldest of them has waited."""
    rows = await connection.execute(
        text(
            "SELECT h.position - s.sealed AS events, coalesce((SELECT round(extract(epoch FROM clock_timestamp()"
            " - e.recorded_at))::int FROM qingdan.event e WHERE e.position = s.sealed + 1), 0) AS seconds"
            " FROM qingdan.log_head h,"
            " (SELECT coalesce(max(to_position), 0) AS sealed FROM qingdan.seal) s"
        )
    )
    return dict(rows.one()._mapping)


async def unmatched(connection: AsyncConnection) -> int:
    """For how many seconds the feed holds what the matcher has not looked at for a subscription that could take it.

    A subscription whose window is half full, or which is sent earlier entries once more, waits for its endpoint and not
    for the matcher; what was published while it was stopped waits only since it goes on.
    """
    rows = await connection.execute(
        text(
            "SELECT coalesce(round(extract(epoch FROM clock_timestamp()"
            " - min(greatest(f.recorded_at, s.state_since))))::int, 0)"
            " FROM qingdan.subscription s JOIN qingdan.subscription_cursor c ON c.subscription_id = s.id"
            " JOIN qingdan.subscription_sending d ON d.subscription_id = s.id CROSS JOIN LATERAL ("
            " SELECT e.recorded_at FROM qingdan.feed_entry e WHERE e.sequence > c.position ORDER BY e.sequence LIMIT 1"
            " ) f WHERE s.state = 'active' AND c.replay_from IS NULL"
            " AND (s.endpoint IS NULL OR c.queued - d.done < :half)"
        ),
        {"half": HALF_A_WINDOW},
    )
    return max(int(rows.scalar_one()), 0)


async def subscriptions(connection: AsyncConnection) -> dict[str, Any]:
    """How many subscriptions were stopped by a fault, for how many seconds the oldest delivery has waited, and how long
    entries have waited to be numbered (`unmatched`)."""
    rows = await connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE s.state IN ('disabled', 'resync_required')) AS stopped,"
            " coalesce(round(extract(epoch FROM clock_timestamp()"
            " - min(d.queued_at) FILTER (WHERE s.state = 'active')))::int, 0) AS seconds"
            " FROM qingdan.subscription s LEFT JOIN LATERAL ("
            " SELECT e.queued_at FROM qingdan.delivery e WHERE e.subscription_id = s.id ORDER BY e.sequence LIMIT 1"
            " ) d ON true WHERE s.state <> 'deleted'"
        )
    )
    return dict(rows.one()._mapping) | {"unmatched": await unmatched(connection)}


async def templates(connection: AsyncConnection) -> int:
    """Templates of administrations that are in use."""
    rows = await connection.execute(text("SELECT count(*) FROM qingdan.document_template WHERE state = 'active'"))
    return int(rows.scalar_one())


async def backbone(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Streams of the message backbone: how far behind the public feed, what fails, what is wrong with them."""
    rows = await connection.execute(
        text(
            "SELECT b.stream, b.position, f.head - b.position AS lag, b.failures, b.last_error, b.problems,"
            " b.last_success_at FROM qingdan.backbone_progress b"
            " CROSS JOIN (SELECT coalesce(max(sequence), 0) AS head FROM qingdan.feed_entry) f ORDER BY b.stream"
        )
    )
    return [dict(row._mapping) for row in rows]
