"""The whole of compose.yaml without an engine: each process with the secrets it is given there and with no other."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from shared import probe
from shared.embedded import EmbeddedPostgres, valkey_program
from shared.server_process import free_port, wait_until
from shared.settings import PORTS, SERVICES
from shared.system import CHILDREN
from tests.conftest import TEST_SETTINGS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
PATIENCE = 60.0


class Stand:
    """Servers, and the processes of compose.yaml on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {f"{service}-api": free_port() for service in SERVICES}
        self.queue_port = free_port()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.postgres = EmbeddedPostgres(folder / "server" / "postgres", settings=TEST_SETTINGS)

    def start_servers(self) -> None:
        self.postgres.start()
        secrets = self.folder / "secrets"
        secrets.mkdir(mode=0o700)
        shutil.copy(self.postgres.password_file, secrets / "owner.password")
        script = str(ROOT / "deploy" / "make-secrets")
        subprocess.run(["sh", script, str(secrets)], check=True, stdout=subprocess.DEVNULL, timeout=60)
        acl = ["--aclfile", str(secrets / "valkey.acl")]
        command = [str(valkey_program()), "--port", str(self.queue_port), "--bind", "127.0.0.1", "--save", "", *acl]
        self._launch("valkey", command, {})

    def environment(self, name: str) -> dict[str, str]:
        """The settings of a container, and a folder that holds its secrets alone."""
        own = self.folder / name / "secrets"
        if not own.exists():
            own.mkdir(parents=True)
            for secret in COMPOSE["services"][name]["secrets"]:
                shutil.copy(self.folder / "secrets" / secret, own / secret)
            own.chmod(0o500)
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "QINGDAN_DATABASE_URL": f"postgresql://qingdan_owner@127.0.0.1:{self.postgres.port}/qingdan",
            "QINGDAN_REDIS_URL": f"redis://127.0.0.1:{self.queue_port}/0",
            "QINGDAN_SECRETS_DIR": str(own),
            "QINGDAN_STATE_DIR": str(self.folder / "state"),
            "QINGDAN_PULSE_DIR": str(self.folder / name / "pulse"),
        }

    def start(self, name: str) -> None:
        words = list(COMPOSE["services"][name]["command"])
        if name in self.ports:
            words += ["--port", str(self.ports[name])]
        self._launch(name, [sys.executable, "-m", "shared.cli", *words], self.environment(name))

    def run(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in a container of its own that ends by itself."""
        command = [sys.executable, "-m", "shared.cli", *words]
        return subprocess.run(
            command, env=self.environment(name), cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE
        )

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[f'{service}-api']}"

    def tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.postgres.stop()

    def _launch(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, env=environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    stand = Stand(tmp_path_factory.mktemp("stand"))
    try:
        stand.start_servers()
        done = stand.run("setup", *COMPOSE["services"]["setup"]["command"])
        assert done.returncode == 0, done.stdout + done.stderr
        for service in SERVICES:
            stand.start(f"{service}-api")
            stand.start(f"{service}-worker")
        yield stand
    finally:
        stand.stop()


def answers(url: str) -> Callable[[], bool]:
    def asked() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(url, timeout=5, trust_env=False).status_code == 200
        return False

    return asked


@pytest.mark.parametrize("service", SERVICES)
def test_an_api_becomes_ready_with_the_secrets_it_is_given(stand: Stand, service: str) -> None:
    assert wait_until(answers(f"{stand.url(service)}/readyz"), PATIENCE), stand.tail(f"{service}-api")


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_beats_with_the_secrets_it_is_given(stand: Stand, service: str) -> None:
    folder = stand.folder / f"{service}-worker" / "pulse"
    beside = {f"{name}-{child}" for name, child in CHILDREN if name == service}
    children = {f"{service}-consumers"} | beside

    def beats() -> bool:
        begun = {file.name for file in folder.glob("*") if file.stat().st_mtime > folder.stat().st_ctime}
        return begun >= children and not probe.stale(folder, time.time())

    assert wait_until(beats, PATIENCE), stand.tail(f"{service}-worker")


def test_the_first_administrator_signs_in_and_the_other_services_believe_the_token(stand: Stand) -> None:
    done = stand.run("setup", "bootstrap-admin")
    assert done.returncode == 0, done.stdout + done.stderr
    password = (stand.folder / "secrets" / "account-admin.password").read_text().strip()
    assert wait_until(answers(f"{stand.url('catalog')}/readyz"), PATIENCE)
    with httpx.Client(trust_env=False, timeout=20) as client:
        given = {"login": "admin", "password": password}
        signed_in = client.post(f"{stand.url('catalog')}/catalog/v1/tokens", json=given)
        assert signed_in.status_code in {200, 201}, signed_in.text
        headers = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        told: dict[str, Any] = {
            service: client.get(f"{stand.url(service)}{path}", headers=headers).status_code
            for service, path in (("catalog", "/catalog/v1/accounts/me"), ("workflow", "/workflow/v1/adjustments"),
                                  ("publish", "/publish/v1/lists"))
        }  # fmt: skip
    assert set(told.values()) == {200}, told


def test_the_doctor_finds_a_healthy_system(stand: Stand) -> None:
    def healthy() -> bool:
        return stand.run("setup", "doctor").returncode == 0

    assert wait_until(healthy, PATIENCE), stand.run("setup", "doctor").stdout


def test_nothing_was_written_into_the_folders_of_secrets_or_of_state(stand: Stand) -> None:
    for name in ("setup", *(f"{service}-{role}" for service in SERVICES for role in ("api", "worker"))):
        given = {path.name for path in (stand.folder / name / "secrets").iterdir()}
        assert given == set(COMPOSE["services"][name]["secrets"]), name
    assert not list((stand.folder / "state").glob("*.url"))


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed; the proxy is tried where it is")
def test_the_proxy_leads_to_the_services_and_to_nothing_else(stand: Stand) -> None:
    port, text = free_port(), (ROOT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};").replace("/tmp/", f"{stand.folder}/")
    for service in SERVICES:
        text = text.replace(f"{service}-api:", "127.0.0.1:").replace(
            f"127.0.0.1:{PORTS[service]}",
            stand.url(service).removeprefix("http://"),
        )
    (stand.folder / "nginx.conf").write_text(text)
    stand._launch(
        "nginx", ["nginx", "-c", str(stand.folder / "nginx.conf"), "-g", "daemon off;"], {"PATH": os.environ["PATH"]}
    )
    base = f"http://127.0.0.1:{port}"
    assert wait_until(answers(f"{base}/healthz"), PATIENCE), stand.tail("nginx")
    assert wait_until(answers(f"{base}/publish/v1/lists"), PATIENCE), stand.tail("nginx")
    with httpx.Client(trust_env=False, timeout=20, base_url=base) as client:
        assert client.get("/metrics").status_code == 404
        assert client.get("/catalog/metrics").status_code == 404
        assert client.get("/catalog/v1/../../metrics").status_code == 404
        own = client.get("/publish/v1/lists", headers={"X-Request-Id": "caller-1"})
        assert own.headers["x-request-id"] == "caller-1"
        assert client.get("/publish/v1/feed", params={"wait": 1}).status_code == 200
        large = b"x" * 2_000_000
        refused = client.post("/workflow/v1/adjustments", content=large)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
        assert refused.headers["content-type"] == "application/problem+json"
        assert client.post("/catalog/v1/imports", content=large).status_code in {400, 401, 403, 415, 422}
        # Without a password, whose verification takes its time, so that they are many in a second.
        tried = [client.post("/catalog/v1/tokens", json={}).status_code for _ in range(60)]
        assert 429 in tried
        nothing = "/publish/v1/items/01890a5d-ac96-774b-bcce-b302099a8057/feedback"
        assert {client.get(nothing).status_code for _ in range(20)} == {404}
        written = [client.post(nothing, json={}).status_code for _ in range(20)]
        assert 429 in written
        assert 429 not in written[:10]
