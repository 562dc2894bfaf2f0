"""The worker process of a service: a supervisor with its children.

`consumers` (needs no Redis); `arq` where there is long work; companions, which are the service's own; and `gatherers`,
consumers and tickers nobody waits for, which come last where all want the processor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import start_http_server
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import database, garbage, pulse, settings, simulation, telemetry, tick, watch
from shared.forked import CannotCopy, Child, Copies
from shared.ledger import consume, partitions, position, vitals
from shared.ledger.bell import Bell
from shared.ledger.consume import Consumer
from shared.ledger.operations import OperationKind
from shared.tick import Ticker

log = telemetry.get_logger(__name__)
# A child that dies at once must not spin; one that ran for a while is started again immediately.
BACK_OFF_FIRST = 0.2
BACK_OFF_MOST = 10.0
STEADY_SECONDS = 30.0
# A child that does not end when it is told to is killed: everything it left half-done is rolled back or taken over.
STOP_SECONDS = 15.0
# Nobody waits for what gatherers do as for a decision: the consumers and the APIs get the processor first.
NICENESS = 10

# Runs with an engine and a bell of its own until it is asked to stop.
Companion = Callable[[AsyncEngine, Bell, settings.Settings, asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Work:
    """Everything the worker of a service does."""

    service: str
    module: str
    consumers: Sequence[Consumer] = ()
    tickers: Sequence[Ticker] = ()
    operations: Sequence[OperationKind] = ()
    # Further children by name: what would hold up the consumers, or be held up by them.
    companions: Mapping[str, Companion] = field(default_factory=dict)
    # Which settings ask for a companion that only some installations want.
    asked_for: Mapping[str, Callable[[settings.Settings], bool]] = field(default_factory=dict)

    @property
    def children(self) -> tuple[str, ...]:
        """Names of the processes the supervisor keeps alive; metrics ports are counted in this order."""
        gathers = any(one.leisurely for one in self.consumers) or any(one.leisurely for one in self.tickers)
        always = [name for name in self.companions if name not in self.asked_for]
        named = [("consumers", True), ("arq", bool(self.operations)), *((name, True) for name in always)]
        # Last, so that nobody else's metrics port depends on them.
        asked = [(name, is_wanted(settings.load())) for name, is_wanted in self.asked_for.items()]
        return tuple(name for name, there in (*named, ("gatherers", gathers), *asked) if there)


def main(work: Work) -> None:
    """Entry point of `python -m services.<service>.worker [consumers|gatherers|arq|<companion>]`."""
    if len(sys.argv) > 1:
        grow_up(work, sys.argv[1])
    else:
        _begin(work)
        asyncio.run(_supervise(work))


def _begin(work: Work) -> None:
    telemetry.configure(f"{work.service}-worker", settings.load().log_level)
    simulation.begin(settings.load())
    watch.over_starter()


def grow_up(work: Work, role: str) -> None:
    """Be one child until told to stop: a process of its own, or a copy of one that has everything loaded already."""
    settings.load.cache_clear()
    _begin(work)
    _be(work, role)


def _be(work: Work, role: str) -> None:
    """Do the work of one child until it is told to stop."""
    if role == "consumers":
        _run(run_consumers(work))
    elif role == "gatherers":
        os.nice(NICENESS)
        _run(run_consumers(work, leisurely=True))
    elif role == "arq":
        from shared import jobs

        jobs.run(work)
    else:
        _run(run_companion(work, role))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """On uvloop where there is one: a small statement takes a third less of our time."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


