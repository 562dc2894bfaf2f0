"""A system that signs its requests: registered as a client, given an appKey, and its calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson

from shared import clock
from shared.appkey import signature
from shared.appkey.signature import Signed
from shared.identifiers import new_id
from shared.settings import Settings
from tests.publish.subscribing import staff_token
from tests.publish.world import REGION, World

KEYS = "/publish/v1/app-keys"
BASE = "/publish/v1/compat"


async def new_client(world: World, *scopes: str, active: bool = True) -> UUID:
    """A service client as the catalog has registered it."""
    client = new_id()
    await world.run(
        "INSERT INTO qingdan.service_client (id, name, operator, region_code, scopes, contact, active)"
        " VALUES (:id, '省一体化平台', '省大数据局', :region, :scopes, '值班', :active)",
        id=client, region=REGION, scopes=list(scopes or ("signed_api",)), active=active,
    )  # fmt: skip
    return client


@dataclass
class Signer:
    """One key and what is called with it."""

    portal: httpx.AsyncClient
    app_key: str
    secret: str
    algorithm: signature.Algorithm

    async def call(
        self, method: str, path: str, *, query: str = "", body: Any = None, later: float = 0.0,
        nonce: str | None = None, secret: str | None = None, tamper: bytes = b"",
    ) -> httpx.Response:  # fmt: skip
        """A signed request; `later`: seconds its clock is ahead, `tamper`: what is added to the body on the way."""
        content = orjson.dumps(body) if body is not None else b""
        stamp = str(signature.milliseconds(clock.now()) + int(later * 1000))
        signed = Signed(self.app_key, stamp, nonce or new_id().hex)
        made = signature.headers(
            (secret or self.secret).encode(), method=method, path=f"{BASE}{path}".encode(), query=query.encode(),
            body=content, signed=signed, algorithm=self.algorithm,
        )  # fmt: skip
        headers = made | ({"Content-Type": "application/json"} if content else {})
        url = f"{BASE}{path}" + (f"?{query}" if query else "")
        return await self.portal.request(method, url, headers=headers, content=content + tamper)

    async def told(self, method: str, path: str, **options: Any) -> Any:
        """The data of an answer that is well."""
        answer = (await self.call(method, path, **options)).json()
        assert answer["code"] == 0, answer
        return answer["data"]

    async def refused(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """An answer that is not: HTTP 200 all the same."""
        answer = await self.call(method, path, **options)
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        assert told["code"] != 0
        assert told["msg"]
        return told


async def register(portal: httpx.AsyncClient, configured: Settings, client: UUID, **more: Any) -> httpx.Response:
    """What the registration of a key answers."""
    headers = {"Authorization": f"Bearer {staff_token(configured)}"}
    return await portal.post(KEYS, json={"client_id": str(client)} | more, headers=headers)


async def signer(portal: httpx.AsyncClient, configured: Settings, client: UUID, **more: Any) -> Signer:
    """A key for a client."""
    answer = await register(portal, configured, client, **more)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Signer(portal, made["app_key"], made["secret"], made["algorithm"])
