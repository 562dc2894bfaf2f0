"""`python -m deploy.demo.receiver`: a subscriber of its own, which trusts nothing of ours.

It verifies every request with the library of Standard Webhooks, reads it with the library of CloudEvents, and writes it
down before it answers. Over its control address it is told to fail in the ways that subscribers fail.

    POST /hooks/{name}      receives
    PUT  /control/{name}    {"secret": "whsec_...", "mode": "status", "status": 500, "times": 3, ...}

Modes: `ok`; `status` (with `status` and `retry_after`); `slow` (`seconds`, then 200); `hang` (no answer); `redirect`;
`drop` (200, then the connection is cut). `times` limits a mode to the next so many requests; `subject` to the events
of one subject. Without verification (a wrong signature) it answers 401.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import uvicorn
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook, WebhookVerificationError

HANG_SECONDS = 3_600.0


class CutOff(Exception):
    """Ends a connection in the middle of an answer."""


@dataclass
class Hook:
    """One address that receives, and how it behaves."""

    secret: str | None = None
    mode: str = "ok"
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0
    times: int | None = None
    subject: str | None = None
    verifier: Webhook | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.verifier = Webhook(self.secret) if self.secret else None

    def told(self, given: dict[str, Any]) -> None:
        """Behave from now on as told."""
        self.__dict__.update(Hook(**({"secret": self.secret} | given)).__dict__)

    def fails(self, subject: str) -> bool:
        """Whether this request is to be treated as the mode says."""
        if self.mode == "ok" or self.times == 0 or self.subject not in (None, subject):
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Receiver:
    """The ASGI application; it may know some of its hooks from the beginning."""

    def __init__(self, journal: IO[str], hooks: Mapping[str, Hook] | None = None) -> None:
        self._journal = journal
        self._hooks = dict(hooks or {})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI entry point."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        area, _, name = scope["path"].strip("/").partition("/")
        hook = self._hooks.setdefault(name, Hook())
        if area == "control":
            hook.told(json.loads(body))
            await _answer(send, 204)
        elif area == "hooks":
            await self._receive(scope, send, name, hook, body)
        else:
            await _answer(send, 404)

    async def _receive(self, scope: Any, send: Any, name: str, hook: Hook, body: bytes) -> None:
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        line = {"hook": name, "at": time.time(), "method": scope["method"]} | _read(headers, body, hook.verifier)
        failing = hook.fails(str(line.get("subject"))) if line["verified"] else False
        mode = hook.mode if failing else "ok"
        self._journal.write(json.dumps(line | {"mode": mode}, ensure_ascii=False) + "\n")
        self._journal.flush()
        if not line["verified"]:
            await _answer(send, 401)
        elif mode == "status":
            await _answer(send, hook.status, {"retry-after": hook.retry_after} if hook.retry_after else {})
        elif mode == "redirect":
            await _answer(send, 307, {"location": f"/hooks/{name}-elsewhere"})
        elif mode == "drop":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise CutOff
        else:
            await asyncio.sleep({"slow": hook.seconds, "hang": HANG_SECONDS}.get(mode, 0.0))
            await _answer(send, 200)


def _read(headers: dict[str, str], body: bytes, verifier: Webhook | None) -> dict[str, Any]:
    """What the request says, as far as the libraries of others accept it."""
    try:
        if verifier is None:
            raise WebhookVerificationError("no secret")
        verifier.verify(body, headers, json_parse=False)
        event = from_structured_event(HTTPMessage(headers=headers, body=body))
    except (WebhookVerificationError, ValueError, KeyError) as error:
        return {"verified": False, "error": str(error)}
    sequence = event.get_attributes().get("sequence")
    data = event.get_data()
    told = data if isinstance(data, dict) else {}
    return {
        "verified": True,
        "id": event.get_id(),
        "webhook_id": headers["webhook-id"],
        "type": event.get_type(),
        "subject": event.get_subject(),
        "sequence": int(str(sequence)) if sequence is not None else None,
        "version": told.get("version"),
        "revision": told.get("revision"),
        "digest": digest(told),
        "item": digest(told["item"]) if "item" in told else None,
        "data": told if "item" not in told else None,
    }


def digest(content: Any) -> str:
    """SHA-256 of a JSON value, the same however it was written."""
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(written.encode()).hexdigest()


async def _answer(send: Any, status: int, headers: dict[str, str] | None = None) -> None:
    named = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": [*named, (b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.receiver")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    given = parser.parse_args()
    with given.journal.open("a", encoding="utf-8") as journal:
        serve(Receiver(journal), given.port)


def serve(receiver: Receiver, port: int) -> None:
    """Receive until asked to stop."""
    uvicorn.run(
        receiver, host="127.0.0.1", port=port, http="httptools", loop="uvloop", lifespan="off", access_log=False,
        log_level="critical", timeout_graceful_shutdown=1,
    )  # fmt: skip


if __name__ == "__main__":
    main()
