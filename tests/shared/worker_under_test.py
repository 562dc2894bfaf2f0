"""A worker for the tests: one consumer that records each effect, and operations that take their time."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger.consume import Consumer
from shared.ledger.operations import OperationKind, Running
from shared.worker import Work, main
from tests.shared.room import record

NAME = "kit_worker"


async def count(_engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Count to `to`, one every `pause` seconds, with progress; stops when asked to."""
    to = int(running.parameters["to"])
    for done in range(1, to + 1):
        await running.stop_if_cancelled()
        await asyncio.sleep(float(running.parameters.get("pause", 0.02)))
        await running.progress(done, to)
    return {"counted": to, "attempt": running.attempt}


async def refuse(_engine: AsyncEngine, _running: Running) -> Mapping[str, Any]:
    """Fail by the data's fault."""
    raise ValueError("line 3 is no date")


CONSUMER = Consumer(name=NAME, service="catalog", types=frozenset({NAME}), effect=record, batch=7)
WORK = Work(
    service="catalog",
    module="tests.shared.worker_under_test",
    consumers=[CONSUMER],
    operations=[OperationKind(kind="count", run=count), OperationKind(kind="refuse", run=refuse)],
)

if __name__ == "__main__":
    main(WORK)
