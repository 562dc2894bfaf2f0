"""Public reads from a replica: a real one, behind the database by what it has not replayed, missed by nobody."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url

from services.publish.app import app
from services.publish.portal.hot import Portal
from services.publish.portal.reads import Reads
from shared.embedded import EmbeddedPostgres
from shared.server_process import launched
from tests.conftest import TEST_SETTINGS, url_of
from tests.publish.world import World
from tests.shared.room import until

API = "/publish/v1"


def replica_of(url: str, folder: Path) -> EmbeddedPostgres:
    """A server that follows the one at `url`, made of a copy taken while that one works."""
    replica = EmbeddedPostgres(folder / "replica", settings={**TEST_SETTINGS, "hot_standby": "on"})
    source = make_url(url)
    replica.password_file.parent.mkdir(parents=True, exist_ok=True)
    replica.password_file.write_text(source.password or "")
    runtime = replica.runtime
    runtime.data_dir.parent.mkdir(parents=True, exist_ok=True)
    address = source.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    command = [runtime.program("pg_basebackup"), "-D", str(runtime.data_dir), "-d", address, "-R", "-X", "stream",
               "--checkpoint=fast", "--no-sync"]  # fmt: skip
    subprocess.run(launched(runtime.mode, command), check=True, capture_output=True, timeout=120)
    return replica


@pytest.fixture
def replica(database_url: str, cluster: str, tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with replica_of(cluster, tmp_path) as server:
        yield server


@pytest_asyncio.fixture
async def apart(
    portal: httpx.AsyncClient, replica: EmbeddedPostgres, database_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """The portal, reading from the replica."""
    assert isinstance(app, Portal)
    before = app.reads
    address = url_of(replica.url, make_url(database_url).database or "")
    app.reads = await Reads.open([address, database_url], role="publish", size=2)
    yield portal
    await app.reads.close()
    app.reads = before


async def test_public_reads_come_from_the_replica_and_from_the_database_when_it_is_away(
    world: World, apart: httpx.AsyncClient, replica: EmbeddedPostgres
) -> None:
    assert isinstance(app, Portal)
    list_id, (item, *_) = await world.enacted(3)

    async def shown() -> bool:
        return (await apart.get(f"{API}/items/{item}")).status_code == 200

    await until(shown)
    row = await app.reads.row("SELECT pg_is_in_recovery() AS replica")
    assert row is not None
    assert row["replica"], "it is the replica that answers"
    entries = (await apart.get(f"{API}/lists/{list_id}/items")).json()["items"]
    assert len(entries) == 3
    assert (await apart.get(f"{API}/feed", params={"after": 0})).json(), "the feed comes from the database itself"
    replica.kill()
    await world.update([item], name="改名之后")
    answers = [await apart.get(f"{API}/items/{item}") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert all("改名之后" in answer.text for answer in answers)
