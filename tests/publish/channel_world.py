"""A published list and channels to show it on: what the tests of channels stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from deploy.simulator.channel import Server
from services.publish.app import app
from services.publish.channels.client import Channels
from services.publish.channels.consumers import CHANNELS
from services.publish.channels.states import service as states
from services.publish.channels.states.service import Looking
from services.workflow.worker import CONSUMERS as WORKFLOW
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from shared.ledger import consume, position
from shared.settings import Settings
from shared.webhook.addresses import networks
from tests.publish.world import REGION, World

BASE = "/publish/v1/channels"
NATION = "0" * 12


@dataclass
class Channelled:
    """The register of channels over HTTP, the reconciliation, and what came of it."""

    world: World
    client: httpx.AsyncClient
    issuer: TokenIssuer
    secrets: Path

    def token(self, *grants: tuple[str, str]) -> dict[str, str]:
        held = tuple(Grant(role, region) for role, region in grants or (("administrator", NATION),))
        return {"Authorization": f"Bearer {self.issuer.issue(Principal(new_id(), 'tester', '测试人员', None, held))}"}

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = (more.pop("who", None) or self.token()) | more.pop("headers", {})
        return await self.client.request(method, f"{BASE}{path}", json=body, headers=headers, **more)

    def channel(self, kind: str, list_id: UUID, **more: Any) -> dict[str, Any]:
        """A channel for one list alone."""
        code = f"c{new_id().hex[-12:]}"
        return {"code": code, "name": f"渠道{code[-4:]}", "kind": kind, "region_code": REGION,
                "list_kinds": [self.world.lists[list_id]], **more}  # fmt: skip

    async def register(self, kind: str, list_id: UUID, **more: Any) -> str:
        given = self.channel(kind, list_id, **more)
        answer = await self.send("POST", "", given)
        assert answer.status_code == 201, answer.text
        return str(given["code"])

    async def put_channel(self, list_id: UUID, server: Server, kind: str = "open_data", **more: Any) -> str:
        """A channel that copies are put to."""
        ways = {"delivery": "put", "put_url": server.url, "read_url": server.url}
        return await self.register(kind, list_id, **ways, **more)

    async def follow(self) -> None:
        """Let the channels follow the publication."""
        async with self.world.engine.begin() as connection:
            await position.register(connection, [CHANNELS.name], "publish")
        while await consume.step(self.world.engine, CHANNELS):
            pass

    async def look(self, code: str, *, at_once: bool = True) -> Any:
        """One look at everything of a channel; what the API says of its copy then."""
        if at_once:
            await self.world.run(
                "UPDATE qingdan.channel_copy SET look_at = '2020-01-01' FROM qingdan.channel AS c"
                " WHERE c.id = channel_id AND c.code = :code", code=code,
            )  # fmt: skip
        (channel,) = await self.world.run("SELECT id FROM qingdan.channel WHERE code = :code", code=code)
        ways = Channels(networks("127.0.0.0/8"), secrets=self.secrets, timeout=2)
        looking = Looking(self.world.engine, ways, 2, 600)
        while await states.look(looking, channel["id"]):
            pass
        return await self.copy(code)

    async def copy(self, code: str) -> Any:
        (copy,) = (await self.send("GET", f"/{code}/copies")).json()["items"]
        return copy

    async def late(self, code: str) -> None:
        """Let the window be over."""
        await self.world.run(
            "UPDATE qingdan.channel_copy SET until = '2020-01-01' FROM qingdan.channel AS c"
            " WHERE c.id = channel_id AND c.code = :code", code=code,
        )  # fmt: skip

    async def tasks(self, list_id: UUID, state: str = "open") -> list[Any]:
        """The tasks about channels of a list, once the workflow has read the log."""
        async with self.world.engine.begin() as connection:
            await position.register(connection, [consumer.name for consumer in WORKFLOW], "workflow")
        for consumer in WORKFLOW:
            while await consume.step(self.world.engine, consumer):
                pass
        return await self.world.run(
            "SELECT * FROM qingdan.task WHERE kind = 'channel' AND list_id = :list AND state = :state ORDER BY title",
            list=list_id, state=state,
        )  # fmt: skip

    async def told(self, list_id: UUID) -> list[str]:
        """What the log says of a list's channels."""
        types = ("channel_due", "channel_lagging", "channel_differs", "channel_levelled", "channel_posted")
        events = await self.world.events([f"publication.{type_}" for type_ in types])
        return [event.type.split("_")[1] for event in events if event.list_id == list_id]


@pytest_asyncio.fixture
async def channelled(
    world: World, portal: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Channelled]:
    ensure_keys(tmp_path)
    app.state.verifier = TokenVerifier(tmp_path)
    app.state.settings = allowed = Settings.model_validate({"channel_allowed_networks": "127.0.0.0/8"})
    monkeypatch.setattr("services.publish.channels.service.settings.load", lambda: allowed)
    yield Channelled(world, portal, TokenIssuer(tmp_path, minutes=15), tmp_path)
