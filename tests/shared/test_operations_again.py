"""Passing errors: an operation is tried again, later each time, and tells what went wrong."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import attempts
from shared.ledger.operations import Running
from tests.shared.operating import is_in, run, start, state, waiting
from tests.shared.room import execute


async def lost(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
    raise ConnectionResetError("gone")


async def let_pass(owner: AsyncEngine, operation_id: UUID) -> None:
    """Let the time before the next attempt have passed."""
    await execute(
        owner, "UPDATE qingdan.operation SET not_before = not_before - interval '1 hour' WHERE id = :id",
        id=operation_id,
    )  # fmt: skip


async def test_a_passing_error_leaves_it_for_another_attempt_but_not_for_ever(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    operation_id = await start(catalog)
    for attempt in range(attempts.MOST_ATTEMPTS):
        assert await is_in(catalog, operation_id, "queued"), attempt
        with pytest.raises(ConnectionResetError):
            await run(catalog, operation_id, lost)
        await let_pass(owner, operation_id)
    row = await state(catalog, operation_id)
    assert row.state == "failed"
    assert row.finished_at is not None
    assert row.error == "given up after 5 attempts; the last error was ConnectionResetError: gone"


async def test_after_a_passing_error_the_next_attempt_waits_longer_each_time(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    operation_id, waits = await start(catalog), []
    for attempt in (1, 2, 3):
        with pytest.raises(ConnectionResetError):
            await run(catalog, operation_id, lost)
        row = await state(catalog, operation_id)
        assert (row.attempts, row.error) == (attempt, "ConnectionResetError: gone")
        waits.append((row.not_before - row.heartbeat_at).total_seconds())
        assert (operation_id, attempt) not in await waiting(catalog)
        await run(catalog, operation_id, lost)
        assert (await state(catalog, operation_id)).attempts == attempt, "a hint that comes early does nothing"
        await let_pass(owner, operation_id)
        assert (operation_id, attempt) in await waiting(catalog)
    assert waits[0] >= attempts.FIRST_WAIT_SECONDS
    assert waits[2] > 3 * waits[1] > 6 * waits[0]

    async def work(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
        return {}

    await run(catalog, operation_id, work)
    row = await state(catalog, operation_id)
    assert (row.state, row.error) == ("succeeded", None)
