"""From the decision to the last entry of all lists readable: one at a time, and twenty a second."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks import limits, staff
from benchmarks.corpus import Matter
from benchmarks.line import Line
from benchmarks.measure import ROUNDS, Figure, Pairs, milliseconds, percentile
from benchmarks.staff import Prepared
from benchmarks.stage import Stage

RATE = 20
# Connections the decisions come by.
DECIDERS = 4
PATIENCE = 30.0


@dataclass
class Latencies:
    """Seconds from a decision until everything that follows could be read."""

    sent: list[float] = field(default_factory=list)  # since the request was sent
    answered: list[float] = field(default_factory=list)  # since its answer came

    def p(self, percent: float) -> float:
        """A percentile of what was measured since the request was sent."""
        return percentile(self.sent, percent)


class Watch:
    """Reads the public feed as a subscriber does, by long poll, and notes when an entry shows its new name."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._after = 0
        self.seen: dict[str, tuple[str, float]] = {}
        self._changed = asyncio.Event()

    async def begin(self) -> None:
        """Go to the end of the feed."""
        async with self._stage.engine.connect() as connection:
            self._after = (
                await connection.exec_driver_sql("SELECT max(sequence) FROM qingdan.feed_entry")
            ).scalar_one()

    async def follow(self) -> None:
        """Read until cancelled."""
        async with Line(self._stage.system.ports["publish"]) as line:
            while True:
                answer = (await line.get(f"/publish/v1/feed?after={self._after}&limit=500&wait=20")).expect(200)
                at = time.perf_counter()
                for event in orjson.loads(answer.body):
                    if "item" in event.get("data", {}):
                        self._note(event["data"]["item"], at)
                self._after = int(answer.headers["qingdan-next"])
                self._changed.set()

    def _note(self, item: dict[str, object], at: float) -> None:
        elements = item["elements"]
        assert isinstance(elements, dict)
        self.seen[str(item["id"])] = (elements.get("permit_name") or elements["name"], at)

    async def until(self, prepared: Prepared) -> float:
        """When the last of the adjustment's entries was there.

        Raises
        ------
        TimeoutError
            It did not come.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [
                    self._when(str(item), prepared.name[m.number])
                    for m in prepared.matters
                    for item in m.items.values()
                ]
                if all(found):
                    return max(found)
                self._changed.clear()
                await self._changed.wait()

    def _when(self, item: str, name: str) -> float:
        shown, at = self.seen.get(item, ("", 0.0))
        return at if shown == name else 0.0


async def one_at_a_time(stage: Stage, matters: Sequence[Matter], edition: int) -> Latencies:
    """Decide one, wait until all lists show it, decide the next."""
    prepared = await staff.prepare(stage, matters, edition)
    latencies = Latencies()
    watch = Watch(stage)
    await watch.begin()
    following = asyncio.create_task(watch.follow())
    async with staff.decider(stage) as line:
        for each in prepared:
            sent = time.perf_counter()
            await staff.decide(line, each)
            answered = time.perf_counter()
            last = await watch.until(each)
            latencies.sent.append(last - sent)
            latencies.answered.append(last - answered)
    following.cancel()
    return latencies


async def at_a_rate(stage: Stage, matters: Sequence[Matter], edition: int, rate: float = RATE) -> Latencies:
    """Decide at fixed instants, whatever the system does; latency counts from the instant."""
    return await decide_at_a_rate(stage, await staff.prepare(stage, matters, edition), rate)


async def decide_at_a_rate(
    stage: Stage, prepared: Sequence[Prepared], rate: float, until: asyncio.Task[Any] | None = None
) -> Latencies:
    """Decide what is prepared at fixed instants; when `until` is over, the rest is decided but not counted."""
    latencies = Latencies()
    watch = Watch(stage)
    await watch.begin()
    following = asyncio.create_task(watch.follow())
    free: asyncio.Queue[Line] = asyncio.Queue()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(DECIDERS):
            free.put_nowait(await stack.enter_async_context(staff.decider(stage)))
        started = time.perf_counter() + 0.1

        async def one(number: int, each: Prepared) -> None:
            due = started + number / rate
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            counts = until is None or not until.done()
            line = await free.get()
            await staff.decide(line, each)
            answered = time.perf_counter()
            free.put_nowait(line)
            last = await watch.until(each)
            if counts:
                latencies.sent.append(last - due)
                latencies.answered.append(last - answered)

        await asyncio.gather(*(one(number, each) for number, each in enumerate(prepared)))
    following.cancel()
    return latencies


async def measure(stage: Stage) -> list[Figure]:
    """The figures of single changes."""
    half = len(stage.corpus.matters) // 2
    each = 20 if stage.small else 100
    await one_at_a_time(stage, stage.corpus.matters[:10], 90)  # plans, caches, connections
    ours, limit, pairs = Latencies(), Latencies(), Pairs()
    for number in range(ROUNDS):
        mine = stage.corpus.matters[number * each : (number + 1) * each]
        theirs = stage.corpus.matters[half + number * each : half + (number + 1) * each]
        took = await one_at_a_time(stage, mine, 1)
        bare = await limits.one_at_a_time(stage, theirs, 1)
        ours.sent += took.sent
        ours.answered += took.answered
        limit.sent += bare
        pairs.ours.append(took.p(50))
        pairs.limit.append(percentile(bare, 50))
    count = 60 if stage.small else RATE * 30
    busy = await at_a_rate(stage, stage.corpus.matters[:count], 2)
    return [_alone(ours, limit, pairs), _busy(busy, count)]


def _alone(ours: Latencies, limit: Latencies, pairs: Pairs) -> Figure:
    p50, p99 = ours.p(50), ours.p(99)
    return Figure(
        name=f"decision to last entry of 6 lists readable, one at a time (n={len(ours.sent)})",
        ours=f"p50 {milliseconds(p50)}, p99 {milliseconds(p99)}",
        limit=f"p50 {milliseconds(limit.p(50))}, p99 {milliseconds(limit.p(99))}",
        ratio=pairs.ratio,
        target="p50 <= 20 ms, p99 <= 80 ms",
        met=p50 <= 0.020 and p99 <= 0.080,
        note="since the decision's answer: "
        f"p50 {milliseconds(percentile(ours.answered, 50))}, p99 {milliseconds(percentile(ours.answered, 99))}",
    )


def _busy(busy: Latencies, count: int) -> Figure:
    return Figure(
        name=f"the same at {RATE} changes a second for {count / RATE:.0f} s",
        ours=f"p50 {milliseconds(busy.p(50))}, p99 {milliseconds(busy.p(99))}",
        limit="-",
        target="p99 <= 250 ms",
        met=busy.p(99) <= 0.250,
    )
