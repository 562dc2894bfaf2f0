"""A world for each test in the module's database, and the public API on top of it."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.demo.receiving import ReceiverProcess
from deploy.simulator.running import Simulator, simulator
from services.publish.app import app
from services.publish.portal.hot import Portal
from services.publish.portal.reads import Reads
from services.publish.subscriptions import rules
from shared import encryption, settings
from shared.database import create_engine
from shared.identity.tokens import TokenVerifier, ensure_keys
from shared.ledger.bell import Bell
from shared.settings import Settings
from tests.publish.subscribing import Subscriber
from tests.publish.world import World

# Simulated platforms listen on loopback, as those of a government network listen inside of it.
os.environ.setdefault("QINGDAN_PEER_ALLOWED_NETWORKS", "127.0.0.0/8")
settings.load.cache_clear()  # somebody may have read them before


@pytest_asyncio.fixture(scope="module")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connections of the owner."""
    engine = create_engine(database_url, role="publish", pool_size=2)
    yield engine
    await engine.dispose()


@pytest_asyncio.fixture
async def world(engine: AsyncEngine) -> World:
    """A catalog with a region and an organ; lists and items as the test wants them."""
    world = World(engine)
    await world.begin()
    return world


@pytest_asyncio.fixture(scope="module")
async def portal(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without login."""
    app.state.engine = create_engine(database_url, role="publish", pool_size=2)
    app.state.bell = Bell(make_url(database_url), role="publish")
    await app.state.bell.start()
    assert isinstance(app, Portal)
    app.newest = app.reads = await Reads.open([database_url], role="publish", size=2)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
        yield client
    await app.reads.close()
    await app.state.bell.stop()
    await app.state.engine.dispose()


@pytest.fixture
def configured(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation on the module's database, where webhooks may be sent to this machine."""
    secrets = Path(os.path.abspath(settings.load().secrets))
    made = Settings.model_validate(
        {"database_url": database_url, "secrets_dir": secrets, "webhook_allowed_networks": "127.0.0.0/8"}
    )
    ensure_keys(secrets)
    encryption.ensure_key(secrets, encryption.WEBHOOK_KEY_FILE)
    monkeypatch.setattr(settings, "load", lambda: made)
    return made


@pytest.fixture
def subscriber(portal: httpx.AsyncClient, configured: Settings) -> Subscriber:
    """A service client of its own."""
    app.state.verifier = TokenVerifier(configured.secrets)
    app.state.settings = configured
    return Subscriber(portal, configured)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReceiverProcess]:
    """A process that receives, verifies with the libraries of others, and writes down what it got."""
    with ReceiverProcess(tmp_path_factory.mktemp("receiver") / "journal.jsonl") as process:
        yield process


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of parts of a second instead of hours, as many as before."""
    monkeypatch.setattr(rules, "SCHEDULE", (0.2,) * len(rules.SCHEDULE))


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Simulator]:
    """A platform to exchange with, in a process of its own."""
    with simulator(tmp_path) as running:
        yield running
