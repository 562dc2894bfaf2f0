"""A receiver of webhooks inside of the test: it verifies as integrators do, by the time of the story, and keeps all."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deploy.demo.following import Client
from qingdan_client import Event, Verifier
from shared import clock
from tests.journeys.stage import COUNTY, GROUNDS, Stage


@dataclass
class Hook:
    """An address that receives.

    Attributes
    ----------
    down : nothing is answered, as from a machine that is off.
    missed : requests that came while it was down.
    events : what was verified and acknowledged, in the order of arrival.
    """

    name: str
    url: str
    verifier: Verifier | None = None
    down: bool = False
    missed: int = 0
    events: list[Event] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Inbox(ThreadingHTTPServer):
    """All addresses, under `/<name>`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hooks: dict[str, Hook] = {}

    def hook(self, name: str) -> Hook:
        """A new address."""
        made = Hook(name, f"http://127.0.0.1:{self.server_address[1]}/{name}")
        self.hooks[name] = made
        return made


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Inbox

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at what was kept."""

    def do_POST(self) -> None:
        """One event."""
        hook = self.server.hooks[self.path.strip("/")]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if hook.down:
            hook.missed += 1
            self.close_connection = True
            return
        try:
            assert hook.verifier is not None
            event = hook.verifier.event(dict(self.headers), body, clock.now().timestamp())
            hook.events.append(event)
        except Exception as error:
            hook.wrong.append(repr(error))
            self._answer(401)
        else:
            self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextlib.contextmanager
def listening() -> Iterator[Inbox]:
    """An inbox while the block runs."""
    inbox = Inbox()
    thread = threading.Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.shutdown()
        inbox.server_close()
        thread.join()


def registered(stage: Stage, name: str) -> Client:
    """A system of others with credentials of its own."""
    body = {"name": name, "operator": "市大数据局", "region_code": COUNTY, "scopes": ["subscriptions"],
            "contact": "值班", **GROUNDS}  # fmt: skip
    made = stage.admin.post("/catalog/v1/clients", body)
    return Client(
        stage.system.url("publish"), catalog=stage.system.url("catalog"), client_id=made["client_id"],
        client_secret=made["client_secret"], scope="subscriptions", trust_env=False,
    )  # fmt: skip


def subscribed(client: Client, hook: Hook, **more: Any) -> str:
    """A subscription of the address, which knows its secret before anything comes; its id."""
    opened = client.subscriptions.create(hook.name, endpoint=hook.url, paused=True, **more)
    assert opened.secret is not None
    hook.verifier = Verifier(opened.secret)
    client.subscriptions.resume(opened.id)
    return opened.id
