"""An installation on one machine: its servers, its schema, its secrets, its first administrator."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import secrets as random_secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from shared import embedded, encryption, migrate, roles, secret_file
from shared.database import create_engine
from shared.identity.tokens import ensure_keys
from shared.seals import keys as seal_keys
from shared.settings import Settings
from shared.system import System


@dataclass(frozen=True)
class Place:
    """Where an installation lives."""

    state: Path
    database_url: str
    redis_url: str

    @property
    def secrets(self) -> Path:
        """Folder of the secret files: QINGDAN_SECRETS_DIR, else beside the embedded cluster's own."""
        return Path(os.environ.get("QINGDAN_SECRETS_DIR") or self.state / "secrets")

    @property
    def environment(self) -> dict[str, str]:
        """Settings for processes of this installation."""
        return {
            "QINGDAN_STATE_DIR": str(self.state),
            "QINGDAN_DATABASE_URL": self.database_url,
            "QINGDAN_REDIS_URL": self.redis_url,
            "QINGDAN_SECRETS_DIR": str(self.secrets),
        }


@contextlib.contextmanager
def servers(state: Path | None = None) -> Iterator[Place]:
    """The configured servers, or embedded ones that run while the block does."""
    folder = (state or embedded.state_dir()).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with embedded.database(folder / "postgres") as database_url, embedded.redis(folder / "valkey") as redis_url:
        _record(folder / "redis.url", redis_url, "QINGDAN_REDIS_URL")
        _record(folder / "database.url", database_url, "QINGDAN_DATABASE_URL")
        known = Settings(database_url=database_url, redis_url=redis_url, state_dir=folder)
        yield Place(folder, known.owner_url.render_as_string(hide_password=False), known.queue_url)


def _record(path: Path, url: str, setting: str) -> None:
    """Where other commands find an embedded server; one that is configured they know, and its password stays out."""
    if not os.environ.get(setting):
        path.touch(mode=0o600)
        path.write_text(url)


def prepare(place: Place) -> None:
    """Roles, and the keys of tokens, seals and webhooks; safe to repeat."""
    roles.ensure_roles(place.database_url, place.secrets)
    ensure_keys(place.secrets)
    seal_keys.ensure_keys(place.secrets)
    encryption.ensure_key(place.secrets, encryption.WEBHOOK_KEY_FILE)


def install(place: Place) -> None:
    """Roles, keys, schema and built-in data; safe to repeat."""
    prepare(place)
    migrate.upgrade(place.database_url)


@contextlib.contextmanager
def running_system(
    state: Path | None = None,
    *,
    ports: Mapping[str, int] | None = None,
    configured: Mapping[str, str] | None = None,
) -> Iterator[tuple[System, Place]]:
    """Servers, schema and all processes, ready to be used, while the block runs; `configured`: further settings."""
    with servers(state) as place:
        install(place)
        with System({**place.environment, **(configured or {})}, logs=place.state / "logs", ports=ports) as system:
            yield system, place


@contextlib.contextmanager
def scratch_database(state: Path | None = None) -> Iterator[str]:
    """A migrated database under a name of its own, dropped afterwards."""
    with servers(state) as place:
        prepare(place)
        name = f"scratch_{random_secrets.token_hex(6)}"
        asyncio.run(_statement(place.database_url, f'CREATE DATABASE "{name}"'))
        url = make_url(place.database_url).set(database=name).render_as_string(hide_password=False)
        try:
            migrate.upgrade(url)
            yield url
        finally:
            asyncio.run(_statement(place.database_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


def administrator(place: Place, login: str = "admin") -> str:
    """Create the first administrator unless there is one; tells where the password lies."""
    path = place.secrets / f"account-{login}.password"
    password = secret_file.ensure(path, lambda: random_secrets.token_urlsafe(18).encode()).decode().strip()
    asyncio.run(_create_administrator(place, login, password))
    return f"{login}, password in {path}"


async def _create_administrator(place: Place, login: str, password: str) -> None:
    # The accounts belong to the catalog; shared code reaches them by name only.
    accounts = importlib.import_module("services.catalog.accounts.bootstrap")
    engine = create_engine(place.database_url, role="owner")
    try:
        await accounts.ensure_administrator(engine, login=login, password=password)
    finally:
        await engine.dispose()


async def _statement(url: str, statement: str) -> None:
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
