"""A storm: clients stream, chaos kills, a witness watches; then everything drains and the promises are checked."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import asyncpg

from tests.faults import (
    acknowledged,
    authority,
    cases,
    closure,
    delivery,
    exchanged,
    facts,
    founding,
    full_check,
    governed,
    proof,
    sealed,
    subscribed,
    world,
)
from tests.faults.authority import Authority
from tests.faults.cases import Case
from tests.faults.chaos import Chaos
from tests.faults.client import Client
from tests.faults.drain import drain
from tests.faults.facts import Facts, Violation
from tests.faults.governed import Asked
from tests.faults.integrator import Integrator
from tests.faults.journal import Journal
from tests.faults.office import Office
from tests.faults.outcome import Outcome
from tests.faults.place import Installation
from tests.faults.post import Post
from tests.faults.province import Province
from tests.faults.receivers import Receivers
from tests.faults.subscribed import Restore
from tests.faults.witness import Witness

# Answers are waited for a while after the last kill; then what is open stays unknown.
GRACE_SECONDS = 30.0


class Storm:
    """An installation with its world and its clients, through any number of rounds."""

    def __init__(
        self, place: Installation, everything: world.World, receivers: Receivers, province: Province, post: Post
    ) -> None:
        self.place, self.post = place, post
        self.receivers, self.province = receivers, province
        self.restores: list[Restore] = []
        self.repaired = 0
        self.world = everything
        self.moved_at = time.time()
        self.earlier: list[Installation] = []
        first, second, third = everything.departments
        self.clients = [
            Client(number, department, everything, place.system, Journal(place.folder / f"client-{number}.jsonl"))
            for number, department in enumerate((first, first, second, third))
        ]
        self.integrator = Integrator(place, everything, receivers)
        self.authority = Authority(place, everything, Journal(place.folder / "authority.jsonl"))
        self.office = Office(place, everything, Journal(place.folder / "office.jsonl"))
        self.decided = 0

    @property
    def people(self) -> list[Client | Authority]:
        """Everybody who asks and keeps a journal."""
        return [*self.clients, self.authority]

    @property
    def callers(self) -> list[Client | Authority | Integrator | Office]:
        """Everybody who asks."""
        return [*self.people, self.integrator, self.office]

    @property
    def journals(self) -> list[Path]:
        """The clients' journals."""
        return [client.journal.path for client in self.clients]

    async def round(self, seed: str, seconds: float) -> Outcome:
        """Rage for so many seconds, drain, check."""
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        for client in self.clients:
            client.caller.deadline = loop.time() + GRACE_SECONDS
            await client.sign_in()
        until = loop.time() + seconds
        log = Journal(self.place.folder / "chaos.jsonl")
        inside, outside = random.Random(f"{seed}/chaos"), random.Random(f"{seed}/outside")
        chaos = Chaos(self.place, self.receivers, self.province, inside, log, outside)
        witness = Witness(self.place, self.world)
        full = asyncio.create_task(full_check.keep_asking(self.place, self.world.authority, until))
        async with asyncio.TaskGroup() as everybody:  # when one fails, nobody goes on killing and starting
            everybody.create_task(chaos.rage(until))
            everybody.create_task(chaos.disturb(until))
            everybody.create_task(witness.watch(until))
            everybody.create_task(self._stream(seed, until))
        outcome = Outcome(seed, 0, chaos.kills, looks=witness.looks, failures=chaos.failures)
        outcome.violations += [Violation(3, "a reader saw lists contradict", what) for what in witness.found[:20]]
        outcome.violations += await self.settle(chaos.keep)
        outcome.violations += await full
        await self.check(outcome)
        outcome.seconds = time.monotonic() - started
        return outcome

    def streaming(self, seed: str, seconds: float) -> asyncio.Task[None]:
        """Let the clients work without any chaos, until they are told to stop or for so many seconds."""
        return asyncio.create_task(self._stream(seed, asyncio.get_running_loop().time() + seconds))

    async def more_decided(self, load: asyncio.Task[None], count: int) -> None:
        """Wait until so many more decisions were acknowledged, or the load has ended."""
        wanted = count + sum(client.decided for client in self.clients)
        while sum(client.decided for client in self.clients) < wanted and not load.done():
            await asyncio.wait([load], timeout=0.05)

    async def stop(self, load: asyncio.Task[None]) -> None:
        """Let the clients finish what they began."""
        for person in self.callers:
            person.until = 0.0
        await load

    async def _stream(self, seed: str, until: float) -> None:
        deadline = until + GRACE_SECONDS
        people = [client.stream(seed, until, deadline) for client in self.clients]
        owners = (
            self.authority.accept(seed, until, deadline),
            self.integrator.work(seed, until, deadline),
            self.office.work(seed, until, deadline),
        )
        await asyncio.gather(*people, *owners)

    async def settle(self, keep: Callable[[], None] = lambda: None) -> list[Violation]:
        """Wait until nothing is under way; what still is when time is over speaks against promise 2."""
        await self.integrator.put_in_order()
        await self.province.put_in_order()
        left = await self.office.keep_hastening(drain(self.place, keep, self.province.complaints))
        if not left:
            left = await self.office.keep_hastening(self._compare(keep))
        return [Violation(2, "something is still under way after the drain", what, lost=1) for what in left]

    async def _compare(self, keep: Callable[[], None]) -> list[str]:
        """Repair what the platform has acknowledged and not stored; then there is no difference."""
        caller = self.integrator.caller
        self.repaired = (await self.province.compare(caller, repair=True))["repaired"]
        left = await drain(self.place, keep, self.province.complaints)
        # Of something that no newer version replaces: nobody has corrected it when the promises are checked.
        await self.province.complain(random.Random(self.province.complaints))
        left += await drain(self.place, keep, self.province.complaints)
        found = await self.province.compare(caller, repair=False)
        if found["differences"] or found["in_transit"]:
            left.append(f"after the repair the platform differs: {found}")
        return left

    def move(self, place: Installation) -> None:
        """Go on with another installation, which may have forgotten some of what the clients know."""
        self.earlier.append(self.place)
        self.place, self.moved_at = place, time.time()
        for client in self.clients:
            client.move(place.system)
        self.office.place = place
        self.office.given.clear()  # a restore may have taken some of them back
        for owner in (self.authority, self.integrator, self.office):
            owner.caller.system = place.system
            owner.caller.forget()

    async def check(self, outcome: Outcome, *, lost_between: tuple[float, float] = cases.NOTHING_LOST) -> None:
        """All promises, on what the clients were told, what the database says and what the public API gives."""
        told = cases.collect(self.journals, lost_between=lost_between)
        rows = await read_facts(self.place)
        decided, outcome.unknown = acknowledged.acknowledged(told)
        outcome.acknowledged, self.decided = decided - self.decided, decided
        outcome.waiting = closure.waiting(rows)
        streams = self.receivers.streams()
        outcome.received, outcome.repeated = subscribed.repeated(streams)
        asked = governed.collect(self.office.journal.path, lost_between=lost_between)
        outcome.violations += check_rows(self.world, told, asked, rows, self.place.seen)
        letters = self.post.letters()
        outcome.violations += governed.post(self.world, letters, rows, since=self.moved_at if self.earlier else 0.0)
        outcome.words, outcome.messages = len(rows.words), len(rows.messages)
        outcome.reports, outcome.letters = len(rows.reports), len(letters)
        outcome.letters_repeated = governed.repeated(letters)
        outcome.violations += subscribed.check(streams, rows, self.restores)
        outcome.violations += exchanged.check(await self.province.holding(), rows)
        outcome.repaired = self.repaired
        accepted = authority.collect(self.authority.journal.path, lost_between=lost_between)
        outcome.accepted = sum(len(each.drafts) for each in accepted if each.outcome == "acknowledged")
        outcome.violations += authority.check(accepted, rows)
        outcome.violations += [violation async for violation in proof.check(self.place.system.url("publish"), rows)]
        outcome.violations += await full_check.check(self.place, self.world.authority)
        outcome.violations += [violation async for violation in sealed.check(self.place, earlier=self.earlier)]
        outcome.violations += closure.nothing_new(rows, await read_facts(self.place))
        for person in self.callers:
            outcome.broken += person.caller.broken
            person.caller.broken.clear()

    async def close(self) -> None:
        """Close journals and connections."""
        for person in (*self.people, self.office):
            person.journal.close()
        for caller in self.callers:
            await caller.caller.close()


