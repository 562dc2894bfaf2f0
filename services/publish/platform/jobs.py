"""The exchange at work: a task for each active peer, so that one that is down delays nobody; and comparisons."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.platform import rules, service
from services.publish.platform.batches import repository as batches
from services.publish.platform.comparisons import service as comparisons
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.pushes import service as pushes
from services.publish.platform.service import Conversation
from services.publish.platform.transports.contract import Capability, PeerFailure
from shared import clock, settings, telemetry, tick
from shared.ledger.failure import is_passing
from shared.ledger.operations import OperationKind
from shared.tick import Ticker

log = telemetry.get_logger(__name__)
FAILURES = Gauge("qingdan_platform_failures", "Batches in a row that a platform did not take", ["peer"])
ASKING_FAILURES = Gauge(
    "qingdan_platform_asking_failures", "Questions in a row that a platform did not answer", ["peer", "about"]
)
UNKEPT = Gauge(
    "qingdan_platform_unkept_rows", "Acknowledged rows the last comparison did not find at the platform", ["peer"]
)
UNDECIDED = Gauge(
    "qingdan_platform_undecided_seconds", "How long a platform has not said what became of a batch; 0: none is open",
    ["peer"],
)  # fmt: skip
# What platforms are asked for.
ASKED = {Capability.FEEDBACK: service.take_feedback, Capability.CATALOGUE: service.pull_catalogue}
# How soon a peer that was registered, changed, paused or resumed is noticed.
LOOK_SECONDS = 1.0
LONGEST_ERROR = 300
_TASK = "platform:"
Step = Callable[[Conversation], Awaitable[bool | None]]
# How often there is looked whether a comparison is due: it is a matter of hours.
CLOCK_SECONDS = 30.0


@dataclass
class Exchange:
    """The tasks of this process, by peer; a changed peer gets a new one."""

    tasks: dict[UUID, tuple[int, asyncio.Task[None]]] = field(default_factory=dict)

    async def tick(self, engine: AsyncEngine) -> None:
        """Let there be one live task for each active peer, and none for others."""
        async with engine.connect() as connection:
            wanted = {row["id"]: row for row in await peers.active(connection)}
        for peer_id, (version, task) in list(self.tasks.items()):
            row = wanted.get(peer_id)
            if task.done() or row is None or row["version"] != version:
                task.cancel()
                await _ended(task)
                del self.tasks[peer_id]
                if row is None:
                    _forget(task.get_name().removeprefix(_TASK))
        for peer_id, row in wanted.items():
            if peer_id not in self.tasks:
                task = asyncio.create_task(converse(engine, row), name=f"{_TASK}{row['code']}")
                self.tasks[peer_id] = (row["version"], task)


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait for the end of a task; why it ended concerns no other peer."""
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome, Exception):
        log.error("exchange ended", task=task.get_name(), error=str(outcome)[:LONGEST_ERROR], exc_info=outcome)


async def converse(engine: AsyncEngine, row: peers.Record) -> None:
    """Exchange with one platform until cancelled; its failures are its own.

    Sending, asking for feedback and for the catalogue fail apart from one another: a platform without one of them has
    the others. A way that cannot be opened at all counts as a failure, and the next tick tries again.
    """
    configured = settings.load()
    try:
        partner = Partner.of(row)
        async with partner.way(
            configured.secrets, configured.peer_seconds, configured.peer_allowed_networks
        ) as platform:
            steps: list[tuple[Step, float, Gauge | None]] = [
                (step, configured.peer_pull_seconds, ASKING_FAILURES.labels(partner.code, about))
                for about, step in ASKED.items() if about in platform.capabilities
            ]  # fmt: skip
            if Capability.PUSH in platform.capabilities:
                steps.append((service.push, configured.peer_look_seconds, FAILURES.labels(partner.code)))
                steps.append((_look_at_batch, CLOCK_SECONDS, None))
            if Capability.INVENTORY in platform.capabilities:
                steps.append((_compare, tick.rest(CLOCK_SECONDS), None))
            talk = Conversation(engine, partner, platform, configured.peer_seconds, partner.batch_size)
            async with asyncio.TaskGroup() as all_of_them:
                for step, rest, gauge in steps:
                    all_of_them.create_task(_keep(talk, step, rest, gauge))
    except asyncio.CancelledError:
        _forget(row["code"])
        raise
    except Exception:
        FAILURES.labels(row["code"]).inc()
        raise


def _forget(code: str) -> None:
    """Leave no figure behind: nobody is alarmed by a platform that is paused."""
    for figure in (FAILURES, UNKEPT, UNDECIDED):
        with contextlib.suppress(KeyError):
            figure.remove(code)
    for about in ASKED:
        with contextlib.suppress(KeyError):
            ASKING_FAILURES.remove(code, about)


async def _compare(talk: Conversation) -> bool:
    """The comparison by the clock, and what the last one has missed."""
    UNKEPT.labels(talk.partner.code).set(await comparisons.by_clock(talk.engine, talk.partner))
    return False


async def _look_at_batch(talk: Conversation) -> bool:
    """How long the open batch waits: a platform that answers "not yet" for ever fails in nothing."""
    async with talk.engine.connect() as connection:
        seconds = await batches.open_seconds(connection, talk.partner.id, clock.now())
    UNDECIDED.labels(talk.partner.code).set(max(seconds, 0.0))
    return False


async def _keep(talk: Conversation, step: Step, rest: float, gauge: Gauge | None) -> None:
    """Repeat a step: at once while there is more to do, after `rest` seconds when not, later and later on failure.

    None of a step says nothing about the platform: failures are counted on, or two workers that wait for one another
    would each forget its own.
    """
    failures = 0
    while True:
        asked: float | None = None
        try:
            busy = await step(talk)
        except Exception as error:
            failures += 1
            asked = getattr(error, "asked", None)
            await _note(talk, error, failures)
            if gauge is not None:
                gauge.set(failures)
            await asyncio.sleep(rules.retry_seconds(failures, spread=random.uniform(0.5, 1.0), asked=asked))
        else:
            if busy is not None:
                failures = 0
                if gauge is not None:
                    gauge.set(0)
            await asyncio.sleep(0 if busy else rest)


async def _note(talk: Conversation, error: Exception, failures: int) -> None:
    """Tell of a failure: in the log, as a metric, in the status of the peer."""
    foreseen = isinstance(error, (PeerFailure, rules.BadAnswer)) or is_passing(error)
    log.warning(
        "exchange will be tried again", peer=talk.partner.code, failures=failures, error=str(error)[:LONGEST_ERROR],
        exc_info=None if foreseen else error,
    )  # fmt: skip
    said = (
        str(error) if isinstance(error, (PeerFailure, rules.BadAnswer)) else f"本系统处理出错：{type(error).__name__}"
    )
    with contextlib.suppress(Exception):  # the database may be what is away
        async with talk.engine.begin() as connection:
            await peers.note_failure(connection, talk.partner.id, said[:LONGEST_ERROR], clock.now())


OPERATIONS = [
    OperationKind(kind=comparisons.KIND, run=comparisons.run),
    OperationKind(kind=pushes.KIND, run=pushes.run),
]


def ticker() -> Ticker:
    """The ticker that keeps the tasks alive."""
    return Ticker(name="platforms", service="publish", every_seconds=LOOK_SECONDS, tick=Exchange().tick)