async def run_consumers(work: Work, *, leisurely: bool = False) -> None:
    """Run the service's consumers and tickers, the leisurely ones or the others, until a signal asks to stop."""
    configured = settings.load()
    url = configured.service_url(work.service)
    consumers = [consumer for consumer in work.consumers if consumer.leisurely == leisurely]
    tickers = [ticker for ticker in work.tickers if ticker.leisurely == leisurely]
    engine = database.create_engine(url, role=work.service, pool_size=len(consumers) + len(tickers) + 2)
    show_metrics(configured)
    name = f"{work.service}-{'gatherers' if leisurely else 'consumers'}"
    beating = asyncio.create_task(pulse.beat(configured.pulse_dir, name))
    await _register(engine, work.service, consumers)
    garbage.calm()
    bell = Bell(url, role=work.service)
    await bell.start()
    tasks = [asyncio.create_task(_consume(engine, consumer, bell, configured)) for consumer in consumers]
    if not leisurely:
        partitioning = Ticker(
            name="partitions", service=work.service, every_seconds=partitions.ENSURE_SECONDS, tick=_make_partitions
        )
        tickers += [partitioning, vitals.ticker(work.service)]
    tasks += [asyncio.create_task(tick.run(engine, ticker)) for ticker in tickers]
    stopping = _stop_signal()
    waiting = asyncio.create_task(stopping.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in [waiting, beating, *tasks]:
        task.cancel()
    await asyncio.gather(waiting, beating, *tasks, return_exceptions=True)
    await bell.stop()
    await engine.dispose()
    for task in done - {waiting}:
        task.result()  # a consumer that ended did so by an error: the supervisor starts us again


def _consume(
    engine: AsyncEngine, consumer: Consumer, bell: Bell, configured: settings.Settings
) -> Coroutine[Any, Any, None]:
    return consume.run(
        engine, consumer, bell, poll_seconds=configured.poll_seconds, gather_seconds=configured.gather_seconds
    )


async def run_companion(work: Work, name: str) -> None:
    """Run a child of the service's own until a signal asks to stop."""
    configured = settings.load()
    url = configured.service_url(work.service)
    engine = database.create_engine(url, role=work.service)
    show_metrics(configured)
    beating = asyncio.create_task(pulse.beat(configured.pulse_dir, f"{work.service}-{name}"))
    bell = Bell(url, role=work.service)
    await bell.start()
    try:
        await work.companions[name](engine, bell, configured, _stop_signal())
    finally:
        beating.cancel()
        await bell.stop()
        await engine.dispose()


def show_metrics(configured: settings.Settings) -> None:
    """Answer Prometheus at this process's own port, where one is configured."""
    if configured.metrics_port:
        start_http_server(configured.metrics_port, configured.host)


async def _make_partitions(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await partitions.ensure(connection)


async def _register(engine: AsyncEngine, service: str, consumers: Sequence[Consumer]) -> None:
    while True:
        try:
            async with engine.begin() as connection:
                await position.register(connection, [consumer.name for consumer in consumers], service)
            return
        except (OSError, SQLAlchemyError) as error:
            log.warning("database not reachable yet", error=str(error)[:200])
            await asyncio.sleep(1)


async def _supervise(work: Work) -> None:
    stopping, copies = _stop_signal(), Copies()
    garbage.calm()  # before the first copy: a look for garbage would write to every page that is shared
    kept = (_keep_alive(work, number, child, copies, stopping) for number, child in enumerate(work.children))
    failures = list(filter(None, await asyncio.gather(*kept)))
    if failures:
        raise SystemExit("; ".join(map(str, failures)))


async def _keep_alive(
    work: Work, number: int, child: str, copies: Copies, stopping: asyncio.Event
) -> CannotCopy | None:
    """Start a child whenever there is none, until asked to stop; why the worker must end when that cannot be done."""
    name = f"{work.service}-{child}"
    environment = {"QINGDAN_SUPERVISOR_PID": str(os.getpid())}
    configured = settings.load()
    if configured.metrics_port:  # one each, in the order of the children
        environment["QINGDAN_METRICS_PORT"] = str(configured.metrics_port + number)
    back_off = BACK_OFF_FIRST
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        # A child that ends is our business and not a probe's: without Redis arq ends every few seconds.
        pulse.expect(configured.pulse_dir, name)
        try:
            process = await copies.begin_patiently(
                lambda: grow_up(work, child), name=name, environment=environment, stopping=stopping
            )
        except CannotCopy as failure:
            log.error("ending, and every child with it: whoever starts workers starts another", error=str(failure))
            stopping.set()
            return failure
        started = loop.time()
        if process is None or await _ended_or_stopped(process, stopping):
            break
        back_off = BACK_OFF_FIRST if loop.time() - started > STEADY_SECONDS else min(back_off * 2, BACK_OFF_MOST)
        log.warning("child ended, starting it again", child=child, code=process.ended.result(), seconds=back_off)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), back_off)
    return None


async def _ended_or_stopped(process: Child, stopping: asyncio.Event) -> bool:
    """Wait until a child ends; one that still runs when the worker is to stop is made to. True: it is to stop."""
    told = asyncio.create_task(stopping.wait())
    either: list[asyncio.Future[Any]] = [process.ended, told]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not stopping.is_set():
        return False
    process.signal(signal.SIGTERM)
    await asyncio.wait([process.ended], timeout=STOP_SECONDS)
    process.signal(signal.SIGKILL)
    await process.ended
    return True


def _stop_signal() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping
