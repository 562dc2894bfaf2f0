"""Subscribers in tests: the API as a service client sees it, and the senders as a part of the test or as a process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.demo.receiving import ReceiverProcess
from services.publish.subscriptions.matching.service import advance
from services.publish.subscriptions.sending import process
from shared.database import create_engine
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger.bell import Bell
from shared.ledger.transaction import begin
from shared.settings import Settings
from shared.system import ROOT
from tests import copies
from tests.publish.world import World

API = "/publish/v1/subscriptions"
PATIENCE = 60.0
ENDPOINT = "http://127.0.0.1:8099/hook"


def client_token(configured: Settings, account: UUID | None = None, *scopes: str) -> str:
    """A token of a service client."""
    client = Principal(
        account or new_id(), "kiosk", "一体机", None, (), client=True, scopes=frozenset(scopes or ("subscriptions",))
    )
    return TokenIssuer(configured.secrets, minutes=15).issue(client)


def staff_token(configured: Settings, role: str = "administrator", region: str = "000000000000") -> str:
    """A token of a person."""
    person = Principal(new_id(), "admin", "管理员", None, (Grant(role, region),))
    return TokenIssuer(configured.secrets, minutes=15).issue(person)


@dataclass
class Subscriber:
    """A service client with its calls."""

    portal: httpx.AsyncClient
    configured: Settings
    account: UUID = field(default_factory=new_id)
    token: str = ""

    def __post_init__(self) -> None:
        self.token = self.token or client_token(self.configured, self.account)

    async def call(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        """A request under the subscriptions."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return await self.portal.request(method, f"{API}{path}", headers=headers, **options)

    async def open(self, endpoint: str | None = None, name: str = "一体机", **more: Any) -> dict[str, Any]:
        """A subscription; fails the test when it is refused."""
        answer = await self.call("POST", json={"name": name, "endpoint": endpoint} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def get(self, subscription: str) -> dict[str, Any]:
        """How it stands."""
        answer = await self.call("GET", f"/{subscription}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def events(self, subscription: str, after: int = 0) -> list[dict[str, Any]]:
        """Its events after a number."""
        answer = await self.call("GET", f"/{subscription}/events", params={"after": after, "limit": 500})
        assert answer.status_code == 200, answer.text
        return answer.json()


async def hooked(subscriber: Subscriber, receiver: ReceiverProcess, hook: str, **more: Any) -> dict[str, Any]:
    """A subscription whose endpoint is a hook of the receiver, which knows its secret."""
    opened = await subscriber.open(receiver.url(hook), **more)
    receiver.tell(hook, secret=opened["secret"])
    return opened


async def match(engine: AsyncEngine) -> int:
    """Rounds of the matcher until nothing is left; how many deliveries they queued."""
    total = 0
    while True:
        async with begin(engine, service="publish", actor="system:test") as tx:
            queued, moved, _ = await advance(tx)
        total += queued
        if not moved:
            return total


async def until(met: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Poll until something is there."""
    async with asyncio.timeout(seconds):
        while not (found := met()):  # noqa: ASYNC110 - the other side is a process
            await asyncio.sleep(0.02)
    return found


async def until_read(read: Callable[[], Any], met: Callable[[Any], Any], seconds: float = PATIENCE) -> Any:
    """Poll what must be awaited until it is as wanted."""
    async with asyncio.timeout(seconds):
        while not met(found := await read()):  # noqa: ASYNC110 - the other side is a process
            await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def sending(configured: Settings) -> AsyncIterator[None]:
    """Matcher and senders as the worker runs them, in this process."""
    url = configured.service_url("publish")
    engine, bell, stopping = create_engine(url, role="publish"), Bell(url, role="publish"), asyncio.Event()
    await bell.start()
    task = asyncio.create_task(process.run(engine, bell, configured, stopping))
    try:
        yield
    finally:
        stopping.set()
        await task
        await bell.stop()
        await engine.dispose()


class SenderProcess:
    """The child of the worker as a process of its own, that can be killed."""

    def __init__(self, configured: Settings, log: Path, crash_point: str | None = None) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QINGDAN_DATABASE_URL": configured.owner_url.render_as_string(hide_password=False),
            "QINGDAN_SECRETS_DIR": str(configured.secrets),
            "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        if crash_point:
            environment["QINGDAN_CRASH_POINT"] = crash_point
        self._process = copies.work("services.publish.worker", "senders", environment, log)

    @property
    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """As a power cut would."""
        self._process.kill()
        self._process.wait()


async def of_kind(world: World, count: int = 1, **more: Any) -> tuple[UUID, list[UUID], str]:
    """A published list of a kind of its own."""
    list_id, items = await world.enacted(count, **more)
    return list_id, items, world.lists[list_id]


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


async def drained(subscriber: Subscriber, subscription: str) -> dict[str, Any]:
    """The subscription, when everything the feed holds was numbered, acknowledged and saved."""

    async def look() -> dict[str, Any] | None:
        one = await subscriber.get(subscription)
        behind = await subscriber.portal.get("/publish/v1/feed", params={"after": one["position"], "limit": 1})
        return one if one["last_sequence"] and not one["outstanding"] and behind.json() == [] else None

    found: dict[str, Any] = await until_read(look, lambda one: one)
    return found


async def a_kind(world: World, count: int = 1) -> tuple[list[UUID], dict[str, Any]]:
    """Published entries of a kind of their own, and the filter that chooses it."""
    list_id, items = await world.enacted(count)
    return items, {"kinds": [world.lists[list_id]]}


def in_order(got: list[dict[str, Any]], items: list[UUID]) -> bool:
    """Whether what arrived about each item first arrived in the order of its versions."""
    for item in items:
        versions = [one["version"] for one in got if str(one["subject"]).endswith(str(item))]
        if list(dict.fromkeys(versions)) != sorted(set(versions)):
            return False
    return True
