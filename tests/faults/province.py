"""The provincial platform of the storm: the simulator as a process, registered as a peer, told to fail by seed."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.server_process import free_port
from shared.system import Process, System
from tests.faults import full_check
from tests.faults.caller import Caller, Told
from tests.faults.world import CITY, World

PROCESS = "province"
SOURCE = "440000000000"
REGION = CITY
KINDS = ("permit", "power")
API = "/publish/v1/peers"
CONTROL_SECONDS = 5.0
PRESENT_SECONDS = 20.0
ANSWER_SECONDS = 60.0
WELL: Mapping[str, Any] = {"delay": 0, "fail": 0, "lose": 0, "lie": 0, "down": False}
# How it fails (`deploy.simulator.platform`); what it was told before is over then.
FAILURES: tuple[Mapping[str, Any], ...] = (
    {"fail": 3, "fail_with": 500},
    {"fail": 2, "fail_with": 503},
    {"fail": 2, "fail_with": "reset"},
    {"lose": 1},
    {"lose": 2},
    {"lie": 2},
    {"lie": 1},
    {"delay": 0.5},
    {"down": True},
)


@dataclass(frozen=True)
class Holding:
    """What the platform holds: its items with their content, and its inventory as the contract shows it."""

    items: list[dict[str, Any]]
    inventory: list[dict[str, Any]]
    complaints: int


@dataclass
class Province:
    """The platform, and the administrator who looks after the exchange with it."""

    folder: Path
    world: World
    port: int = field(default_factory=free_port)
    complaints: int = 0
    differences: int = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def join(self, system: System) -> None:
        """Be among the processes of a system."""
        command = [sys.executable, "-m", "deploy.simulator.platform", "--port", str(self.port)]
        command += ["--storage", str(self.folder / "province.sqlite")]
        system.processes[PROCESS] = Process(PROCESS, command)

    async def register(self, caller: Caller) -> None:
        """Make it a peer: everything of the city's permits and powers is pushed from now on."""
        self._patient(caller)
        wanted = {
            "code": PROCESS, "name": "演练省政务服务平台", "base_url": self.url, "source_code": SOURCE,
            "region_codes": [REGION], "list_kinds": list(KINDS), "batch_size": 20,
        }  # fmt: skip
        _good(await caller.post(self.world.authority, API, wanted, key="register-province"))

    async def fail(self, rng: random.Random) -> bool:
        """Fail in one way from now on; False when it is not there to be told."""
        return await self._said("", dict(WELL) | rng.choice(FAILURES)) is not None

    async def complain(self, rng: random.Random) -> bool:
        """Let its quality control find fault with a row it holds."""
        held = [item for item in await self._asked("/control/items", source=SOURCE) or [] if not item["gone"]]
        if not held:
            return False
        about = rng.choice(held)["row_guid"]
        message = {"ERR_TYPE": "Q07", "REMARK": "演练：依据条款有误", "TABLE_ROW_GUID": about}
        if await self._said("/feedback", {"source": SOURCE, **message}) is None:
            return False
        self.complaints += 1
        return True

    async def put_in_order(self) -> None:
        """It is well again."""
        async with asyncio.timeout(PRESENT_SECONDS):
            while await self._said("", dict(WELL)) is None:  # noqa: ASYNC110 - the other side is a process
                await asyncio.sleep(0.1)

    async def compare(self, caller: Caller, *, repair: bool) -> dict[str, Any]:
        """Compare everything; what the operation came to."""
        self._patient(caller)
        key = f"compare-province-{random.random()}"
        told = await caller.post(self.world.authority, f"{API}/{PROCESS}/comparisons", {"repair": repair}, key=key)
        operation = await full_check.result(caller, self.world.authority, _good(told)["location"])
        if operation.get("state") != "succeeded":
            raise RuntimeError(f"the comparison did not succeed: {operation}")
        return dict(operation["result"])

    async def holding(self) -> Holding:
        """Everything it holds now."""
        items = await self._asked("/control/items", source=SOURCE)
        inventory: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await self._asked("/items", source=SOURCE, cursor=cursor, limit=100) or {}).get("data")
            if items is None or page is None:
                raise RuntimeError("the platform does not answer")
            inventory += page["list"]
            cursor = page["CURSOR"]
            if not cursor:
                return Holding(items, inventory, self.complaints)

    async def _asked(self, path: str, **query: Any) -> Any:
        return await self._request("GET", path, params=query)

    async def _said(self, path: str, given: Mapping[str, Any]) -> Any:
        return await self._request("POST", f"/control{path}", json=given)

    async def _request(self, method: str, path: str, **more: Any) -> Any:
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=CONTROL_SECONDS, trust_env=False) as client:
                answer = await client.request(method, path, **more)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    @staticmethod
    def _patient(caller: Caller) -> None:
        caller.deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS


def _good(told: Told) -> Any:
    if not told.good:
        raise RuntimeError(f"the exchange cannot be set up: {told}")
    return told.body
