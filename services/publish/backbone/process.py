"""The child `backbone` of the publish worker, where a backbone is configured, and the figures it is watched by."""

from __future__ import annotations

import asyncio

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.backbone.rules import Wanted
from services.publish.backbone.service import Figures, Sink
from services.publish.backbone.stream import Server
from shared import garbage
from shared.ledger.bell import Bell
from shared.settings import Settings

POSITION = Gauge("qingdan_backbone_position", "Last number of the feed that the backbone's stream holds")
LAG = Gauge("qingdan_backbone_lag", "Entries of the feed that the backbone's stream does not hold yet")
FAILURES = Gauge("qingdan_backbone_failures", "Failures in a row of writing to the backbone's stream")
PROBLEMS = Gauge("qingdan_backbone_problems", "What of the backbone's stream is not set up as the settings say")


def is_wanted(configured: Settings) -> bool:
    """Whether there is a backbone."""
    return bool(configured.nats_url)


async def run(engine: AsyncEngine, bell: Bell, configured: Settings, stopping: asyncio.Event) -> None:
    """Write to the stream until asked to stop; what was acknowledged and not committed is found in the stream."""
    garbage.calm()
    work = asyncio.create_task(sink(engine, bell, configured).run())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait([work, told], return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    told.cancel()
    await asyncio.gather(work, told, return_exceptions=True)


def sink(engine: AsyncEngine, bell: Bell, configured: Settings) -> Sink:
    """The sink the settings describe."""
    servers = [Server(url, configured.nats_user, configured.secrets) for url in configured.nats_url]
    wanted = Wanted(
        configured.nats_stream, configured.nats_subject_prefix, configured.nats_replicas, configured.nats_storage,
        configured.nats_duplicate_seconds,
    )  # fmt: skip
    return Sink(engine, bell, servers, wanted, configured.poll_seconds, show)


def show(figures: Figures) -> None:
    """Set the gauges."""
    POSITION.set(figures.position)
    LAG.set(figures.lag)
    FAILURES.set(figures.failures)
    PROBLEMS.set(len(figures.problems))
