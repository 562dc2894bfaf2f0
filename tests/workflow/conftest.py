"""The workflow service in this process, connected as its own role, beside a catalog the tests write themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.workflow.app import app
from shared import clock
from shared.database import create_engine, session_settings
from tests.smtp import MailServer, mail_server
from tests.workflow.county import COUNTY
from tests.workflow.full_chain import offices
from tests.workflow.mailing import installed
from tests.workflow.messaging import begin
from tests.workflow.world import Tokens, World


def as_role(url: str, role: str) -> AsyncEngine:
    """An engine whose sessions have the rights of a service and no more."""
    settings = session_settings(role) | {"role": f"qingdan_{role}"}
    plain = create_engine(url, role=role)
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=8,
        json_serializer=plain.dialect._json_serializer,
        json_deserializer=plain.dialect._json_deserializer,
        connect_args={"server_settings": settings},
    )


@pytest_asyncio.fixture(scope="module")
async def served(database_url: str) -> AsyncIterator[World]:
    """The service and its connections, with nobody in it."""
    owner = create_engine(database_url, role="owner", pool_size=3)
    engine = as_role(database_url, "workflow")
    app.state.engine = engine
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://workflow", timeout=60) as client:
        yield World(owner=owner, engine=engine, client=client, tokens=Tokens())
    await engine.dispose()
    await owner.dispose()


@pytest_asyncio.fixture
async def world(served: World) -> AsyncIterator[World]:
    """A county of its own for each test."""
    world = World(owner=served.owner, engine=served.engine, client=served.client, tokens=Tokens())
    app.state.verifier = world.tokens
    await world.begin()
    yield world
    clock.use(None)


@pytest_asyncio.fixture
async def full(world: World) -> AsyncIterator[World]:
    """A county with all its offices; they move out again, since the database is the module's."""
    await offices(world)
    yield world
    clock.use(None)
    bound = (await world.call("管理员", "GET", f"/workflow/v1/role-bindings?region_code={COUNTY}")).json()["items"]
    yesterday = (clock.now().astimezone(clock.ZONE).date() - timedelta(days=1)).isoformat()
    for binding in bound:
        if binding["valid_to"] is None:
            path = f"/workflow/v1/role-bindings/{binding['id']}/end"
            assert (await world.call("管理员", "POST", path, {"last_day": yesterday})).status_code == 200


@pytest_asyncio.fixture
async def mail(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    """A mail server, and an installation that knows it."""
    await world.run("DELETE FROM qingdan.message_delivery")
    async with mail_server() as server:
        installed(monkeypatch, server.port)
        await begin(world)
        yield server
