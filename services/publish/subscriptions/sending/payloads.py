"""Bodies of deliveries, read together the moment before they are sent: what was withdrawn since is not in them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.subscriptions.reading import events, repository
from shared.webhook.connection import NotDelivered

# Read at a time: bodies are some kilobytes each.
MOST = 200


@dataclass(frozen=True)
class Payload:
    """What is sent: the event's id and its bytes."""

    id: str
    body: bytes
    recorded_at: datetime


@dataclass
class _Asked:
    subscription_id: UUID
    sequence: int
    feed_sequence: int
    answer: asyncio.Future[Payload] = field(repr=False)


class Payloads:
    """Collects what all endpoints ask for while a statement runs, and reads it with the next one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._asked: list[_Asked] = []
        self._news = asyncio.Event()

    async def get(self, subscription_id: UUID, sequence: int, feed_sequence: int) -> Payload:
        """The event a sequence stands for, as it may be seen now.

        Raises
        ------
        NotDelivered
            The feed does not hold it any more.
        Exception
            The database is away.
        """
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(subscription_id, sequence, feed_sequence, answer))
        self._news.set()
        return await answer

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._asked:
                batch, self._asked = self._asked[:MOST], self._asked[MOST:]
                try:
                    await self._answer(batch)
                except Exception as error:
                    for one in batch:
                        if not one.answer.done():
                            one.answer.set_exception(error)

    async def _answer(self, batch: list[_Asked]) -> None:
        wanted = sorted({one.feed_sequence for one in batch if one.feed_sequence})
        own = [(one.subscription_id, one.sequence) for one in batch if not one.feed_sequence]
        async with self._engine.connect() as connection:
            entries = {row.sequence: row for row in await repository.entries(connection, wanted)} if wanted else {}
            notices = await repository.notices(connection, own) if own else []
        noted = {(row.subscription_id, row.sequence): row for row in notices}
        for one in batch:
            if one.answer.done():
                continue
            notice = noted.get((one.subscription_id, one.sequence))
            entry = entries.get(one.feed_sequence)
            if notice is not None:
                one.answer.set_result(Payload(str(notice.id), events.of_notice(notice), notice.recorded_at))
            elif entry is not None:
                body = events.of_entry(entry, one.sequence)
                one.answer.set_result(Payload(str(entry.id), body, entry.recorded_at))
            else:
                one.answer.set_exception(NotDelivered("the feed does not hold this entry any more"))
