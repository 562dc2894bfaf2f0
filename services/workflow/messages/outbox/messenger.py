"""The administration's own messenger: a webhook, signed as those of subscriptions (Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from services.workflow.messages import rules
from services.workflow.messages.outbox.sending import Attempt, ServerAway
from shared import clock
from shared.settings import Settings
from shared.statement import Row
from shared.webhook import signature
from shared.webhook.certificates import tls
from shared.webhook.connection import NotDelivered
from shared.webhook.endpoint import Endpoint
from shared.webhook.target import target

HEADERS = ((b"content-type", b"application/json"), (b"user-agent", b"Qingdan-Messages/1"))
SECRET_FILE = "messenger.secret"
# So many that are not answered one after another, and the messenger is away.
AWAY_AFTER = 3


def body_of(row: Row, address: str | None) -> bytes:
    """What the messenger is told: to whom, what, where."""
    lines: Sequence[dict[str, Any]] = row.content["lines"]
    return orjson.dumps(
        {
            "id": row.id,
            "account": {"id": row.account_id, "login": row.login},
            "text": "\n".join(rules.sentence_of(line) for line in lines),
            "lines": lines,
            "url": address,
            "made_at": row.made_at,
        },
        default=str,
    )


class Messenger:
    """The messenger of the installation."""

    def __init__(self, configured: Settings) -> None:
        self._configured = configured

    async def send(self, rows: Sequence[Row], found: dict[Any, Attempt]) -> None:
        """Send messages one after another, each signed with its own instant.

        Raises
        ------
        ServerAway
            There is no secret to sign with, or several in a row were not taken.
        """
        one = self._configured
        assert one.messenger_url is not None  # there is no outbox without
        key = self._key()
        context = tls()
        endpoint = Endpoint(target(one.messenger_url), one.webhook_allowed_networks, lambda: context)
        unwell = 0
        try:
            for row in rows:
                found[row.id] = tried = await self._send_one(endpoint, row, key)
                unwell = 0 if tried.outcome in ("sent", "refused") else unwell + 1
                if unwell == AWAY_AFTER:
                    raise ServerAway(tried.error)
        finally:
            endpoint.close()

    def _key(self) -> bytes:
        """What messages are signed with; read each time, since it may be replaced while we work."""
        try:
            return signature.key_of((self._configured.secrets / SECRET_FILE).read_text().strip())
        except (OSError, ValueError) as error:
            raise ServerAway(f"no usable {SECRET_FILE}") from error

    async def _send_one(self, endpoint: Endpoint, row: Row, key: bytes) -> Attempt:
        body = body_of(row, self._configured.public_url)
        signed = signature.headers(str(row.id), clock.now(), body, [signature.SigningKey(key)])
        try:
            answer = await endpoint.post([*HEADERS, *signed], body)
        except NotDelivered as error:
            return Attempt("unanswered", str(error))
        if 200 <= answer.status < 300:
            return Attempt("sent")
        outcome = "refused" if rules.is_refusal(answer.status) else "failed"
        return Attempt(outcome, f"answered {answer.status}")
