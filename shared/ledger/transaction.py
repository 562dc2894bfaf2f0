"""A unit of work: the state change and the events that tell of it, committed together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import clock, telemetry
from shared.identifiers import new_id
from shared.ledger.append import Moved, append_events
from shared.ledger.envelope import NewEvent
from shared.ledger.failure import data_failure
from shared.schema.ledger import audit


class NeedsCare(Exception):
    """A data error in a transaction without savepoints: all of it is to be done again, with them."""


class Transaction:
    """What a use case works in: a connection, who acts, one instant, and the events it leaves.

    Use cases never commit. Events are collected and written as the last statement before the commit, so that the
    head of the log is held only for that statement.
    """

    def __init__(self, connection: AsyncConnection, *, service: str, actor: str, request_id: str | None = None) -> None:
        self.connection = connection
        self.service = service
        self.actor = actor
        self.request_id = request_id
        self.now: datetime = clock.now()
        # Without care there are no savepoints: they cost two round trips each, and data errors are rare.
        self.careful = True
        self._events: list[NewEvent] = []

    @property
    def events(self) -> tuple[NewEvent, ...]:
        """The events collected so far."""
        return tuple(self._events)

    def append(self, event: NewEvent) -> UUID:
        """Add an event to what this transaction will tell; returns the event's id."""
        self._events.append(event)
        return event.id

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What can be undone by itself when the data are wrong.

        Raises
        ------
        NeedsCare
            The data are wrong and the transaction works without care.
        """
        if self.careful:
            async with self.connection.begin_nested():
                yield
            return
        try:
            yield
        except Exception as error:
            if data_failure(error) is not None:
                raise NeedsCare from error
            raise

    def forget_since(self, mark: int) -> None:
        """Drop the events collected after `mark` (a length): their effect was rolled back to a savepoint."""
        del self._events[mark:]

    async def audit(self, tag: str, outcome: str, detail: Mapping[str, Any] | None = None) -> None:
        """Record an act without a change of state; `tag` is `source:subject:action`."""
        await self.connection.execute(
            insert(audit).values(
                id=new_id(),
                service=self.service,
                actor=self.actor,
                tag=tag,
                outcome=outcome,
                request_id=self.request_id,
                detail=dict(detail or {}),
            )
        )

    async def write_events(self, moved: Moved | None = None) -> int | None:
        """Append what was collected, and move the consumer whose effect it was; the last statement before the commit.

        Without events nothing is written, and no consumer is moved.
        """
        position = await append_events(
            self.connection,
            self._events,
            service=self.service,
            actor=self.actor,
            request_id=self.request_id,
            moved=moved,
        )
        self._events.clear()
        return position


@asynccontextmanager
async def begin(
    engine: AsyncEngine, *, service: str, actor: str, request_id: str | None = None
) -> AsyncIterator[Transaction]:
    """Open a transaction; it commits with its events at the end of the block, or not at all."""
    async with engine.connect() as connection, connection.begin():
        transaction = Transaction(connection, service=service, actor=actor, request_id=request_id)
        yield transaction
        await transaction.write_events()
        telemetry.crash_point("before-commit")
    telemetry.crash_point("after-business-commit")
