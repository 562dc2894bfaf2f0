"""Scheduled work of subscriptions: what is past retention goes, and the figures they are watched by are told."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.subscriptions import service
from services.publish.subscriptions.retention import repository
from services.publish.subscriptions.rules import RETENTION_DAYS, STATES
from shared import clock, settings, telemetry
from shared.ledger.transaction import begin
from shared.webhook import certificates

CERTIFICATES = Gauge(
    "qingdan_webhook_certificate_seconds_left", "Until a certificate for endpoints ends, by its file", ["file"]
)

EVERY_SECONDS = 600.0
FIGURES_SECONDS = 15.0
# Days are counted: minutes do not matter.
WARNING_SECONDS = 60.0
# A success is of interest while it is fresh; a failure as long as it can be asked about.
DELIVERED_DAYS = 3
# Numbers this old do not change any more.
SETTLED = timedelta(hours=1)


async def tidy(engine: AsyncEngine) -> None:
    """Delete what is past retention and join what is settled, a bounded piece a transaction."""
    while await _piece(engine):
        pass
    now = clock.now()
    async with engine.begin() as connection:
        if await repository.become_only_one(connection):
            await repository.drop_secrets(connection, now - timedelta(days=RETENTION_DAYS))
            await repository.merge_ranges(connection, now - SETTLED)


async def _piece(engine: AsyncEngine) -> bool:
    """One piece; True when there may be more."""
    now = clock.now()
    failed, delivered = now - timedelta(days=RETENTION_DAYS), now - timedelta(days=DELIVERED_DAYS)
    async with engine.begin() as connection:
        if not await repository.become_only_one(connection):
            return False
        attempts = await repository.drop_attempts(connection, delivered=delivered, failed=failed)
        ranges = await repository.drop_ranges(connection, failed)
    return max(attempts, ranges) >= repository.CHUNK


async def warn(engine: AsyncEngine) -> None:
    """Tell the owners of endpoints that fail for long, and stop those that fail for too long."""
    async with begin(engine, service="publish", actor="system:subscriptions") as tx:
        await service.warn_failing(tx)


async def tell_figures(engine: AsyncEngine) -> None:
    """Set the gauges."""
    async with engine.connect() as connection:
        found = {row.state: row for row in await repository.figures(connection, clock.now())}
    for state in STATES:
        row = found.get(state)
        telemetry.SUBSCRIPTIONS.labels(state).set(row.subscriptions if row else 0)
        telemetry.UNDELIVERED.labels(state).set(row.undelivered if row else 0)
        telemetry.OLDEST.labels(state).set(row.oldest if row else 0)
    # The day on which a certificate ends is told by nobody but itself, and every endpoint behind it fails at once.
    now = clock.machine()
    CERTIFICATES.clear()
    for file, end in certificates.ends(settings.load().secrets).items():
        CERTIFICATES.labels(file).set((end - now).total_seconds())
