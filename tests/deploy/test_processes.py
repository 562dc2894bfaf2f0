"""What containers run answers where they are asked: the probes' addresses, and the wait for a schema."""

import asyncio
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from shared import embedded, entrypoints, installation, migrate, probe
from shared.server_process import free_port
from shared.settings import SERVICES
from shared.system import System
from tests.conftest import url_of

ROOT = Path(__file__).resolve().parents[2]


LIMIT = 2_000


@pytest.fixture(scope="module")
def place(database_url: str, valkey: str) -> installation.Place:
    """An installation on the module's database, with the secrets of the whole run."""
    place = installation.Place(embedded.state_dir(), database_url, valkey)
    installation.prepare(place)
    return place


@pytest.fixture(scope="module")
def system(place: installation.Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(place.environment | {"QINGDAN_BODY_LIMIT": str(LIMIT)}, logs=tmp_path_factory.mktemp("logs"))
    try:
        system.start(*SERVICES)
        system.wait_ready()
        yield system
    finally:
        system.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_every_probe_of_an_api_is_answered(system: System, service: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert probe.main(["http", system.url(service) + path]) == 0
    assert probe.main(["http", system.url(service) + "/no-such-path"]) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_an_api_goes_by_the_settings_it_was_started_with(system: System, service: str) -> None:
    url = f"{system.url(service)}/{service}/v1/nothing"
    sent = [httpx.post(url, content=b"x" * size, trust_env=False) for size in (LIMIT, LIMIT + 1)]
    assert [answer.status_code for answer in sent] == [404, 413]
    assert "2 KB" in sent[1].json()["detail"]


def test_a_probe_recognises_what_the_first_process_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = probe.of_command(entrypoints.api("publish", "0.0.0.0", 8703))
    assert asked == ["http", "http://127.0.0.1:8703/healthz"]
    assert probe.of_command(entrypoints.worker("catalog")) == ["pulse"]
    assert probe.of_command(["python", "-m", "shared.cli", "migrate"]) == []
    first = tmp_path / "cmdline"
    first.write_text("\0".join(["python", "-m", "shared.cli", "migrate", ""]))
    monkeypatch.setattr(probe, "FIRST_PROCESS", first)
    assert probe.main(["self"]) == 0
    first.write_text("\0".join([*entrypoints.api("publish", "0.0.0.0", free_port()), ""]))
    assert probe.main(["self"]) == 1


def test_a_service_waits_for_its_schema_and_says_what_to_do_when_it_does_not_come(
    place: installation.Place, cluster: str
) -> None:
    def wait(url: str, seconds: float) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "shared.cli", "wait-for-schema", "catalog", "--seconds", str(seconds)]
        own = {**os.environ, **place.environment, "QINGDAN_DATABASE_URL": url}
        return subprocess.run(command, env=own, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert wait(place.database_url, 30).returncode == 0
    empty = wait(url_of(cluster, "postgres"), 0)
    assert empty.returncode == 1
    assert "qingdan migrate" in empty.stderr


def test_the_schema_of_a_newer_version_is_good_and_that_of_an_earlier_one_is_not() -> None:
    script = migrate.ScriptDirectory(str(migrate.MIGRATIONS))
    assert all(migrate.is_current(head) for head in script.get_heads())
    assert migrate.is_current("a-migration-of-next-year")
    assert not migrate.is_current("0001")
    assert not migrate.is_current(None)


def test_the_servers_of_a_container_leave_no_record_of_their_addresses(
    place: installation.Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGDAN_DATABASE_URL", place.database_url)
    monkeypatch.setenv("QINGDAN_REDIS_URL", place.redis_url)
    monkeypatch.setenv("QINGDAN_SECRETS_DIR", str(tmp_path / "given"))
    with installation.servers(tmp_path / "state") as given:
        assert given.secrets == tmp_path / "given"
        assert given.database_url == place.database_url
    assert not list((tmp_path / "state").iterdir())


def test_the_drill_of_a_restore_is_a_command(place: installation.Place) -> None:
    command = [sys.executable, "-m", "shared.cli", "begin-epoch"]
    own = {**os.environ, **place.environment}
    done = subprocess.run(command, env=own, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "begins after position" in done.stdout

    async def acts() -> int:
        connection = await asyncpg.connect(place.database_url)
        try:
            return await connection.fetchval("SELECT count(*) FROM qingdan.audit WHERE tag = 'operator:epoch:begin'")
        finally:
            await connection.close()

    assert asyncio.run(acts()) == 1


def test_metrics_are_not_answered_below_the_paths_that_a_proxy_leads_to(system: System) -> None:
    for service in SERVICES:
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{system.url(service)}/{service}/v1/metrics", timeout=5)
