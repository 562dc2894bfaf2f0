"""arq: starts, paces and retries work that has a row in `operation`; losing Redis loses nothing.

A sweep looks for rows without a live job, at once when the bell tells of one, and enqueues them: `operations.claim`
lets one worker have a row. The job's id names the operation, its attempt and this process: within a process a row is
queued once, and the mark that a killed process leaves in Redis on "its" job (it lasts as long as the longest job may)
holds up nobody.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from typing import Any
from uuid import UUID

from arq import Worker, func
from arq.connections import ArqRedis, RedisSettings

from shared import database, pulse, settings, telemetry
from shared.ledger import operations
from shared.ledger.bell import Bell
from shared.worker import Work, show_metrics

log = telemetry.get_logger(__name__)
# How soon new or abandoned work is seen when the bell was not heard; one indexed query.
SWEEP_SECONDS = 0.25
# How soon arq sees what the sweep has put into Redis; one small command.
POLL_SECONDS = 0.05
# Nobody waits for long work as for a decision: where both want the processor, the consumers and the APIs get it first.
NICENESS = 10
# A province's largest import takes minutes, not an hour.
JOB_SECONDS = 3600


def run(work: Work) -> None:
    """Run the arq worker of a service until it is stopped or Redis goes away (the supervisor starts it again)."""
    configured = settings.load()
    os.nice(NICENESS)  # the reader of an import inherits it
    show_metrics(configured)
    asyncio.set_event_loop(asyncio.new_event_loop())  # arq takes what is there: in a copy, the loop of its supervisor
    worker = Worker(
        functions=[func(_run_operation, name="run_operation", max_tries=1, keep_result=0, timeout=JOB_SECONDS)],
        queue_name=f"qingdan:{work.service}",
        redis_settings=RedisSettings.from_dsn(configured.queue_url),
        on_startup=_start,
        on_shutdown=_stop,
        max_jobs=2,
        poll_delay=POLL_SECONDS,
        job_serializer=lambda value: json.dumps(value, default=str).encode(),
        job_deserializer=lambda raw: json.loads(raw),
        ctx={"work": work, "settings": configured},
        handle_signals=True,
    )
    worker.run()


async def _start(ctx: dict[str, Any]) -> None:
    work: Work = ctx["work"]
    configured: settings.Settings = ctx["settings"]
    ctx["engine"] = database.create_engine(configured.service_url(work.service), role=work.service)
    ctx["kinds"] = {kind.kind: kind for kind in work.operations}
    ctx["bell"] = Bell(configured.service_url(work.service), role=work.service)
    await ctx["bell"].start()
    ctx["sweep"] = asyncio.create_task(_sweep(ctx, work))
    ctx["beat"] = asyncio.create_task(pulse.beat(configured.pulse_dir, f"{work.service}-arq"))


async def _stop(ctx: dict[str, Any]) -> None:
    ctx["sweep"].cancel()
    ctx["beat"].cancel()
    await asyncio.gather(ctx["sweep"], ctx["beat"], return_exceptions=True)
    await ctx["bell"].stop()
    await ctx["engine"].dispose()


async def _run_operation(ctx: dict[str, Any], operation_id: str) -> None:
    work: Work = ctx["work"]
    await operations.execute(ctx["engine"], work.service, ctx["kinds"], UUID(operation_id))


async def _sweep(ctx: dict[str, Any], work: Work) -> None:
    redis: ArqRedis = ctx["redis"]
    queue = f"qingdan:{work.service}"
    process = secrets.token_hex(4)
    bell: Bell = ctx["bell"]
    while True:
        pulse.turned("sweep", rests=SWEEP_SECONDS)
        ring = bell.next_ring(frozenset({operations.RING}))
        try:
            async with ctx["engine"].connect() as connection:
                found = await operations.waiting(connection, work.service)
            for operation_id, attempts in found:
                job = f"{operation_id}:{attempts}:{process}"
                await redis.enqueue_job("run_operation", str(operation_id), _job_id=job, _queue_name=queue)
        except Exception as error:  # a sweep that ended would leave every later operation lying
            log.warning("sweep failed", error=str(error)[:200])
        await bell.wait(SWEEP_SECONDS, ring)
