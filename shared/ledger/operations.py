"""Operations: work longer than a second, with progress and cancel, that survives the process doing it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import problems, telemetry
from shared.identifiers import new_id
from shared.ledger import attempts
from shared.ledger.append import CHANNEL
from shared.ledger.failure import data_failure
from shared.ledger.transaction import Transaction
from shared.schema.ledger import operation

log = telemetry.get_logger(__name__)

# What the bell says when there is long work to do; no event, so consumers sleep on.
RING = "operation.created"
# A run that has not shown a sign of life for this long is dead; the sweep gives its row to another worker.
SILENT_SECONDS = 30
# The sign of life does not depend on how long a chunk takes.
HEARTBEAT_SECONDS = 5


class Cancelled(Exception):
    """The operation was cancelled between two chunks; what was done stays, and `result` says what that is."""

    def __init__(self, result: Mapping[str, Any] | None = None) -> None:
        super().__init__("cancelled")
        self.result = result


class Superseded(Cancelled):
    """Another worker has taken over, because this one was silent for too long: stop, and leave the row alone."""


class Running:
    """An operation as the code that runs it sees it."""

    def __init__(self, engine: AsyncEngine, row: Row[Any]) -> None:
        self.engine = engine
        self.id: UUID = row.id
        self.kind: str = row.kind
        self.parameters: dict[str, Any] = row.parameters
        self.actor: str = row.created_by
        self.attempt: int = row.attempts

    async def progress(self, done: int, total: int | None = None) -> None:
        """Report how far it is; also a sign of life.

        Raises
        ------
        Superseded
            Another worker has the operation now.
        """
        await self._report(done, total)

    async def step(self, done: int, total: int | None = None) -> None:
        """`progress` and `stop_if_cancelled` in one statement; call between chunks.

        Raises
        ------
        Superseded
            Another worker has the operation now.
        Cancelled
            Somebody asked to stop.
        """
        if await self._report(done, total):
            raise Cancelled

    async def _report(self, done: int, total: int | None) -> bool:
        values: dict[str, Any] = {"done": done, "heartbeat_at": func.clock_timestamp()}
        if total is not None:
            values["total"] = total
        async with self.engine.begin() as connection:
            asked = await _write(connection, self.id, self.attempt, values)
        if asked is None:
            raise Superseded
        return asked

    async def succeed(self, tx: Transaction, result: Mapping[str, Any]) -> None:
        """End in the transaction that does the work: what must not be done twice and its result are there or are not.

        Raises
        ------
        Superseded
            Another worker has the operation now.
        """
        values = {"state": "succeeded", "result": dict(result), "error": None, "finished_at": func.clock_timestamp()}
        if await _write(tx.connection, self.id, self.attempt, values) is None:
            raise Superseded

    async def cancelled(self) -> bool:
        """True when somebody asked to stop."""
        async with self.engine.connect() as connection:
            row = await connection.execute(select(operation.c.cancel_requested).where(operation.c.id == self.id))
            return bool(row.scalar_one())

    async def stop_if_cancelled(self) -> None:
        """Raise Cancelled when somebody asked to stop; call between chunks."""
        if await self.cancelled():
            raise Cancelled


@dataclass(frozen=True, kw_only=True)
class OperationKind:
    """A kind of long work: its name and the function that does it, returning the result document."""

    kind: str
    run: Callable[[AsyncEngine, Running], Awaitable[Mapping[str, Any]]]


async def create(tx: Transaction, *, kind: str, parameters: Mapping[str, Any], total: int | None = None) -> UUID:
    """Record an operation in the caller's transaction; a worker starts it after the commit."""
    operation_id = new_id()
    await tx.connection.execute(
        insert(operation).values(
            id=operation_id,
            service=tx.service,
            kind=kind,
            parameters=dict(parameters),
            total=total,
            created_by=tx.actor,
        )
    )
    await tx.connection.execute(text("SELECT pg_notify(:channel, :type)"), {"channel": CHANNEL, "type": RING})
    return operation_id


async def find(connection: AsyncConnection, operation_id: UUID, service: str) -> Row[Any]:
    """The operation's row.

    Raises
    ------
    problems.NotFound
        No such operation in this service.
    """
    found = await connection.execute(
        select(operation).where(operation.c.id == operation_id, operation.c.service == service)
    )
    row = found.one_or_none()
    if row is None:
        raise problems.NotFound("没有这个操作，请检查编号。", code="operation_not_found")
    return row


async def cancel(tx: Transaction, operation_id: UUID) -> None:
    """Ask a queued or running operation to stop; one that has ended stays as it is."""
    await tx.connection.execute(
        update(operation)
        .where(operation.c.id == operation_id, operation.c.state.in_(["queued", "running"]))
        .values(
            cancel_requested=1,
            state=text("CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END"),
            finished_at=text("CASE WHEN state = 'queued' THEN clock_timestamp() END"),
        )
    )


