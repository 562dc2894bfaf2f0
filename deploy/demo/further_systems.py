"""Three more systems: a kiosk with a public key that loses an event, a front-end library, a caller with an appKey."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import make_url

from deploy.demo import repository
from deploy.demo.following import Client, NotVerified, Numbers, Verifier
from deploy.demo.live import feed_end
from deploy.demo.outside import register_client, until
from deploy.demo.screen import Story
from deploy.demo.world import CITY, GROUNDS, ZONE, World
from deploy.simulator.front_end.repository import FrontEnd
from deploy.simulator.signed_platform import signature
from deploy.simulator.sm3 import sm3

PEER = "front-end"
# The last events of the feed: enough to lose one in the middle.
EVENTS = 12


class Kiosk(ThreadingHTTPServer):
    """Takes what is signed rightly and keeps its numbers; what stands in `forgets` is answered and lost, once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.verifier: Verifier | None = None
        self.numbers = Numbers()
        self.forgets: set[int] = set()
        self.refused = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it receives."""
        return f"http://127.0.0.1:{self.server_address[1]}/hooks"


class Hook(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Kiosk

    def log_message(self, format: str, *args: object) -> None:
        """The demo says itself what arrived."""

    def do_POST(self) -> None:
        """Verify, note, answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            status = self._taken(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _taken(self, body: bytes) -> int:
        kiosk = self.server
        assert kiosk.verifier is not None
        try:
            event = kiosk.verifier.event(dict(self.headers.items()), body)
        except NotVerified:
            kiosk.refused += 1
            return 401
        if event.sequence in kiosk.forgets:
            kiosk.forgets.remove(event.sequence)
        elif event.sequence is not None:
            kiosk.numbers.note(event.sequence)
        return 200


def show(world: World, story: Story) -> None:
    """Three ways out of the same publication."""
    _kiosk(world, story)
    _tables(world, story)
    _signed(world, story)


@contextlib.contextmanager
def _listening() -> Iterator[Kiosk]:
    server = Kiosk()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _kiosk(world: World, story: Story) -> None:
    """Signed with Ed25519: the kiosk holds no secret. One event is lost after it was answered, and asked for again."""
    client = register_client(world, "区级一体机（演示）", ["subscriptions"])
    with _listening() as kiosk, Client(
        world.system.url("publish"), catalog=world.system.url("catalog"), client_id=client["client_id"],
        client_secret=client["client_secret"], scope="subscriptions", trust_env=False,
    ) as qingdan:  # fmt: skip
        opened = qingdan.subscriptions.create(
            "区级一体机", endpoint=kiosk.url, after=feed_end(world) - EVENTS, paused=True, scheme="ed25519",
        )  # fmt: skip
        kiosk.verifier, kiosk.forgets = Verifier(*opened.public_keys), {EVENTS // 2}
        qingdan.subscriptions.resume(opened.id)
        until(lambda: qingdan.subscriptions.get(opened.id).outstanding == 0 and kiosk.numbers.beyond, bool)
        lost = kiosk.numbers.missing()
        qingdan.subscriptions.fill_gaps(opened.id, lost)
        until(lambda: kiosk.numbers.complete_up_to >= EVENTS, bool)
        story.claim(
            lost == [(EVENTS // 2, EVENTS // 2)] and not kiosk.numbers.missing() and not kiosk.refused,
            f"a kiosk with the Python client verifies {kiosk.numbers.complete_up_to} events by a public key (Ed25519);"
            f" number {EVENTS // 2}, lost there after its answer, is missed, asked for, and there",
        )
        qingdan.subscriptions.delete(opened.id)


def _tables(world: World, story: Story) -> None:
    """A platform that knows tables only: the zone's implementation list in a database of its own, taken over."""
    name = f"front_end_{secrets.token_hex(4)}"
    url = make_url(world.place.database_url).set(drivername="postgresql", database=name)
    front_end = FrontEnd(url.render_as_string(hide_password=False))
    asyncio.run(repository.make_database(world.place.database_url, name))
    credential = world.place.secrets / f"peer.{PEER}"
    credential.touch(mode=0o600)
    credential.write_text(front_end.url)
    try:
        asyncio.run(front_end.prepare())
        peer = {"code": PEER, "name": "区级前置库（模拟）", "transport": "table_exchange",
                "credential": credential.name, "source_code": ZONE, "region_codes": [ZONE],
                "list_kinds": ["implementation"],
                "options": {"settle_seconds": 0}}  # fmt: skip
        world.admin.post("/publish/v1/peers", peer)

        def written() -> list[dict[str, Any]]:
            return asyncio.run(front_end.rows("up_task_general_basic"))

        entries = world.admin.get(f"/publish/v1/lists/{world.lists['implementation', ZONE]}")["entries"]
        until(lambda: world.admin.get(f"/publish/v1/peers/{PEER}/status"), lambda one: one["accepted"] >= entries)
        rows = written()
        story.claim(
            len({row["task_guid"] for row in rows}) == entries and {row["cd_operation"] for row in rows} == {"I"},
            f"a front-end library (前置库) has the zone's {entries} items as rows of UP_TASK_GENERAL_BASIC",
        )
        world.admin.post(f"/publish/v1/peers/{PEER}/pause")
    finally:
        asyncio.run(repository.drop_database(world.place.database_url, name))
        credential.unlink()


def _signed(world: World, story: Story) -> None:
    """The same reads in the dialect of provincial platforms, signed with HMAC-SM3."""
    client = register_client(world, "省级平台（演示）", ["signed_api"])
    key = world.admin.post(
        "/publish/v1/app-keys", {"client_id": client["client_id"], "algorithm": "HMAC-SM3", "reason": GROUNDS["reason"]}
    )
    item = world.admin.get(f"/publish/v1/lists/{world.lists['permit', CITY]}/items", limit=1)["items"][0]["id"]

    def ask(secret: str) -> Any:
        path, nonce, now = f"/publish/v1/compat/items/{item}", uuid4().hex, str(int(time.time() * 1000))
        named = (key["app_key"], now, nonce)
        sign = signature(sm3, secret, "GET", path, b"", named)
        headers = {"appKey": key["app_key"], "timestamp": now, "nonce": nonce, "sign": sign}
        return httpx.get(world.system.url("publish") + path, headers=headers, trust_env=False, timeout=30).json()

    story.claim(
        ask(key["secret"])["data"] == world.admin.get(f"/publish/v1/items/{item}") and ask("guessed")["code"] == 40101,
        "signed with an appKey (HMAC-SM3): the entry as it is published; with another secret: code 40101",
    )


def write_access(world: World) -> Path:
    """A service client and an appKey for whoever tries the interfaces by hand, as variables of a shell."""
    client = register_client(world, "集成试用（演示）", ["subscriptions", "signed_api", "item_library"])
    asked = {"client_id": client["client_id"], "algorithm": "HMAC-SHA256", "reason": GROUNDS["reason"]}
    key = world.admin.post("/publish/v1/app-keys", asked)
    told = {
        "CATALOG": world.system.url("catalog"), "PUBLISH": world.system.url("publish"),
        "CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["client_secret"], "APP_KEY": key["app_key"],
        "APP_SECRET": key["secret"],
    }  # fmt: skip
    file = world.place.state / "integration.env"
    file.touch(mode=0o600)
    file.write_text("".join(f"export {name}={value}\n" for name, value in told.items()))
    return file
