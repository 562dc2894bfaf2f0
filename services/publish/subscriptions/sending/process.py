"""The child `senders` of the publish worker: matcher, senders, and the figures they are watched by."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.subscriptions import upkeep
from services.publish.subscriptions.matching.service import Matcher
from services.publish.subscriptions.sending.results import Results
from services.publish.subscriptions.sending.senders import Senders
from shared import garbage, tick
from shared.ledger.bell import Bell
from shared.settings import Settings
from shared.tick import Ticker

FIGURES = Ticker(
    name="subscription_figures", service="publish", every_seconds=upkeep.FIGURES_SECONDS, tick=upkeep.tell_figures
)


async def run(engine: AsyncEngine, bell: Bell, configured: Settings, stopping: asyncio.Event) -> None:
    """Match and send until asked to stop; what was answered by then is saved."""
    matcher = Matcher(engine, bell, configured.poll_seconds)
    results = Results(engine, matcher.room)
    senders = Senders(engine, bell, configured, results)
    garbage.calm()
    work = [asyncio.create_task(part) for part in (matcher.run(), senders.run(), tick.run(engine, FIGURES))]
    saving = asyncio.create_task(results.run())
    told: asyncio.Task[object] = asyncio.create_task(stopping.wait())
    parts: list[asyncio.Task[Any]] = [*work, saving, told]
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    saving.cancel()
    told.cancel()
    await asyncio.gather(saving, told, return_exceptions=True)
    for ended in done - {told}:
        ended.result()  # a part that ended did so by an error: the supervisor starts us again