def check_rows(
    everything: world.World, told: Sequence[Case], asked: Asked, rows: Facts, seen: Path | None
) -> Iterator[Violation]:
    """The promises that can be checked on rows alone."""
    for case in told:
        for trouble in case.trouble:
            yield Violation(1, "an honest client was not served", f"{case.name}: {trouble}")
    yield from acknowledged.check(told, rows)
    yield from delivery.check(rows, seen)
    yield from closure.check(everything, rows)
    yield from exchanged.rejections(rows)
    yield from governed.check(everything, asked, rows)


async def read_facts(place: Installation) -> Facts:
    """The rows of the present database."""
    connection = await asyncpg.connect(place.database_url)
    try:
        return await facts.read(connection)
    finally:
        await connection.close()


async def raised(place: Installation) -> Storm:
    """Start servers and processes, build the world."""
    await asyncio.to_thread(place.start_servers)
    everything = await founding.build(place.database_url)
    receivers, province, post = Receivers(place.folder), Province(place.folder, everything), Post(place.folder)
    for outside in (receivers, province, post):
        outside.join(place.system)
    storm = Storm(place, everything, receivers, province, post)
    await storm.office.move_in()
    place.system.start()
    await asyncio.to_thread(place.system.wait_ready)
    await storm.integrator.subscribe()
    await province.register(storm.integrator.caller)
    return storm
