"""The whole catalog service in this process, connected as its own role, with accounts that really sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from sqlalchemy import make_url

from services.catalog.aggregates.routes import router as aggregates
from services.catalog.annexes.routes import router as annexes
from services.catalog.app import app
from services.catalog.exchange.routes import routers
from services.catalog.spreadsheets.routes import router as spreadsheets
from shared import clock, settings
from shared.database import create_engine
from shared.http.app import create_app
from shared.identity import passwords
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from tests.catalog.import_world import ImportWorld
from tests.catalog.register_world import RegisterWorld
from tests.catalog.responsibility_world import Lists, county_lists
from tests.catalog.supervision_world import Town


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes of passwords that cost next to nothing; what they cost whoever guesses is a test in tests/unit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(passwords, "_DECOY", passwords.hash_password("of nobody"))
        yield


@pytest_asyncio.fixture(scope="module")
async def served(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RegisterWorld]:
    """The service and its connections; what it serves is made anew for each test."""
    keys = tmp_path_factory.mktemp("keys")
    ensure_keys(keys)
    password = (settings.load().secrets / "catalog.password").read_text().strip()
    owner = create_engine(database_url, role="owner", pool_size=2)
    service_url = make_url(database_url).set(username="qingdan_catalog", password=password)
    engine = create_engine(service_url, role="catalog", pool_size=6)
    app.state.engine, app.state.settings = engine, settings.load()
    app.state.verifier, app.state.issuer = TokenVerifier(keys), TokenIssuer(keys, minutes=15)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog", timeout=60) as client:
        yield RegisterWorld(owner, engine, client, app.state.issuer)
    await engine.dispose()
    await owner.dispose()


@pytest_asyncio.fixture
async def register(served: RegisterWorld) -> AsyncIterator[RegisterWorld]:
    """A province, a city, a county with a development zone, organs and an administrator; new for each test."""
    world = RegisterWorld(served.owner, served.engine, served.client, served.issuer)
    await world.begin()
    yield world
    clock.use(None)


@pytest_asyncio.fixture(scope="module")
async def importing(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ImportWorld]:
    """The import routes as the catalog's own role; what they import into is made anew for each test."""
    keys = tmp_path_factory.mktemp("keys")
    ensure_keys(keys)
    password = (settings.load().secrets / "catalog.password").read_text().strip()
    owner = create_engine(database_url, role="reader", pool_size=2)
    service_url = make_url(database_url).set(username="qingdan_catalog", password=password)
    service = create_engine(service_url, role="catalog", pool_size=6)
    imports = create_app(
        service="catalog", title="catalog", routers=[*routers, spreadsheets, annexes, aggregates],
        upload_paths=["/catalog/v1/imports"],
    )  # fmt: skip
    imports.state.engine, imports.state.verifier = service, TokenVerifier(keys)
    transport = httpx.ASGITransport(imports)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        yield ImportWorld(owner, service, imports, client, TokenIssuer(keys, minutes=15))
    await service.dispose()
    await owner.dispose()


@pytest.fixture
async def lists(register: RegisterWorld) -> Lists:
    """A list of powers and a responsibility list of the county, empty."""
    return await county_lists(register)


@pytest.fixture
def town(register: RegisterWorld) -> Town:
    """The county with those who decide who supervises what was permitted."""
    return Town(register)
