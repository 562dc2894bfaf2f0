"""The whole catalog service in this process, connected as its own role, with accounts that really sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from services.catalog.app import app
from shared import clock, settings
from shared.database import create_engine
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from tests.catalog.register_world import RegisterWorld
from tests.catalog.responsibility_world import Lists, county_lists
from tests.catalog.supervision_world import Town


@pytest_asyncio.fixture
async def register(database_url: str, tmp_path: Path) -> AsyncIterator[RegisterWorld]:
    """A province, a city, a county with a development zone, organs and an administrator; new for each test."""
    ensure_keys(tmp_path)
    password = (settings.load().secrets / "catalog.password").read_text().strip()
    owner = create_engine(database_url, role="owner", pool_size=2)
    service_url = make_url(database_url).set(username="qingdan_catalog", password=password)
    engine = create_engine(service_url, role="catalog", pool_size=6)
    app.state.engine, app.state.settings = engine, settings.load()
    app.state.verifier, app.state.issuer = TokenVerifier(tmp_path), TokenIssuer(tmp_path, minutes=15)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog", timeout=60) as client:
        world = RegisterWorld(owner, engine, client, app.state.issuer)
        await world.begin()
        yield world
    clock.use(None)
    await engine.dispose()
    await owner.dispose()


@pytest.fixture
async def lists(register: RegisterWorld) -> Lists:
    """A list of powers and a responsibility list of the county, empty."""
    return await county_lists(register)


@pytest.fixture
def town(register: RegisterWorld) -> Town:
    """The county with those who decide who supervises what was permitted."""
    return Town(register)
