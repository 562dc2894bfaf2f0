"""The kit on a database of its own: an engine per role, and a table that shows each effect."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import telemetry
from shared.database import create_engine
from shared.identity.tokens import ensure_keys
from shared.settings import Settings, load
from tests.shared.room import execute

# Hundreds of tracebacks are what some of these tests provoke on purpose.
telemetry.configure("tests", "CRITICAL")


@pytest.fixture(scope="module")
def configured(database_url: str) -> Settings:
    """Settings of an installation on the module's database."""
    settings = Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))
    ensure_keys(settings.secrets)
    return settings


@pytest_asyncio.fixture(scope="module")
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner's engine, with the table `effect` made."""
    engine = create_engine(database_url, role="owner", pool_size=4)
    await execute(
        engine,
        "CREATE TABLE qingdan.effect (id bigint GENERATED ALWAYS AS IDENTITY, consumer text, position bigint)",
    )
    await execute(engine, "GRANT SELECT, INSERT ON qingdan.effect TO qingdan_catalog")
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture(scope="module")
async def catalog(configured: Settings, owner: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """An engine with the rights of the catalog service."""
    engine = create_engine(configured.service_url("catalog"), role="catalog", pool_size=10)
    yield engine
    await engine.dispose()
