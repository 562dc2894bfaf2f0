"""A world for each test in the module's database, and the public API on top of it."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from sqlalchemy import make_url

from services.publish.app import app
from services.publish.portal.hot import Portal
from services.publish.portal.reads import Reads
from shared.database import create_engine
from shared.ledger.bell import Bell
from tests.publish.world import World


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """A catalog with a region and an organ; lists and items as the test wants them."""
    engine = create_engine(database_url, role="publish", pool_size=2)
    world = World(engine)
    await world.begin()
    yield world
    await engine.dispose()


@pytest_asyncio.fixture
async def portal(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without login."""
    app.state.engine = create_engine(database_url, role="publish", pool_size=2)
    app.state.bell = Bell(make_url(database_url), role="publish")
    await app.state.bell.start()
    assert isinstance(app, Portal)
    app.reads = await Reads.open(database_url, role="publish", size=2)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        yield client
    await app.reads.close()
    await app.state.bell.stop()
    await app.state.engine.dispose()
