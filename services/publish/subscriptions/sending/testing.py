"""Test events: sent on request, signed like every other, outside of the sequence and whatever the state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.subscriptions import repository as subscriptions
from services.publish.subscriptions import rules, secrets
from services.publish.subscriptions.reading import events
from services.publish.subscriptions.rules import HEADERS, Verdict
from services.publish.subscriptions.sending import repository
from shared import clock, telemetry
from shared.statement import Row
from shared.webhook import signature
from shared.webhook.addresses import Network
from shared.webhook.certificates import Certificates
from shared.webhook.connection import NotDelivered
from shared.webhook.endpoint import ATTEMPT_SECONDS, Endpoint
from shared.webhook.target import target

log = telemetry.get_logger(__name__)


_OF_REQUEST = ("event", "signed", "signatures", "size", "digest")


class TestEvents:
    """Sends the tests that were asked for."""

    def __init__(self, engine: AsyncEngine, allowed: Sequence[Network], certificates: Certificates) -> None:
        self._engine = engine
        self._allowed = allowed
        self._certificates = certificates
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, connection: AsyncConnection) -> None:
        """Begin what was asked for; the answers are stored when they come."""
        now = clock.now()
        for row in await repository.take_tests(connection, now, now - timedelta(seconds=2 * ATTEMPT_SECONDS)):
            task = asyncio.create_task(self._send(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, row: Row) -> None:
        began = time.perf_counter()
        try:
            told = await self._attempt(row)
        except Exception as error:  # the test is taken again when it is stale
            log.warning("a test could not be sent", error=str(error)[:300])
            return
        told |= {"milliseconds": int((time.perf_counter() - began) * 1000)}
        async with self._engine.begin() as connection:
            await repository.save_test(connection, {"subscription": row.subscription_id, "id": row.id} | told)

    async def _attempt(self, row: Row) -> dict[str, Any]:
        told: dict[str, Any] = {"outcome": "failed", "status": None, "error": None, "answer": None,
                                "answer_headers": None} | dict.fromkeys(_OF_REQUEST)  # fmt: skip
        if row.endpoint is None or row.state == "deleted":
            return told | {"error": "there is no endpoint"}
        now = clock.now()
        async with self._engine.connect() as connection:
            keys = secrets.opened(await subscriptions.secrets(connection, [row.subscription_id], now))
        body = events.test(row.subscription_id, row.id, now)
        signed = signature.headers(str(row.id), now, body, keys)
        told |= {"event": row.id, "signed": now, "signatures": signature.cut(signed[-1][1]), "size": len(body),
                 "digest": sha256(body).hexdigest()}  # fmt: skip
        context = self._certificates.context(row.client_certificate, row.authority)
        endpoint = Endpoint(target(row.endpoint), self._allowed, context)
        try:
            answer = await endpoint.post([*HEADERS, *signed], body)
        except NotDelivered as error:
            return told | {"error": str(error)}
        finally:
            endpoint.close()
        delivered = rules.judge(answer.status, None) is Verdict.DELIVERED
        return told | {
            "outcome": "delivered" if delivered else "failed",
            "status": answer.status,
            "error": None if delivered else f"answered {answer.status}",
            "answer": rules.shown_answer(answer.beginning),
            "answer_headers": orjson.dumps(rules.shown_headers(answer.headers)).decode(),
        }