def _unattended(service: str) -> ColumnElement[bool]:
    """Queued and due, or running without a sign of life."""
    now = func.clock_timestamp()
    due = or_(operation.c.not_before.is_(None), operation.c.not_before <= now)
    silent = operation.c.heartbeat_at < now - text(f"interval '{SILENT_SECONDS} seconds'")
    state = operation.c.state
    return and_(operation.c.service == service, or_((state == "queued") & due, (state == "running") & silent))


async def claim(connection: AsyncConnection, operation_id: UUID, service: str) -> Row[Any] | None:
    """Take a queued or abandoned operation; None when another worker has it, it is not due yet or it has ended."""
    taken = await connection.execute(
        update(operation)
        .where(operation.c.id == operation_id, _unattended(service))
        .values(
            state="running",
            attempts=operation.c.attempts + 1,
            started_at=func.coalesce(operation.c.started_at, func.clock_timestamp()),
            heartbeat_at=func.clock_timestamp(),
        )
        .returning(operation)
    )
    row: Row[Any] | None = taken.one_or_none()
    return row


async def waiting(connection: AsyncConnection, service: str) -> list[tuple[UUID, int]]:
    """Operations nobody works on though they are due, with their attempts so far."""
    rows = await connection.execute(
        select(operation.c.id, operation.c.attempts).where(_unattended(service)).order_by(operation.c.created_at)
    )
    return [(row.id, row.attempts) for row in rows]


async def execute(engine: AsyncEngine, service: str, kinds: Mapping[str, OperationKind], operation_id: UUID) -> None:
    """Run one operation to its end; does nothing when it is already taken or over.

    An orderly stop of the worker leaves the row `queued` for the next attempt, a passing error does so too, with what
    it was and a time to wait, but not the last one; data errors end it as `failed` with the message.
    """
    async with engine.begin() as connection:
        row = await claim(connection, operation_id, service)
    if row is None:
        return
    running = Running(engine, row)
    if row.attempts > attempts.MOST_ATTEMPTS:
        await _finish(running, state="failed", error=attempts.given_up(row.error))
        return
    try:
        await running.stop_if_cancelled()
        async with _alive(running):
            result = await kinds[row.kind].run(engine, running)
    except Superseded:
        log.warning("operation was taken over", operation=str(operation_id), kind=row.kind)
    except Cancelled as stopped:
        await _finish(running, state="cancelled", result=stopped.result)
    except asyncio.CancelledError:
        await _again(running)
        raise
    except Exception as error:
        failure = data_failure(error)
        log.warning("operation failed", operation=str(operation_id), kind=row.kind, error=str(error)[:500])
        if failure is None:
            await _after_passing(running, attempts.told(error))
            raise
        await _finish(running, state="failed", error=f"{failure.code}: {failure.message}")
    else:
        await _finish(running, state="succeeded", result=dict(result))


@contextlib.asynccontextmanager
async def _alive(running: Running) -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                async with running.engine.begin() as connection:
                    await _write(connection, running.id, running.attempt, {"heartbeat_at": func.clock_timestamp()})
            except Exception as error:  # the next beat tries again; too many missed ones hand the row over
                log.warning("no heartbeat", operation=str(running.id), error=str(error)[:200])

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _write(
    connection: AsyncConnection, operation_id: UUID, attempt: int, values: Mapping[str, Any]
) -> bool | None:
    """Change the row of a run: whether somebody asked to stop; None when the run is no longer the one that counts."""
    changed = await connection.execute(
        update(operation)
        .where(operation.c.id == operation_id, operation.c.attempts == attempt, operation.c.state == "running")
        .values(**values)
        .returning(operation.c.cancel_requested)
    )
    asked = changed.scalar_one_or_none()
    return None if asked is None else bool(asked)


async def _again(running: Running, **values: Any) -> None:
    async with running.engine.begin() as connection:
        await _write(connection, running.id, running.attempt, {"state": "queued", **values})


async def _after_passing(running: Running, error: str) -> None:
    if running.attempt >= attempts.MOST_ATTEMPTS:
        await _finish(running, state="failed", error=attempts.given_up(error))
        return
    wait = text(f"interval '{attempts.wait_seconds(running.attempt)} seconds'")
    await _again(running, not_before=func.clock_timestamp() + wait, error=error)


async def _finish(
    running: Running, *, state: str, result: Mapping[str, Any] | None = None, error: str | None = None
) -> None:
    values = {"state": state, "result": result, "error": error, "finished_at": func.clock_timestamp()}
    async with running.engine.begin() as connection:
        await _write(connection, running.id, running.attempt, values)
