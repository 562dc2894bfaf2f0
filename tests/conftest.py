"""Real servers for every test: one Postgres cluster and one Valkey per run, one migrated database per test module."""

import asyncio
import contextlib
import inspect
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import psutil
import pytest
from hypothesis import HealthCheck, settings

from shared.embedded import EmbeddedPostgres, EmbeddedValkey

# The same examples on every run, and no verdict on how fast the machine is at the moment: noise is not a bug.
settings.register_profile("house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# Kills of processes do not need it, and a cluster that is thrown away need not survive a power cut.
TEST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_wal_size": "256MB"}

# Each module's database is twelve hundred small files: in memory they are made in a fifth of the time, and on a busy
# disk in a twentieth.
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 << 30  # bytes free: a cluster has half a gigabyte, and several parts run at once


def in_own_loop(call: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function that may be a coroutine to its end, away from the loop of the tests."""
    outcome: dict[str, Any] = {}

    async def awaited(awaitable: Awaitable[Any]) -> Any:
        return await awaitable

    def work() -> None:
        try:
            result = call(*arguments)
            outcome["result"] = asyncio.run(awaited(result)) if inspect.isawaitable(result) else result
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome.get("result")


def url_of(url: str, database: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def _administer(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _migrated(url: str) -> None:
    from shared.migrate import upgrade
    from shared.roles import ensure_roles

    in_own_loop(ensure_roles, url)
    in_own_loop(upgrade, url)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The owner's address of the cluster under test: QINGDAN_DATABASE_URL, else an embedded one that is thrown away."""
    configured = os.environ.get("QINGDAN_DATABASE_URL")
    if configured:
        yield configured
        return
    with _place(tmp_path_factory) as place, EmbeddedPostgres(place / "postgres", settings=TEST_SETTINGS) as server:
        yield server.url


@contextlib.contextmanager
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for the cluster: in memory where there is plenty of it, else on the disk."""
    if not _is_roomy():
        yield tmp_path_factory.mktemp("cluster")
        return
    for left in MEMORY.glob("qingdan-tests-*"):  # by a run that was killed; none takes a day
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="qingdan-tests-", dir=MEMORY, ignore_cleanup_errors=True) as place:
        yield Path(place)


def _is_roomy() -> bool:
    """Containers get 64 MB unless they ask for more."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    return min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) >= MEMORY_NEEDED


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey: QINGDAN_REDIS_URL, else an embedded one."""
    configured = os.environ.get("QINGDAN_REDIS_URL")
    if configured:
        yield configured
        return
    with EmbeddedValkey(tmp_path_factory.mktemp("queue") / "valkey") as server:
        yield server.url


@pytest.fixture(scope="session")
def template_database(cluster: str) -> Iterator[str]:
    """The name of a database that is migrated once; the modules get copies of it."""
    name = f"qingdan_template_{uuid4().hex[:8]}"
    in_own_loop(_administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        _migrated(url_of(cluster, name))
        yield name
    finally:
        in_own_loop(_administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def database_url(cluster: str, template_database: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The owner's address of a fresh, migrated database for this test module."""
    stem = re.sub(r"\W", "_", Path(str(request.path)).stem)[:40]
    name = f"{stem}_{uuid4().hex[:8]}"
    in_own_loop(_administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY file_copy')
    yield url_of(cluster, name)
    in_own_loop(_administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
