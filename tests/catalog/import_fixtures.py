"""Fixtures of the import tests; a module takes them with `from tests.catalog.import_fixtures import world`."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from shared import settings
from shared.settings import Settings
from tests.catalog.import_world import ImportWorld

__all__ = ["world"]


@pytest_asyncio.fixture
async def world(importing: ImportWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    """Compiling lists in a province, a city and a zone, and a place for files of its own."""
    configured = Settings(state_dir=tmp_path, secrets_dir=tmp_path)
    monkeypatch.setattr(settings, "load", lambda: configured)
    importing.app.state.settings = configured
    world = ImportWorld(importing.owner, importing.service, importing.app, importing.client, importing.issuer)
    await world.begin()
    return world
