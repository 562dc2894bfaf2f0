"""Platforms of every transport in journeys: simulated, registered with the county's implementation list."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.simulator.front_end.repository import FrontEnd
from deploy.simulator.running import Simulator, simulator
from deploy.simulator.signed_platform import APP_KEY
from shared import settings
from tests.conftest import _administer, url_of
from tests.journeys.stage import COUNTY, Stage

PEERS = "/publish/v1/peers"
SECRET = "secret-of-the-signed-platform"


def at_rest(stage: Stage, *codes: str) -> bool:
    """Whether platforms have answered everything that was published."""
    stage.settle()
    told = [stage.admin.get(f"{PEERS}/{code}/status") for code in codes]
    return all(one["accepted"] and not (one["lag"] or one["waiting"] or one["sending"]) for one in told)


def ended(stage: Stage, started: Any) -> Any:
    """The operation that was begun, once it has succeeded."""
    told = stage.until(
        lambda: (one := stage.admin.get(started["location"]))["state"] in ("succeeded", "failed") and one,
        f"{started['location']} does not end",
    )
    assert told["state"] == "succeeded", told["error"]
    return told


def compared(stage: Stage, code: str, **wish: bool) -> Any:
    """The result of a comparison."""
    return ended(stage, stage.admin.post(f"{PEERS}/{code}/comparisons", wish))["result"]


@contextlib.contextmanager
def exchange(stage: Stage, folder: Path, code: str, **more: Any) -> Iterator[Simulator]:
    """One that keeps the contract of item exchange."""
    with simulator(folder) as platform, _peer(stage, code, "item_exchange", base_url=platform.url, **more):
        yield platform


@contextlib.contextmanager
def library(stage: Stage, folder: Path, code: str) -> Iterator[Simulator]:
    """An item library."""
    with (
        simulator(folder, transport="item_library") as platform,
        _peer(stage, code, "item_library", base_url=platform.url),
    ):
        yield platform


@contextlib.contextmanager
def signed(stage: Stage, folder: Path, code: str, **wrong: Any) -> Iterator[Simulator]:
    """One with a signed API; `wrong` is what goes wrong with its first requests."""
    options = {"app_key": APP_KEY, "algorithm": "HMAC-SM3", "pause_seconds": 0.2}
    with (
        _secret(code, SECRET) as credential,
        simulator(folder, token=SECRET, transport="signed_api") as platform,
    ):
        platform.say(algorithm="HMAC-SM3", **wrong)
        given = {"base_url": f"{platform.url}/api", "credential": credential, "options": options}
        with _peer(stage, code, "signed_api", **given):
            yield platform


@contextlib.contextmanager
def tables(stage: Stage, code: str, **more: Any) -> Iterator[FrontEnd]:
    """A front-end exchange library: a database of its own."""
    name = f"front_end_{uuid4().hex[:8]}"
    asyncio.run(_administer(stage.place.database_url, f'CREATE DATABASE "{name}" TEMPLATE template0'))
    front_end = FrontEnd(url_of(stage.place.database_url, name))
    try:
        asyncio.run(front_end.prepare())
        with (
            _secret(code, front_end.url) as credential,
            _peer(stage, code, "table_exchange", credential=credential, options={"settle_seconds": 0}, **more),
        ):
            yield front_end
    finally:
        asyncio.run(_administer(stage.place.database_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextlib.contextmanager
def _secret(code: str, content: str) -> Iterator[str]:
    file = settings.load().secrets.absolute() / f"peer.{code}"
    file.write_text(content)
    try:
        yield file.name
    finally:
        file.unlink()


@contextlib.contextmanager
def _peer(stage: Stage, code: str, transport: str, **given: Any) -> Iterator[None]:
    """Registered while the block runs; afterwards it rests."""
    body = {"code": code, "name": f"平台（{code}）", "source_code": COUNTY, "region_codes": [COUNTY],
            "list_kinds": ["implementation"], "transport": transport, **given}  # fmt: skip
    stage.admin.post(PEERS, body)
    yield
    stage.admin.post(f"{PEERS}/{code}/pause")
