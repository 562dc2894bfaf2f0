"""Sending what waits in the outbox: taken with a lease, sent without a transaction, noted afterwards.

Killed between the server's yes and our note, a delivery goes out again under the same identifier: `Message-ID` of an
e-mail, `webhook-id` of a webhook; whoever receives keeps one of two that are alike. Nothing is lost, nothing waits for
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.messages import rules
from services.workflow.messages.outbox import repository
from shared import clock, telemetry
from shared.statement import Row

log = telemetry.get_logger(__name__)
# A batch is over long before its lease.
BATCH = 50
BATCH_SECONDS = 45.0
# A tick ends before a probe would take it for stuck; the rest follows with the next.
MOST_BATCHES = 4
LEASE = timedelta(minutes=5)
DROPPED = "dropped"


class ServerAway(Exception):
    """Whoever takes messages does not answer, or not us; the message says why, without anything that is secret."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a delivery.

    Attributes
    ----------
    outcome
        `sent`; `refused` for good; `failed` for now; `unanswered`: nobody was there to refuse it.
    error
        Why not, without addresses or anything else that is somebody's.
    """

    outcome: str
    error: str | None = None


Send = Callable[[Sequence[Row], dict[Any, Attempt]], Awaitable[None]]
"""Tries deliveries and notes at once what became of each; may raise `ServerAway`. What is not noted was not tried and,
unless the server is away, follows at once."""


async def send_waiting(engine: AsyncEngine, channel: str, send: Send) -> None:
    """Send what a channel's outbox holds, some batches of it, until it is empty or the server does not answer."""
    for _ in range(MOST_BATCHES):
        now = clock.now()
        async with engine.begin() as connection:
            telemetry.MESSAGE_OLDEST.labels(channel).set(await repository.oldest(connection, channel, now))
            await repository.expire(connection, channel, before=now - rules.GIVEN_UP_AFTER, now=now)
            taken = await repository.take(connection, channel, now=now, until=now + LEASE, limit=BATCH)
        if not taken:
            return
        telemetry.crash_point("messages-taken")
        found, away = await _tried([row for row in taken if row.wanted], send)
        telemetry.crash_point("messages-sent")
        await _note(engine, channel, taken, found, away)
        if away is not None or (len(taken) < BATCH and all(row.id in found for row in taken if row.wanted)):
            return


async def _tried(rows: Sequence[Row], send: Send) -> tuple[dict[Any, Attempt], str | None]:
    """What became of deliveries, and why the server is away, if it is."""
    found: dict[Any, Attempt] = {}
    if not rows:
        return found, None
    try:
        async with asyncio.timeout(BATCH_SECONDS):
            await send(rows, found)
    except TimeoutError:
        return dict(found), "too slow"
    except ServerAway as error:
        return found, str(error)
    return found, None


async def _note(
    engine: AsyncEngine, channel: str, taken: Sequence[Row], found: dict[Any, Attempt], away: str | None
) -> None:
    """Note what became of a batch; a server that is away is left alone for a while."""
    now = clock.now()
    rest_at = now if away is None else now + rules.SERVER_AWAY
    ended = [_ended(row, found.get(row.id), now, rest_at) for row in taken]
    async with engine.begin() as connection:
        await repository.end(connection, ended, now)
        if away is not None:
            await repository.postpone(connection, channel, now + rules.SERVER_AWAY)
    for row in taken:
        outcome = DROPPED if not row.wanted else found[row.id].outcome if row.id in found else "untried"
        telemetry.MESSAGES.labels(channel, outcome).inc()
    why = sorted({attempt.error for attempt in found.values() if attempt.error})
    if why or away is not None:
        log.warning("messages were not sent", channel=channel, errors=why, away=away, count=len(taken))


def _ended(row: Row, attempt: Attempt | None, now: datetime, rest_at: datetime) -> dict[str, Any]:
    """How a delivery ended; `rest_at`: when what was not tried is due."""
    noted = {"id": str(row.id), "attempts": row.attempts, "error": None, "next_at": None, "counted": True}
    if not row.wanted:
        return noted | {"state": DROPPED}
    if attempt is None:
        return noted | {"state": "waiting", "next_at": rest_at, "counted": False}
    if attempt.outcome == "unanswered":
        # What was tried comes after what was not: one that nobody ever answers holds up no other.
        return noted | {"state": "waiting", "next_at": now + rules.SERVER_AWAY + rules.TRIED_LAST, "counted": False}
    if attempt.outcome == "sent":
        return noted | {"state": "sent"}
    again = rules.retry_at(row.attempts, row.made_at, now) if attempt.outcome == "failed" else None
    state = "failed" if again is None else "waiting"
    return noted | {"state": state, "error": attempt.error, "next_at": again}
