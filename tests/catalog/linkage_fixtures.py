"""Fixture of the linkage tests; a module takes it with `from tests.catalog.linkage_fixtures import world`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.database import create_engine
from tests.catalog.linkage_world import World

__all__ = ["world"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(database_url: str) -> AsyncIterator[World]:
    engine = create_engine(database_url, role="owner")
    world = World(engine)
    await world.found()
    yield world
    await engine.dispose()
