"""The reconciliation at work: a task for each channel that has something to look at, so that none waits for another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.channels.client import Channels
from services.publish.channels.states import repository, service
from services.publish.channels.states.rules import STATES
from services.publish.channels.states.service import Looking
from shared import clock, settings, telemetry
from shared.tick import Ticker

log = telemetry.get_logger(__name__)
LAG = Gauge(
    "qingdan_channel_lag_seconds", "Age of the oldest published revision a channel does not show; 0: none", ["channel"]
)
COPIES = Gauge("qingdan_channels", "Copies of lists on channels by state", ["state"])
# How soon what is due is noticed.
LOOK_SECONDS = 1.0
FIGURES_SECONDS = 15.0
# Channels looked at side by side: each takes a connection only for moments, but its copy in memory.
SIDE_BY_SIDE = 16
_LONGEST_ERROR = 300


@dataclass
class Reconciliation:
    """The tasks of this process, by channel."""

    tasks: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)

    async def tick(self, engine: AsyncEngine) -> None:
        """Begin with every channel that has something to look at and is not being looked at."""
        self.tasks = {channel: task for channel, task in self.tasks.items() if not task.done()}
        async with engine.connect() as connection:
            waiting = await repository.waiting(connection, clock.now())
        looking = looking_with(engine)
        for channel in waiting:
            if channel not in self.tasks and len(self.tasks) < SIDE_BY_SIDE:
                self.tasks[channel] = asyncio.create_task(_through(looking, channel), name=f"channel:{channel}")


def looking_with(engine: AsyncEngine) -> Looking:
    """As this installation is configured."""
    configured = settings.load()
    ways = Channels(configured.channel_allowed_networks, secrets=configured.secrets, timeout=configured.channel_seconds)
    return Looking(engine, ways, configured.channel_seconds, configured.channel_check_seconds)


async def _through(looking: Looking, channel: UUID) -> None:
    """Look at everything a channel has waiting; why that failed concerns no other channel."""
    try:
        while await service.look(looking, channel):
            pass
    except Exception as error:
        log.error("channel was not looked at", channel=str(channel), error=str(error)[:_LONGEST_ERROR], exc_info=error)


async def tell_figures(engine: AsyncEngine) -> None:
    """Set the gauges; a channel that is paused or gone leaves none behind."""
    async with engine.connect() as connection:
        rows = await repository.by_state(connection, clock.now())
    lags: dict[str, float] = {}
    for row in rows:
        lags[row.code] = max(lags.get(row.code, 0.0), float(row.lag or 0))
    LAG.clear()
    for code, lag in lags.items():
        LAG.labels(code).set(lag)
    for state in STATES:
        COPIES.labels(state).set(sum(row.copies for row in rows if row.state == state))


def tickers() -> list[Ticker]:
    """Look, and tell how it stands."""
    return [
        Ticker(name="channels", service="publish", every_seconds=LOOK_SECONDS, tick=Reconciliation().tick,
               leisurely=True),
        Ticker(name="channel_figures", service="publish", every_seconds=FIGURES_SECONDS, tick=tell_figures,
               leisurely=True),
    ]  # fmt: skip
