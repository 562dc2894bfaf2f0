"""What is killed, when and how: everything follows from one seed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.journal import Journal
from tests.faults.place import READER, Installation
from tests.faults.post import PROCESS as POST
from tests.faults.province import PROCESS as PROVINCE
from tests.faults.province import Province
from tests.faults.receivers import PREFIX, Receivers

CONSUMER_POINTS = ("before-position", "between-position-and-bell", "after-effect", "after-cascade-writes")
API_POINTS = ("before-commit", "after-business-commit")
# Between the acknowledgement of an event and its saving; between the numbering of events and their sending.
SENDER_POINTS = ("between-answer-and-saving", "between-answer-and-saving", "after-matching")
SENDERS = "publish-senders"
# Around the sending of a batch to the platform, and the taking of its feedback; they are passed in `publish-consumers`.
EXCHANGE_POINTS = ("platform-before-send", "platform-after-answer", "platform-before-save", "platform-after-feedback")
EXCHANGE = "publish-consumers"
APIS = ("catalog", "workflow", "publish")
# Around what is said of clocks, opened of reports, let rise, told and sent.
DAY_POINTS = (
    ("workflow-consumers", "clocks-told"), ("workflow-consumers", "reports-opened"),
    ("workflow-gatherers", "tasks-escalated"), ("workflow-gatherers", "messages-taken"),
    ("workflow-gatherers", "messages-sent"), ("workflow-gatherers", "before-position"),
    ("workflow-gatherers", "after-effect"),
)  # fmt: skip
CONSUMERS = (
    "catalog-consumers", "workflow-consumers", "publish-consumers", "catalog-gatherers", "workflow-gatherers",
)  # fmt: skip
# workflow and catalog write in their APIs; publish only reads there.
WRITING = ("workflow", "workflow", "workflow", "catalog")
# Weights of (what, how): killed processes are the most frequent misfortune, a lost database the rarest.
ACTS = {
    "kill": 9, "crash_consumer": 5, "crash_api": 4, "valkey_flush": 2, "valkey_restart": 1, "valkey_away": 1,
    "postgres_restart": 1, "postgres_kill": 1, "crash_sender": 4, "crash_exchange": 3,
    "crash_day": 5,
}  # fmt: skip
# What happens outside meanwhile kills nobody and waits for nobody.
OUTSIDE = {"receiver_fails": 8, "platform_fails": 4, "platform_complains": 2}
OUTSIDE_PAUSE = (0.5, 2.5)
# How a receiver fails: what it is told (`deploy.demo.receiver`), for so many of its next requests.
FAILURES: tuple[tuple[dict[str, Any], int], ...] = (
    ({"mode": "status", "status": 500}, 4),
    ({"mode": "status", "status": 503, "retry_after": "2"}, 2),
    ({"mode": "status", "status": 429, "retry_after": "3"}, 2),
    ({"mode": "status", "status": 410}, 1),
    ({"mode": "hang"}, 1),
    ({"mode": "slow", "seconds": 0.5}, 12),
    ({"mode": "redirect"}, 1),
    ({"mode": "drop"}, 6),
)
# One of them fails as often as all others together.
FRAIL = 0.5
PAUSE = (0.6, 2.2)
# Who is killed how often, of the processes that are killed at all.
VICTIMS = {"workflow": 2, "catalog": 1, "publish": 1, "catalog-consumers": 4, "workflow-consumers": 3,
           "publish-consumers": 3, "catalog-gatherers": 1, "publish-gatherers": 1, "catalog-arq": 1, READER: 1,
           "publish-arq": 1, "workflow-gatherers": 3, SENDERS: 3, PREFIX: 3, PROVINCE: 2, POST: 2}  # fmt: skip
# A program needs some seconds to start on a busy machine. Most of the time the next misfortune waits until everything
# is back: otherwise nothing would ever be acknowledged, and there would be nothing to lose.
SPARED = 0.7
RECOVERY_SECONDS = 20.0
YOUNG_SECONDS = 3.0
# The armed crash comes within the first passages of its point.
MOST_PASSAGES = 6


@dataclass
class Chaos:
    """Kills by seed, starts again what died, and counts."""

    place: Installation
    receivers: Receivers
    province: Province
    rng: random.Random
    log: Journal
    # Its own numbers, so that what happens outside does not depend on how long things take inside.
    outside: random.Random = field(default_factory=random.Random)
    kills: Counter[str] = field(default_factory=Counter)
    # How often receivers and the platform were told to fail, which kills nobody.
    failures: int = 0
    armed: dict[str, str] = field(default_factory=dict)
    born: dict[str, float] = field(default_factory=dict)

    async def rage(self, until: float) -> None:
        """Go on until the loop's clock says `until`, then leave everything running."""
        loop = asyncio.get_running_loop()
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(self.rng.uniform(*PAUSE), left))
            self.keep()
            if self.rng.random() < SPARED:
                await self._recovered(until)
            (act,) = self.rng.choices(list(ACTS), list(ACTS.values()))
            began = loop.time()
            await getattr(self, f"_{act}")()
            self.log.write(act=act, seconds=round(loop.time() - began, 2), kills=sum(self.kills.values()))
        await self.calm()

    async def disturb(self, until: float) -> None:
        """Let receivers and the platform fail until the loop's clock says `until`."""
        loop = asyncio.get_running_loop()
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(self.outside.uniform(*OUTSIDE_PAUSE), left))
            (act,) = self.outside.choices(list(OUTSIDE), list(OUTSIDE.values()))
            await getattr(self, f"_{act}")()

    async def _recovered(self, until: float) -> None:
        """Wait until the APIs answer and the consumers had time to begin, with a bound."""
        loop = asyncio.get_running_loop()
        end = min(loop.time() + RECOVERY_SECONDS, until)
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            while loop.time() < end and not await self._is_back(client):
                await asyncio.sleep(0.1)
                self.keep()

    async def _is_back(self, client: httpx.AsyncClient) -> bool:
        now = time.monotonic()
        if any(now - self.born.get(name, 0) < YOUNG_SECONDS for name in (*CONSUMERS, SENDERS)):
            return False
        try:
            answers = [await client.get(f"{self.place.system.url(name)}/readyz") for name in APIS]
        except httpx.HTTPError:
            return False
        return all(answer.status_code == 200 for answer in answers)

    def keep(self) -> None:
        """Start again what is not alive, and count what crashed where it was told to."""
        for name, process in self.place.system.processes.items():
            if process.popen is None or process.alive:
                continue
            point = self.armed.pop(name, None)
            self.kills[f"crash {point}" if point else f"{name} ended by itself"] += 1
            self._start(name)

    async def calm(self) -> None:
        """Everything runs, and nothing is about to crash; who looks once a minute begins anew, and looks at once."""
        self.place.start_postgres()
        self.place.valkey.start()
        self.keep()
        for name in list(self.armed):
            self.armed.pop(name)
            self.place.system.kill(name)
            self._start(name)
        for name in ("workflow-consumers", "workflow-gatherers"):
            if self._slay(name):
                self._start(name)

    async def _kill(self) -> None:
        (name,) = self.rng.choices(list(VICTIMS), list(VICTIMS.values()))
        if name == PREFIX:
            name = self.rng.choice(self.receivers.all).process_name
        if self._slay(name):
            self._start(name)

    async def _crash_consumer(self) -> None:
        point = self.rng.choice(CONSUMER_POINTS)
        self._arm("catalog-consumers" if point == "after-cascade-writes" else self.rng.choice(CONSUMERS), point)

    async def _crash_sender(self) -> None:
        self._arm(SENDERS, self.rng.choice(SENDER_POINTS))

    async def _receiver_fails(self) -> None:
        """Let a receiver fail in one of the ways in which receivers fail."""
        others, frail = self.receivers.all[:-1], self.receivers.all[-1]
        victim = frail if self.outside.random() < FRAIL else self.outside.choice(others)
        behaviour, most = self.outside.choice(FAILURES)
        if await victim.tell(**behaviour, times=self.outside.randint(1, most)):
            self.failures += 1

    async def _crash_exchange(self) -> None:
        self._arm(EXCHANGE, self.rng.choice(EXCHANGE_POINTS))

    async def _platform_fails(self) -> None:
        """Let the platform fail, be slow, lose an answer, lie or be down until it is told something else."""
        if await self.province.fail(self.outside):
            self.failures += 1

    async def _platform_complains(self) -> None:
        await self.province.complain(self.outside)

    async def _crash_day(self) -> None:
        self._arm(*self.rng.choice(DAY_POINTS))

    async def _crash_api(self) -> None:
        self._arm(self.rng.choice(WRITING), self.rng.choice(API_POINTS))

    def _arm(self, name: str, point: str) -> None:
        """Replace a process by one that will kill itself at the point."""
        passage = self.rng.randint(1, MOST_PASSAGES)
        if self._slay(name):
            self.armed[name] = point
            self._start(name, f"{point}:{passage}")

    def _slay(self, name: str) -> bool:
        """Kill a process if it runs; whether it did."""
        process = self.place.system.processes[name]
        if not process.alive:
            return False
        self.armed.pop(name, None)
        self.place.system.kill(name)
        self.kills[_what(name)] += 1
        return True

    def _start(self, name: str, crash_point: str | None = None) -> None:
        self.place.system.start(name, crash_point=crash_point)
        self.born[name] = time.monotonic()

    async def _valkey_flush(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.place.valkey.port)
        writer.write(b"FLUSHALL\r\n")
        await writer.drain()
        await reader.readline()
        writer.close()
        self.kills["valkey flushed"] += 1

    async def _valkey_restart(self) -> None:
        self.kills["valkey killed"] += 1
        await asyncio.to_thread(self.place.valkey.kill)
        await asyncio.to_thread(self.place.valkey.start)

    async def _valkey_away(self) -> None:
        self.kills["valkey away"] += 1
        await asyncio.to_thread(self.place.valkey.stop)
        await asyncio.sleep(self.rng.uniform(0.5, 2.5))
        await asyncio.to_thread(self.place.valkey.start)

    async def _postgres_restart(self) -> None:
        self.kills["postgres restarted"] += 1
        await asyncio.to_thread(self.place.postgres.stop)
        await asyncio.to_thread(self.place.start_postgres)

    async def _postgres_kill(self) -> None:
        self.kills["postgres killed"] += 1
        await asyncio.to_thread(self.place.postgres.kill)
        await asyncio.to_thread(self.place.start_postgres)


def _what(name: str) -> str:
    """What a process is, for counting."""
    if name in (READER, PROVINCE, POST):
        return name
    return PREFIX.rstrip("-") if name.startswith(PREFIX) else name.partition("-")[2] or "api"
