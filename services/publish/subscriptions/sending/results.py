"""What came of attempts, saved in batches: a few statements for many deliveries.

A process that is killed between an acknowledgement and its saving sends the event again, under the same id and number.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.subscriptions.sending import repository
from shared import clock, telemetry

log = telemetry.get_logger(__name__)

# Nobody waits for a result to be saved; the more of them a statement takes, the cheaper each is.
GATHER_SECONDS = 0.05
MOST = 500
RETRY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was sent, as far as it is written down: nothing that could be sent once more.

    Attributes
    ----------
    signatures : their versions and beginnings.
    digest : SHA-256 of the body, in hexadecimal.
    """

    event_id: UUID
    signed_at: datetime
    signatures: str
    size: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one attempt, and how the endpoint stands after it.

    Attributes
    ----------
    queued_at : of the delivery that was attempted: one that was asked for again meanwhile is still to be sent.
    retry_at : when this event is due again.
    failures, opens_at : of the endpoint.
    """

    id: UUID
    subscription_id: UUID
    sequence: int
    at: datetime
    delivered: bool
    milliseconds: int
    queued_at: datetime | None = None
    status: int | None = None
    error: str | None = None
    answer: str | None = None
    answer_headers: dict[str, str] | None = None
    request: Request | None = None
    retry_at: datetime | None = None
    failures: int = 0
    opens_at: datetime | None = None


class Results:
    """Collects results and saves them.

    Attributes
    ----------
    unsaved
        (subscription, sequence, queued at) of what was acknowledged and is still in the window of the database.
    """

    def __init__(self, engine: AsyncEngine, saved: Callable[[], None]) -> None:
        self._engine = engine
        self._saved = saved
        self._waiting: list[Result] = []
        self._news = asyncio.Event()
        self.unsaved: set[tuple[UUID, int, datetime | None]] = set()

    def add(self, result: Result) -> None:
        """Take a result in."""
        self._waiting.append(result)
        if result.delivered:
            self.unsaved.add((result.subscription_id, result.sequence, result.queued_at))
        self._news.set()

    async def run(self) -> None:
        """Save until cancelled, and then what is left."""
        try:
            while True:
                await self._news.wait()
                await asyncio.sleep(GATHER_SECONDS)
                self._news.clear()
                while self._waiting:
                    await self._save(self._waiting[:MOST])
        finally:
            with contextlib.suppress(DBAPIError, OSError):
                while self._waiting:
                    await self._save(self._waiting[:MOST])

    async def _save(self, batch: list[Result]) -> None:
        telemetry.crash_point("between-answer-and-saving")
        try:
            async with self._engine.begin() as connection:
                await repository.save(connection, columns(batch))
        except (DBAPIError, OSError) as error:
            log.warning("results will be saved again", count=len(batch), error=str(error)[:300])
            await asyncio.sleep(RETRY_SECONDS)
            return
        del self._waiting[: len(batch)]
        self.unsaved.difference_update((one.subscription_id, one.sequence, one.queued_at) for one in batch)
        self._saved()


def columns(batch: list[Result]) -> dict[str, object]:
    delivered = [one for one in batch if one.delivered]
    failed = [one for one in batch if not one.delivered]
    endpoints = {one.subscription_id: one for one in batch}
    return {
        "now": clock.now(),
        "delivered": [one.subscription_id for one in delivered],
        "delivered_sequences": [one.sequence for one in delivered],
        "delivered_queued": [one.queued_at for one in delivered],
        "failed": [one.subscription_id for one in failed],
        "failed_sequences": [one.sequence for one in failed],
        "retries": [one.retry_at for one in failed],
        "failed_errors": [one.error for one in failed],
        "failed_instants": [one.at for one in failed],
        "endpoints": list(endpoints),
        "failures": [one.failures for one in endpoints.values()],
        "opens": [one.opens_at for one in endpoints.values()],
        "last_instants": [one.at for one in endpoints.values()],
        "subscriptions": [one.subscription_id for one in batch],
        "ids": [one.id for one in batch],
        "sequences": [one.sequence for one in batch],
        "outcomes": ["delivered" if one.delivered else "failed" for one in batch],
        "statuses": [one.status for one in batch],
        "milliseconds": [one.milliseconds for one in batch],
        "errors": [one.error for one in batch],
        "answers": [one.answer for one in batch],
        "instants": [one.at for one in batch],
        "answer_headers": [
            None if one.answer_headers is None else orjson.dumps(one.answer_headers).decode() for one in batch
        ],
    } | _requests([one.request for one in batch])


def _requests(sent: list[Request | None]) -> dict[str, object]:
    return {
        "events": [one and one.event_id for one in sent],
        "signed": [one and one.signed_at for one in sent],
        "signatures": [one and one.signatures for one in sent],
        "sizes": [one and one.size for one in sent],
        "digests": [one and one.digest for one in sent],
    }
