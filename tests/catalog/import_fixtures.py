"""Fixtures of the import tests; a module takes them with `from tests.catalog.import_fixtures import world`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from services.catalog.aggregates.routes import router as aggregates
from services.catalog.annexes.routes import router as annexes
from services.catalog.exchange.routes import routers
from services.catalog.spreadsheets.routes import router as spreadsheets
from shared import settings
from shared.database import create_engine
from shared.http.app import create_app
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from shared.settings import Settings
from tests.catalog.import_world import ImportWorld

__all__ = ["world"]


@pytest_asyncio.fixture
async def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ImportWorld]:
    """Compiling lists in a province, a city and a zone, behind the import routes, as the catalog's own role."""
    secrets = settings.load().secrets
    ensure_keys(tmp_path)
    password = (secrets / "catalog.password").read_text().strip()
    configured = Settings(state_dir=tmp_path, secrets_dir=tmp_path)
    monkeypatch.setattr(settings, "load", lambda: configured)
    owner = create_engine(database_url, role="reader", pool_size=2)
    service_url = make_url(database_url).set(username="qingdan_catalog", password=password)
    service = create_engine(service_url, role="catalog", pool_size=6)
    app = create_app(
        service="catalog", title="catalog", routers=[*routers, spreadsheets, annexes, aggregates],
        upload_paths=["/catalog/v1/imports"],
    )  # fmt: skip
    app.state.engine, app.state.settings, app.state.verifier = service, configured, TokenVerifier(tmp_path)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        world = ImportWorld(owner, service, client, TokenIssuer(tmp_path, minutes=10))
        await world.begin()
        yield world
    await service.dispose()
    await owner.dispose()
