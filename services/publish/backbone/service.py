"""Writes the public feed to the stream: one writer, batch by batch, from wherever the stream itself ends.

Our database keeps the position, and the stream's last message says the same of its own: after a crash, an
acknowledgement that was lost, or a restore of either side the two are compared before anything is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import nats.errors
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.backbone import repository, rules
from services.publish.backbone.rules import Known, Message, Wanted
from services.publish.backbone.stream import NotTaken, Server, Stream, connected
from services.publish.portal.feed import NEWS
from shared import clock, pulse, telemetry
from shared.ledger.bell import Bell
from shared.ledger.failure import is_passing

log = telemetry.get_logger(__name__)

# Entries read and written together: bodies are some kilobytes each.
BATCH = 200
# A message is acknowledged when most servers hold it; an election takes a few seconds.
ACKNOWLEDGED_SECONDS = 5.0
LONGEST_ERROR = 300
# What a backbone that is away, busy or set up otherwise looks like.
FORESEEN = (NotTaken, nats.errors.Error, OSError, TimeoutError)


@dataclass
class Figures:
    """What is told of the sink: position, entries behind, failures in a row, problems of the stream."""

    position: int = 0
    lag: int = 0
    failures: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Writer:
    """Writes over one connection to the stream and one to the database."""

    connection: AsyncConnection
    stream: Stream
    wanted: Wanted
    known: Known
    last: int = 0  # number of the stream's last message

    async def align(self, figures: Figures) -> None:
        """Find where the stream ends and go on from there; tell its readers when the log was restored.

        Raises
        ------
        NotTaken
            Somebody else writes to the stream.
        """
        self.last, figures.problems = await self.stream.ensure()
        await repository.note_problems(self.connection, self.wanted.name, figures.problems)
        found = rules.start(self.known, self.last, await self.stream.mark(self.last))
        if found.voided is None:
            await self._forget_again(found.position)
        else:
            told = rules.resync(self.wanted.prefix, found, self.known, clock.now())
            self.last = await self.stream.write([told], self.last)
            log.warning("the log has a new epoch: readers of the stream are told", last_valid=found.position)
        await self._keep(replace(self.known, position=found.position, begun_epoch=found.begun_epoch))

    async def _forget_again(self, position: int) -> None:
        """What was written and not committed may have been written without purging what it withdraws."""
        after = self.known.position
        while self.known.epoch == self.known.log_epoch and after < position:
            messages = await self._messages(after, min(BATCH, position - after))
            if not messages:
                return
            for message in messages:
                if message.purges:
                    await self.stream.purge(message.purges)
            after = messages[-1].sequence

    async def round(self, figures: Figures) -> bool:
        """Write the next batch; False when there is nothing to write.

        Raises
        ------
        NotTaken
            Look where the stream ends before going on.
        """
        messages = await self._messages(self.known.position, BATCH)
        if not messages:
            return False
        first = self.last + 1
        self.last = await self.stream.write(messages, self.last)
        telemetry.crash_point("backbone-before-commit")
        for number, message in enumerate(messages, start=first):
            if message.purges:
                await self.stream.purge(message.purges, before=number)
        await self._keep(replace(self.known, position=messages[-1].sequence))
        figures.position = self.known.position
        return True

    async def _messages(self, after: int, limit: int) -> list[Message]:
        rows = await repository.entries(self.connection, after, limit)
        lists = {row.list_id for row in rows if row.item_id is not None and row.body is not None}
        purged = await repository.purged(self.connection, lists) if lists else set()
        return [
            rules.message(row, prefix=self.wanted.prefix, known=self.known, largest=self.stream.largest, purged=purged)
            for row in rows
        ]

    async def _keep(self, known: Known) -> None:
        self.known = replace(known, epoch=known.log_epoch)
        await repository.move(self.connection, self.wanted.name, self.known, clock.now())


@dataclass
class Sink:
    """Keeps a writer at work until it is cancelled; whatever fails is tried again, later and later."""

    engine: AsyncEngine
    bell: Bell
    servers: list[Server]
    wanted: Wanted
    poll_seconds: float
    tell: Callable[[Figures], None]
    acknowledged_seconds: float = ACKNOWLEDGED_SECONDS
    figures: Figures = field(default_factory=Figures)
    attempts: int = 0

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            pulse.turned("backbone", rests=rules.BACK_OFF_MOST)
            try:
                await self._work()
            except Exception as error:  # a sink that ended would be silent for ever
                self.figures.failures += 1
                await self._note(error)
                self.tell(self.figures)
                await asyncio.sleep(rules.back_off(self.figures.failures, random.uniform(0.5, 1.0)))

    async def _work(self) -> None:
        """Write while everything is well; return when somebody else is the one who writes."""
        server = self.servers[self.attempts % len(self.servers)]
        self.attempts += 1
        async with self._leased() as connection:
            if connection is None:
                self.figures = Figures()  # they are the other's to tell, also what failed here before it took over
                self.tell(self.figures)
                await asyncio.sleep(self.poll_seconds)
                return
            async with connected(server, self.wanted, self.acknowledged_seconds) as stream:
                known = await repository.known(connection, self.wanted.name)
                writer = Writer(connection, stream, self.wanted, known)
                await writer.align(self.figures)
                while True:
                    await self._level(writer)

    async def _level(self, writer: Writer) -> None:
        """Write all there is, then wait for news."""
        pulse.turned("backbone", rests=self.poll_seconds)
        ring = self.bell.next_ring(NEWS)
        while await writer.round(self.figures):
            pulse.turned("backbone", rests=self.poll_seconds)
            self.tell(self.figures)
        self.figures.failures = 0
        self.figures.position = writer.known.position
        self.figures.lag = max(0, await repository.head(writer.connection) - writer.known.position)
        self.tell(self.figures)
        await self.bell.wait(self.poll_seconds, ring)

    @contextlib.asynccontextmanager
    async def _leased(self) -> AsyncIterator[AsyncConnection | None]:
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            mine = await repository.lease(connection, self.wanted.name)
            try:
                yield connection if mine else None
            finally:
                if mine:
                    with contextlib.suppress(Exception):  # the lock ends with its connection anyway
                        await repository.release(connection, self.wanted.name)

    async def _note(self, error: Exception) -> None:
        """Tell of a failure in the log and for the doctor."""
        said = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
        foreseen = isinstance(error, FORESEEN) or is_passing(error)
        log.warning("the backbone will be tried again", failures=self.figures.failures, error=said,
                    exc_info=None if foreseen else error)  # fmt: skip
        with contextlib.suppress(Exception):  # the database may be what is away
            async with self.engine.begin() as connection:
                await repository.note_failure(connection, self.wanted.name, said, clock.now())
                self.figures.lag = max(0, await repository.head(connection) - self.figures.position)
